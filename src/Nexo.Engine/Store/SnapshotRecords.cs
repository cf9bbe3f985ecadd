using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>One record of a <see cref="SnapshotBuffer"/>.</summary>
internal readonly ref struct SnapshotRecord(StoreRecordKind kind, ReadOnlySpan<byte> payload)
{
    public StoreRecordKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}

/// <summary>Goes over the records of a <see cref="SnapshotBuffer"/>: <c>[u32 payloadBytes][u8 kind][payload]</c>.</summary>
internal ref struct SnapshotRecords(ReadOnlySpan<byte> bytes)
{
    private const int HeaderBytes = 5;
    private const int KindAt = 4;

    private ReadOnlySpan<byte> _rest = bytes;

    public SnapshotRecord Current { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        Current = new SnapshotRecord((StoreRecordKind)_rest[KindAt], _rest.Slice(HeaderBytes, length));
        _rest = _rest[(HeaderBytes + length)..];
        return true;
    }
}
