using System.Buffers.Binary;

namespace Nexo.Engine;

/// <summary>Fills a record field by field, little-endian.</summary>
internal ref struct RecordWriter(Span<byte> payload)
{
    private Span<byte> _rest = payload;

    /// <summary>What is not filled yet.</summary>
    public readonly Span<byte> Rest => _rest;

    public void U8(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }

    public void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_rest, value);
        _rest = _rest[sizeof(ushort)..];
    }

    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_rest, value);
        _rest = _rest[sizeof(uint)..];
    }

    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_rest, value);
        _rest = _rest[sizeof(ulong)..];
    }

    public void I64(long value) => U64((ulong)value);

    public void U128(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(_rest, value);
        _rest = _rest[RecordReader.UInt128Bytes..];
    }

    public void Bytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_rest);
        _rest = _rest[bytes.Length..];
    }
}
