using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Appends: decided, logged, applied.</content>
internal sealed partial class StreamLog
{
    private const int ScratchBytes = 128 * 1_024;

    [ThreadStatic]
    private static byte[]? _scratch;

    private long _appended;
    private long _appendedBytes;
    private long _duplicates;
    private long _conflicts;
    private StreamRates _rates;

    public StreamStatus Append<TBatch>(in TBatch batch, in StreamAppendTerms terms, out StreamAppended appended)
        where TBatch : struct, IStreamBatch, allows ref struct
    {
        StreamBatchMeasure measure = batch.Measure;
        ReadOnlySpan<byte> key = terms.ExpectedKey.IsEmpty ? batch.SingleKey : terms.ExpectedKey;
        List<StreamFollower>? readable = null;
        lock (_gate)
        {
            AdvanceVisible();
            long nowMs = _context.Clock.WallMs;
            StreamStatus status = Decide(measure, terms, key, nowMs, out appended);
            if (status != StreamStatus.Ok || appended.Outcome != StreamOutcome.None)
            {
                return status;
            }

            long offset = _next;
            long timestampMs = Write(batch, measure, terms.Producer, nowMs, default);
            long keyVersion = VersionAfter(batch.HasSingleKey, terms, key, offset);
            appended = new StreamAppended(StreamOutcome.Appended, offset, keyVersion, timestampMs, 0, Waits);
            NoteAppended(ref readable);
        }

        StreamFollower.Wake(readable);
        return StreamStatus.Ok;
    }

    // What is refused changes nothing.
    private StreamStatus Decide(
        in StreamBatchMeasure measure,
        in StreamAppendTerms terms,
        ReadOnlySpan<byte> key,
        long nowMs,
        out StreamAppended answer)
    {
        answer = default;
        if (IsClosed)
        {
            return StreamStatus.NotFound;
        }

        if (measure.LongestBytes > Options.RecordBytesMax)
        {
            return StreamStatus.RecordTooLarge;
        }

        if (Options.Compaction && measure.HasKeyless)
        {
            return StreamStatus.KeyMissing;
        }

        if (measure.HasGivenTime && !TimesAreIn(measure, nowMs))
        {
            return StreamStatus.TimestampOutOfRange;
        }

        StreamStatus status = DecideProducer(terms.Producer, measure.Count, out answer);
        if (status != StreamStatus.Ok || answer.Outcome != StreamOutcome.None)
        {
            return status;
        }

        status = DecideExpected(terms, key, nowMs, out answer);
        return status != StreamStatus.Ok || answer.Outcome != StreamOutcome.None ? status : Admit(measure.Bytes);
    }

    private bool TimesAreIn(in StreamBatchMeasure measure, long nowMs) =>
        Options.TimestampBoundMs > 0
        && measure.GivenMsMin >= Math.Max(0, nowMs - Options.TimestampBoundMs)
        && measure.GivenMsMax <= nowMs + Options.TimestampBoundMs;

    private StreamStatus DecideExpected(
        in StreamAppendTerms terms, ReadOnlySpan<byte> key, long nowMs, out StreamAppended answer)
    {
        answer = default;
        long version = 0;
        if (terms.ExpectedKeyVersion is not null)
        {
            StreamStatus status = VersionOf(key, out version);
            if (status != StreamStatus.Ok)
            {
                return status;
            }
        }

        bool isExpected = (terms.ExpectedNext is not { } next || next == (ulong)_next)
            && (terms.ExpectedKeyVersion is not { } expected || expected == (ulong)version);
        if (!isExpected)
        {
            _conflicts++;
            Interlocked.Increment(ref _context.Totals.Conflicts);
            answer = new StreamAppended(StreamOutcome.Conflict, _next, version, nowMs, 0, Waits && _visible < _next);
        }

        return StreamStatus.Ok;
    }

    private StreamStatus Admit(int recordBytes)
    {
        LogRoom room = Log?.RoomFor(recordBytes) ?? LogRoom.Ok;
        if (room != LogRoom.Ok)
        {
            return room == LogRoom.Full ? StreamStatus.DiskFull : StreamStatus.LogFailed;
        }

        if (!TryOpen())
        {
            return StreamStatus.Unreadable;
        }

        return _log!.Failure is not null ? StreamStatus.LogFailed
            : Volatile.Read(ref _isFull) || _context.Files.HoldsGrowth ? StreamStatus.DiskFull
            : _context.Files.HasMemoryFor(recordBytes, _context.Clock.NowMs, Limits.Cap) ? StreamStatus.Ok
            : StreamStatus.OutOfMemory;
    }

