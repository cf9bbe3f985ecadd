namespace Nexo.Engine.Streams;

/// <summary>
/// <c>[u32 stream][u64 producer][u64 next][u8 runs]([u64 sequence][i64 offset][i64 count])*</c>: the next sequence of a producer, and what
/// became of its last appends.
/// </summary>
internal readonly ref struct StreamProducerKeptRecord
{
    private const int HeaderBytes = 21;
    private const int RunBytes = 24;

    public uint Stream { get; private init; }

    public ulong Producer { get; private init; }

    public ulong Next { get; private init; }

    private ReadOnlySpan<byte> Runs { get; init; }

    public static int Bytes(StreamProducers.Producer producer) => HeaderBytes + (RunBytes * producer.Runs.Count);

    public static void Write(Span<byte> payload, uint stream, StreamProducers.Producer producer)
    {
        var writer = new RecordWriter(payload);
        writer.U32(stream);
        writer.U64(producer.Id);
        writer.U64(producer.Next);
        writer.U8((byte)producer.Runs.Count);
        foreach (StreamProducers.Run run in producer.Runs)
        {
            writer.U64(run.Sequence);
            writer.I64(run.Offset);
            writer.I64(run.Count);
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out StreamProducerKeptRecord record)
    {
        var reader = new RecordReader(payload);
        uint stream = reader.U32();
        ulong producer = reader.U64();
        ulong next = reader.U64();
        ReadOnlySpan<byte> runs = reader.Bytes(reader.U8() * RunBytes);
        record = new StreamProducerKeptRecord { Stream = stream, Producer = producer, Next = next, Runs = runs };
        return reader.AtEnd;
    }

    /// <summary>Its runs, in their order; false: they contradict themselves.</summary>
    public bool TryRuns(List<StreamProducers.Run> runs)
    {
        var reader = new RecordReader(Runs);
        ulong from = 0;
        while (reader.Valid && reader.Left > 0)
        {
            var run = new StreamProducers.Run(reader.U64(), reader.I64(), reader.I64());
            reader.Require(run.Count > 0 && run.Sequence >= from && run.Sequence <= ulong.MaxValue - (ulong)run.Count);
            from = run.Sequence + (ulong)run.Count;
            runs.Add(run);
        }

        return reader.AtEnd && from <= Next;
    }
}
