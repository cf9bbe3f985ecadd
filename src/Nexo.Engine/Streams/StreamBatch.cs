using System.Buffers.Binary;

namespace Nexo.Engine.Streams;

/// <summary>What there is to know about the records of an append before they are made.</summary>
internal struct StreamBatchMeasure()
{
    public int Count;

    /// <summary>Of the records in their final form.</summary>
    public int Bytes;

    /// <summary>Key, headers and value of the longest.</summary>
    public int LongestBytes;

    public bool HasKeyless;

    /// <summary>Whether some have the broker's time, and the times that the others bring.</summary>
    public bool HasOwnTime;
    public long GivenMsMin = long.MaxValue;
    public long GivenMsMax = long.MinValue;

    public readonly bool HasGivenTime => GivenMsMin <= GivenMsMax;

    public void Note(byte present, long timestampMs)
    {
        HasKeyless |= (present & StreamRecordForm.KeyPresent) == 0;
        if ((present & StreamRecordForm.TimestampGiven) == 0)
        {
            HasOwnTime = true;
            return;
        }

        GivenMsMin = Math.Min(GivenMsMin, timestampMs);
        GivenMsMax = Math.Max(GivenMsMax, timestampMs);
    }

    public readonly long MaxTimestamp(long nowMs) => HasOwnTime ? Math.Max(nowMs, GivenMsMax) : GivenMsMax;
}

/// <summary>Records that are to be appended: measured before the lock is taken, made under it.</summary>
internal interface IStreamBatch
{
    StreamBatchMeasure Measure { get; }

    /// <summary>Of a single record with a key, its key.</summary>
    ReadOnlySpan<byte> SingleKey { get; }

    bool HasSingleKey { get; }

    /// <summary>Fills a place of exactly the measured bytes; true if a time was given for the first record.</summary>
    void Fill(Span<byte> target, long firstOffset, long nowMs);
}

/// <summary>One record.</summary>
internal readonly ref struct SingleBatch(in StreamRecord record) : IStreamBatch
{
    private readonly StreamRecord _record = record;

    public StreamBatchMeasure Measure
    {
        get
        {
            int content = _record.Key.Length + _record.Headers.Length + _record.Value.Length;
            var measure = new StreamBatchMeasure
            {
                Count = 1,
                LongestBytes = content,
                Bytes = StreamRecordForm.HeaderBytes + StreamRecordForm.HeadersLengthBytes + content
                    + (_record.HasKey ? StreamRecordForm.KeyLengthBytes : 0),
            };
            measure.Note(Present, _record.TimestampMs ?? 0);
            return measure;
        }
    }

    public ReadOnlySpan<byte> SingleKey => _record.Key;

    public bool HasSingleKey => _record.HasKey;

    private byte Present => (byte)(
        (_record.TimestampMs is null ? 0 : StreamRecordForm.TimestampGiven)
        | (_record.HasKey ? StreamRecordForm.KeyPresent : 0)
        | (_record.IsTombstone ? StreamRecordForm.Tombstone : 0));

    public static StreamStatus Check(in StreamRecord record, StreamLimits limits)
    {
        if (record.Key.Length > limits.KeyBytesMax || (!record.HasKey && !record.Key.IsEmpty))
        {
            return StreamStatus.KeyInvalid;
        }

        if (record.IsTombstone && !record.Value.IsEmpty)
        {
            return StreamStatus.InvalidArgument;
        }

        long bytes = (long)record.Key.Length + record.Headers.Length + record.Value.Length;
        return record.Headers.Length > limits.HeaderBytesMax || bytes > limits.RecordBytesMax
            ? StreamStatus.RecordTooLarge
            : StreamStatus.Ok;
    }

    public void Fill(Span<byte> target, long firstOffset, long nowMs)
    {
        StreamRecordForm.WriteHeader(target, target.Length, firstOffset, _record.TimestampMs ?? nowMs, Present);
        var writer = new RecordWriter(target[StreamRecordForm.HeaderBytes..]);
        if (_record.HasKey)
        {
            writer.U32((uint)_record.Key.Length);
            writer.Bytes(_record.Key);
        }

        writer.U16((ushort)_record.Headers.Length);
        writer.Bytes(_record.Headers);
        writer.Bytes(_record.Value);
    }
}