    /// <summary>Makes the records once, and copies them into the write-ahead log and into the stream's.</summary>
    /// <param name="letter">What the log says besides: they are the dead letter of a group; empty: they are not.</param>
    /// <returns>The time of the first.</returns>
    private long Write<TBatch>(
        in TBatch batch, in StreamBatchMeasure measure, StreamProducer? producer, long nowMs, scoped ReadOnlySpan<byte> letter)
        where TBatch : struct, IStreamBatch, allows ref struct
    {
        int header = letter.Length + StreamAppendedRecord.HeaderBytesOf(producer);
        int bytes = header + measure.Bytes;
        byte[] scratch = bytes <= ScratchBytes
            ? _scratch ??= GC.AllocateUninitializedArray<byte>(ScratchBytes)
            : ArrayPool<byte>.Shared.Rent(bytes);
        Span<byte> payload = scratch.AsSpan(0, bytes);
        Span<byte> records = payload[header..];
        letter.CopyTo(payload);
        StreamAppendedRecord.WriteHeader(payload[letter.Length..], Number, _next, measure.Count, producer);
        batch.Fill(records, _next, nowMs);
        long firstMs = new StreamRecordView(records).TimestampMs;
        Lsn lsn = LogRecord(
            letter.IsEmpty ? StreamRecordKind.RecordsAppended : StreamRecordKind.GroupDeadLettered, payload);
        if (producer is { } by)
        {
            NoteProducer(by, _next, measure.Count);
        }

        Apply(records, measure.Count, firstMs, measure.MaxTimestamp(nowMs));
        NoteUndurable(lsn);
        if (bytes > ScratchBytes)
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }

        return firstMs;
    }

    private Lsn LogRecord(StreamRecordKind kind, ReadOnlySpan<byte> payload)
    {
        if (Log is not { } log)
        {
            return Lsn.None;
        }

        using LogAppend append = log.Begin((byte)kind, payload.Length);
        payload.CopyTo(append.Payload);
        return append.Lsn;
    }

    /// <summary>Adds records to the stream's own log, in batches that are not too large to be read at once.</summary>
    private void Apply(ReadOnlySpan<byte> records, int count, long firstMs, long maxMs)
    {
        SegmentedLog log = Open();
        NoteKeys(records);
        _rates.Count(_context.Clock.NowMs, _appended, Volatile.Read(ref _read));
        _appended += count;
        _appendedBytes += records.Length;
        Interlocked.Add(ref _context.Totals.Appended, count);
        Interlocked.Add(ref _context.Totals.AppendedBytes, records.Length);
        if (records.Length <= Limits.Tuning.BatchBytes)
        {
            AppendBatch(log, records, count, count, firstMs, maxMs);
        }
        else
        {
            ApplyInParts(log, records);
        }

        NotePendingUnderLock();
        _isUsed = true;
    }

    private void ApplyInParts(SegmentedLog log, ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            ReadOnlySpan<byte> rest = records;
            int count = 0;
            int bytes = 0;
            long firstMs = 0;
            long maxMs = long.MinValue;
            while (StreamRecordForm.TryTake(ref rest, out StreamRecordView record)
                && (count == 0 || bytes + record.Bytes.Length <= Limits.Tuning.BatchBytes))
            {
                firstMs = count == 0 ? record.TimestampMs : firstMs;
                maxMs = Math.Max(maxMs, record.TimestampMs);
                count++;
                bytes += record.Bytes.Length;
            }

            AppendBatch(log, records[..bytes], count, count, firstMs, maxMs);
            records = records[bytes..];
        }
    }

    private void AppendBatch(
        SegmentedLog log, ReadOnlySpan<byte> records, int offsets, int count, long firstMs, long maxMs)
    {
        log.Append(
            new BatchHeader
            {
                BaseOffset = _next,
                Offsets = offsets,
                Records = count,
                FirstTimestamp = firstMs,
                MaxTimestamp = maxMs,
            },
            records);
        _next += offsets;
    }
}
