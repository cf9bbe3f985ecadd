namespace Nexo.Engine.Queues;

/// <summary><c>[u32 queue]</c>, then the <see cref="WholeMessage"/>.</summary>
internal static class KeptRecord
{
    public const int HeaderBytes = 4;

    public static Span<byte> WriteHeader(Span<byte> payload, uint queue)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        return writer.Rest;
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out uint queue, out WholeMessage message)
    {
        var reader = new RecordReader(payload);
        queue = reader.U32();
        return WholeMessage.TryRead(ref reader, out message);
    }
}

/// <summary><c>[u32 queue][u32 count]{[16 B hash][u64 messageId][i64 moment]}</c>.</summary>
internal ref struct DedupKeptRecord
{
    private const int HeaderBytes = 8;
    private const int ItemBytes = DedupTable.HashBytes + 16;

    private RecordReader _items;

    public uint Queue { get; private set; }

    public uint Left { get; private set; }

    public static int Bytes(int items) => HeaderBytes + (ItemBytes * items);

    public static Span<byte> WriteHeader(Span<byte> payload, uint queue, int items)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U32((uint)items);
        return writer.Rest;
    }

    public static Span<byte> WriteItem(Span<byte> rest, UInt128 hash, ulong messageId, long atMs)
    {
        var writer = new RecordWriter(rest);
        writer.U128(hash);
        writer.U64(messageId);
        writer.I64(atMs);
        return writer.Rest;
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out DedupKeptRecord record)
    {
        var reader = new RecordReader(payload);
        record = new DedupKeptRecord { Queue = reader.U32(), Left = reader.U32() };
        reader.Require(record.Left > 0 && reader.Left == (long)ItemBytes * record.Left);
        record._items = reader;
        return reader.Valid;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        DedupKeptRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _, out _, out _);
        }

        return valid;
    }

    /// <summary>The next one; false: it is not valid.</summary>
    public bool TryNext(out UInt128 hash, out ulong messageId, out long atMs)
    {
        hash = _items.U128();
        messageId = _items.U64();
        atMs = _items.I64();
        Left--;
        return _items.Valid;
    }
}
