namespace Nexo.Engine.Queues;

/// <summary><c>[u32 queue][u32 runs]{[u64 first][u32 count]}</c>. Ids that are not there are passed over.</summary>
internal ref struct RemovedRecord
{
    private const int HeaderBytes = 8;
    private const int RunBytes = 12;

    private RecordReader _runs;

    public uint Queue { get; private set; }

    public uint Left { get; private set; }

    public static int Bytes(int runs) => HeaderBytes + (RunBytes * runs);

    /// <summary>When no two of so many ids follow each other.</summary>
    public static int BytesMax(int ids) => Bytes(ids);

    public static void Write(Span<byte> payload, uint queue, ReadOnlySpan<IdRun> runs)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U32((uint)runs.Length);
        foreach (ref readonly IdRun run in runs)
        {
            writer.U64(run.First);
            writer.U32(run.Count);
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out RemovedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new RemovedRecord { Queue = reader.U32(), Left = reader.U32() };
        reader.Require(record.Left > 0 && reader.Left == (long)RunBytes * record.Left);
        record._runs = reader;
        return reader.Valid;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        RemovedRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _);
        }

        return valid;
    }

    /// <summary>The next run; false: it is not valid.</summary>
    public bool TryNext(out IdRun run)
    {
        run = new IdRun(_runs.U64(), 0) { Count = _runs.U32() };
        _runs.Require(run.First > 0 && run.Count > 0 && run.First + run.Count > run.First);
        Left--;
        return _runs.Valid;
    }
}

/// <summary><c>[u32 queue][u32 runs]{[u64 first][u32 count][u32 deliveries]}</c>.</summary>
internal ref struct DeliveredRecord
{
    private const int HeaderBytes = 8;
    private const int RunBytes = 16;

    private RecordReader _runs;

    public uint Queue { get; private set; }

    public uint Left { get; private set; }

    public static int Bytes(int runs) => HeaderBytes + (RunBytes * runs);

    public static void Write(Span<byte> payload, uint queue, ReadOnlySpan<IdRun> runs)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U32((uint)runs.Length);
        foreach (ref readonly IdRun run in runs)
        {
            writer.U64(run.First);
            writer.U32(run.Count);
            writer.U32(run.Deliveries);
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out DeliveredRecord record)
    {
        var reader = new RecordReader(payload);
        record = new DeliveredRecord { Queue = reader.U32(), Left = reader.U32() };
        reader.Require(record.Left > 0 && reader.Left == (long)RunBytes * record.Left);
        record._runs = reader;
        return reader.Valid;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        DeliveredRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _);
        }

        return valid;
    }

    /// <summary>The next run; false: it is not valid.</summary>
    public bool TryNext(out IdRun run)
    {
        run = new IdRun(_runs.U64(), 0) { Count = _runs.U32(), Deliveries = _runs.U32() };
        _runs.Require(run.First > 0 && run.Count > 0 && run.First + run.Count > run.First);
        Left--;
        return _runs.Valid;
    }
}
