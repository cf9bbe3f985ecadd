using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <summary>Records that were copied to be applied together, so that their waits for memory overlap.</summary>
internal sealed class RecoveryBatch
{
    private const int RecordsMax = 1_024;
    private const int BytesMax = 256 * 1_024;

    private readonly Item[] _items = new Item[RecordsMax];
    private byte[] _bytes = new byte[BytesMax];
    private int _length;
    private int _count;

    public bool IsEmpty => _count == 0;

    public bool IsFull => _count == RecordsMax || _length >= BytesMax;

    public ReadOnlySpan<Item> Items => _items.AsSpan(0, _count);

    public void Add(Lsn lsn, StoreRecordKind kind, ulong hash, ReadOnlySpan<byte> payload)
    {
        if (_bytes.Length - _length < payload.Length)
        {
            Array.Resize(ref _bytes, _length + payload.Length);
        }

        payload.CopyTo(_bytes.AsSpan(_length));
        _items[_count++] = new Item(lsn, kind, hash, _length, payload.Length);
        _length += payload.Length;
    }

    public ReadOnlySpan<byte> PayloadOf(in Item item) => _bytes.AsSpan(item.Start, item.Length);

    public void Clear()
    {
        _count = 0;
        _length = 0;
        if (_bytes.Length > 2 * BytesMax)
        {
            _bytes = new byte[BytesMax];
        }
    }

    internal readonly record struct Item(Lsn Lsn, StoreRecordKind Kind, ulong Hash, int Start, int Length);
}