/// <summary>Many records, as they came: a run of new ones, which has been measured.</summary>
internal readonly ref struct RunBatch(ReadOnlySpan<byte> run, StreamBatchMeasure measure) : IStreamBatch
{
    private readonly ReadOnlySpan<byte> _run = run;

    public StreamBatchMeasure Measure { get; } = measure;

    public ReadOnlySpan<byte> SingleKey => default;

    public bool HasSingleKey => false;

    /// <summary>Looks over the run once: after this it can be trusted.</summary>
    public static StreamStatus Check(
        ReadOnlySpan<byte> run, int count, StreamLimits limits, out StreamBatchMeasure measure)
    {
        measure = new StreamBatchMeasure();
        if (count < 1 || count > limits.BatchRecordsMax)
        {
            return StreamStatus.InvalidArgument;
        }

        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            StreamStatus status = CheckNext(ref run, limits, ref measure, out int recordBytes);
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            bytes += recordBytes;
        }

        measure.Count = count;
        measure.Bytes = (int)Math.Min(bytes, int.MaxValue);
        return !run.IsEmpty ? StreamStatus.Malformed
            : bytes > StreamAppendedRecord.RecordsBytesMax ? StreamStatus.RecordTooLarge
            : StreamStatus.Ok;
    }

    public void Fill(Span<byte> target, long firstOffset, long nowMs)
    {
        ReadOnlySpan<byte> run = _run;
        while (!run.IsEmpty)
        {
            int end = StreamRecordForm.LengthBytes + BinaryPrimitives.ReadInt32LittleEndian(run);
            byte present = run[StreamRecordForm.LengthBytes];
            int at = StreamRecordForm.NewHeaderBytes;
            long timestampMs = nowMs;
            if ((present & StreamRecordForm.TimestampGiven) != 0)
            {
                timestampMs = BinaryPrimitives.ReadInt64LittleEndian(run[at..]);
                at += sizeof(long);
            }

            int bytes = StreamRecordForm.HeaderBytes + end - at;
            StreamRecordForm.WriteHeader(target, bytes, firstOffset++, timestampMs, present);
            run[at..end].CopyTo(target[StreamRecordForm.HeaderBytes..]);
            run = run[end..];
            target = target[bytes..];
        }
    }

    private static StreamStatus CheckNext(
        ref ReadOnlySpan<byte> run, StreamLimits limits, ref StreamBatchMeasure measure, out int bytes)
    {
        bytes = 0;
        if (run.Length < StreamRecordForm.NewHeaderBytes)
        {
            return StreamStatus.Malformed;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(run);
        if (length < 1 || length > (uint)(run.Length - StreamRecordForm.LengthBytes))
        {
            return StreamStatus.Malformed;
        }

        int end = StreamRecordForm.LengthBytes + (int)length;
        byte present = run[StreamRecordForm.LengthBytes];
        int at = StreamRecordForm.NewHeaderBytes;
        long timestampMs = 0;
        if ((present & StreamRecordForm.TimestampGiven) != 0)
        {
            if (end < at + sizeof(long))
            {
                return StreamStatus.Malformed;
            }

            timestampMs = BinaryPrimitives.ReadInt64LittleEndian(run[at..]);
            at += sizeof(long);
        }

        if (!StreamRecordForm.TryParts(present, run[at..end], out int keyBytes, out int headersBytes))
        {
            return StreamStatus.Malformed;
        }

        int content = end - at - StreamRecordForm.HeadersLengthBytes;
        content -= keyBytes >= 0 ? StreamRecordForm.KeyLengthBytes : 0;
        if (keyBytes > limits.KeyBytesMax)
        {
            return StreamStatus.KeyInvalid;
        }

        if (content > limits.RecordBytesMax || headersBytes > limits.HeaderBytesMax)
        {
            return StreamStatus.RecordTooLarge;
        }

        measure.Note(present, timestampMs);
        measure.LongestBytes = Math.Max(measure.LongestBytes, content);
        bytes = StreamRecordForm.HeaderBytes + end - at;
        run = run[end..];
        return StreamStatus.Ok;
    }
}
