using System.Buffers.Binary;

namespace Nexo.Engine;

/// <summary>Reads a record field by field. What goes beyond its end is 0 or empty, and makes the record invalid.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> payload)
{
    public const int UInt128Bytes = 16;

    private ReadOnlySpan<byte> _rest = payload;
    private bool _failed;

    /// <summary>Nothing was read beyond the end.</summary>
    public readonly bool Valid => !_failed;

    /// <summary>All was read, and nothing beyond.</summary>
    public readonly bool AtEnd => !_failed && _rest.IsEmpty;

    public readonly int Left => _rest.Length;

    public byte U8() => Bytes(1) is [var value] ? value : (byte)0;

    public ushort U16() => TryTake(sizeof(ushort), out ReadOnlySpan<byte> at) ? BinaryPrimitives.ReadUInt16LittleEndian(at) : (ushort)0;

    public uint U32() => TryTake(sizeof(uint), out ReadOnlySpan<byte> at) ? BinaryPrimitives.ReadUInt32LittleEndian(at) : 0;

    public ulong U64() => TryTake(sizeof(ulong), out ReadOnlySpan<byte> at) ? BinaryPrimitives.ReadUInt64LittleEndian(at) : 0;

    public UInt128 U128() => TryTake(UInt128Bytes, out ReadOnlySpan<byte> at) ? BinaryPrimitives.ReadUInt128LittleEndian(at) : 0;

    /// <summary>A moment or a time; a negative one makes the record invalid.</summary>
    public long I64()
    {
        long value = (long)U64();
        _failed |= value < 0;
        return value;
    }

    public ReadOnlySpan<byte> Bytes(long count) => TryTake(count, out ReadOnlySpan<byte> at) ? at : default;

    /// <summary>The record contradicts itself.</summary>
    public void Require(bool holds) => _failed |= !holds;

    private bool TryTake(long count, out ReadOnlySpan<byte> at)
    {
        if (_failed || count > _rest.Length)
        {
            _failed = true;
            at = default;
            return false;
        }

        at = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return true;
    }
}
