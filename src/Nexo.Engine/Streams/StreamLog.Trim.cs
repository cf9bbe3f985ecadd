using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Giving up the oldest records: by hand to the record, by itself by whole segments.</content>
internal sealed partial class StreamLog
{
    private long _trimmed;

    private bool WantsRetention => Options is not { AgeMs: 0, Bytes: 0, Records: 0 };

    public StreamStatus Trim(StreamTrimBy by, ulong value, out long first, out bool waits)
    {
        waits = false;
        StreamPlace place = by switch
        {
            StreamTrimBy.Offset => new StreamPlace(StreamFrom.Offset, value),
            StreamTrimBy.Time => new StreamPlace(StreamFrom.Time, value),
            StreamTrimBy.Records => new StreamPlace(StreamFrom.Last, value),
            _ => new StreamPlace(StreamFrom.Beginning),
        };
        StreamStatus status = by > StreamTrimBy.Records
            ? StreamStatus.InvalidArgument
            : Resolve(place, out _, out _);
        first = 0;
        if (status == StreamStatus.Ok)
        {
            status = by == StreamTrimBy.Bytes ? OffsetForBytes(value, out first) : Resolve(place, out _, out first);
        }

        return status == StreamStatus.Ok ? TrimTo(ref first, out waits) : status;
    }

    /// <summary>The log says that records before an offset are gone.</summary>
    public void ApplyTrimmed(long first)
    {
        lock (_gate)
        {
            _trimmed += Math.Max(0, first - _first);
            _first = Math.Max(_first, first);
            _hasToTrim = true;
        }
    }

    private StreamStatus OffsetForBytes(ulong bytes, out long offset)
    {
        offset = 0;
        SegmentedLog? log;
        lock (_gate)
        {
            StreamStatus status = BeginUse(out log);
            if (status != StreamStatus.Ok)
            {
                return status;
            }
        }

        try
        {
            offset = log!.OffsetForBytes((long)Math.Min(bytes, long.MaxValue));
            return StreamStatus.Ok;
        }
        catch (ObjectDisposedException)
        {
            return StreamStatus.NotFound;
        }
        catch (IOException failure)
        {
            Tell("read", failure);
            return StreamStatus.Unreadable;
        }
        finally
        {
            EndUse();
        }
    }

    /// <param name="first">Where it is to begin; afterwards, where it does.</param>
    /// <param name="waits">True when an answer must wait until the log is durable.</param>
    /// <param name="isForGroups">Not beyond a group: one may have come, or been sought back, since that was looked at.</param>
    private StreamStatus TrimTo(ref long first, out bool waits, bool isForGroups = false)
    {
        lock (_gate)
        {
            waits = false;
            AdvanceVisible();
            if (IsClosed)
            {
                return StreamStatus.NotFound;
            }

            long wanted = Math.Min(first, _visible);
            first = Math.Max(_first, wanted);
            if (wanted <= _first || (isForGroups && Groups?.LowestPosition < wanted))
            {
                return StreamStatus.Ok;
            }

            LogRoom room = Log?.RoomForRemoval(StreamTrimmedRecord.Size) ?? LogRoom.Ok;
            if (room != LogRoom.Ok)
            {
                return room == LogRoom.Full ? StreamStatus.DiskFull : StreamStatus.LogFailed;
            }

            if (Log is { } log)
            {
                using LogAppend append = log.Begin((byte)StreamRecordKind.StreamTrimmed, StreamTrimmedRecord.Size);
                new StreamTrimmedRecord(Number, wanted).Write(append.Payload);
                _trimmedAt = append.Lsn;
            }

            _trimmed += wanted - _first;
            Interlocked.Add(ref _context.Totals.Trimmed, wanted - _first);
            _first = wanted;
            _hasToTrim = true;
            waits = Waits;
            return StreamStatus.Ok;
        }
    }

    // Without room for that, what is in the segments before goes all the same.
    private static void TryRoll(SegmentedLog log)
    {
        try
        {
            log.Roll();
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full)
        {
            // It is tried again.
        }
    }

    // On the thread of the files.
    private void Retain(SegmentedLog log)
    {
        StreamOptions options = Options;
        long protectedFrom = options.ProtectGroups ? Groups?.LowestPosition ?? long.MaxValue : long.MaxValue;
        long offset = 0;
        if (options.AgeMs > 0)
        {
            long before = _context.AgeNowMs - options.AgeMs;
            if (log.MaxTimestamp < before && log.NextOffset > log.FirstOffset)
            {
                TryRoll(log);
            }

            offset = log.OffsetForTime(before);
        }

        if (options.Records > 0)
        {
            offset = Math.Max(offset, log.SegmentStart(Math.Max(0, log.NextOffset - options.Records)));
        }

        if (options.Bytes > 0)
        {
            offset = Math.Max(offset, log.OffsetForBytes(options.Bytes));
        }

        if (offset > protectedFrom)
        {
            offset = log.SegmentStart(protectedFrom);
        }

        TrimTo(ref offset, out _, isForGroups: options.ProtectGroups);
    }
}
