using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>Reads: outside of the lock, by runs of whole batches.</content>
internal sealed partial class StreamLog
{
    // Where reads by offset have ended, since the next one mostly goes on there.
    private const int EndsKept = 4;

    private StreamCursor[]? _ends;
    private int _endsAt;
    private long _read;
    private long _readBytes;
    private int _readers;

    public void CountReader(int change)
    {
        Interlocked.Add(ref _readers, change);
        Interlocked.Add(ref _context.Totals.Readers, change);
    }

    /// <summary>One read of its own, from any place.</summary>
    public StreamStatus Read(in StreamReadTerms terms, IBufferWriter<byte> target, out StreamReadResult result)
    {
        StreamStatus status = Resolve(terms.From, out StreamRange range, out long offset);
        result = new StreamReadResult(range, offset, 0, 0);
        if (status != StreamStatus.Ok)
        {
            return status;
        }

        int bytesMax = Math.Min(terms.BytesMax, Limits.ReadBytesMax);
        if (terms.Backward)
        {
            return ReadBackward(offset, terms.RecordsMax, bytesMax, terms.Key, target, out result);
        }

        StreamCursor cursor = FindEnd(offset);
        status = ReadForward(
            ref cursor, offset, terms.From.Clamp, terms.RecordsMax, bytesMax, terms.Key, target, out result);
        KeepEnd(cursor, result.ContinueAt);
        return status;
    }

    public StreamStatus ReadForward(
        ref StreamCursor cursor,
        long offset,
        bool clamps,
        int recordsMax,
        int bytesMax,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> target,
        out StreamReadResult result)
    {
        result = default;
        SegmentedLog? log;
        StreamRange range;
        lock (_gate)
        {
            StreamStatus status = BeginUse(out log);
            if (status != StreamStatus.Ok)
            {
                return status;
            }

            _rates.Count(_context.Clock.NowMs, _appended, Volatile.Read(ref _read));
            range = new StreamRange(_first, _visible);
            if (cursor.Opening != _opening || cursor.Segment.Offset > offset || cursor.Segment.Offset < range.First)
            {
                cursor = new StreamCursor { Segment = new SegmentCursor(Math.Max(offset, range.First)), Opening = _opening };
            }
        }

        try
        {
            result = new StreamReadResult(range, offset, 0, 0);
            if (offset < range.First || offset > range.Next)
            {
                if (!clamps)
                {
                    return StreamStatus.OffsetOutOfRange;
                }

                offset = Math.Clamp(offset, range.First, range.Next);
                cursor.Segment = new SegmentCursor(offset);
            }

            var gathering = new StreamGathering(
                log!, Limits, offset, range.Next, range.Next, recordsMax, Math.Min(bytesMax, Limits.ReadBytesMax));
            try
            {
                gathering.Run(ref cursor.Segment, key, target);
            }
            finally
            {
                gathering.Dispose();
            }

            result = new StreamReadResult(range, gathering.Offset, gathering.Count, gathering.Bytes);
            CountRead(gathering.Count, gathering.Bytes);
            if (!gathering.IsGone || gathering.Count > 0)
            {
                return StreamStatus.Ok;
            }

            // Let go of meanwhile: what there is now lies further on.
            result = result with { Range = RangeNow() };
            return clamps ? StreamStatus.Ok : StreamStatus.OffsetOutOfRange;
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

    private void CountRead(int records, int bytes)
    {
        Interlocked.Add(ref _read, records);
        Interlocked.Add(ref _readBytes, bytes);
        Interlocked.Add(ref _context.Totals.Read, records);
        Interlocked.Add(ref _context.Totals.ReadBytes, bytes);
    }

    private StreamCursor FindEnd(long offset)
    {
        lock (_gate)
        {
            foreach (StreamCursor end in _ends ?? [])
            {
                if (end.Segment.Offset == offset && end.Opening == _opening)
                {
                    return end;
                }
            }
        }

        return default;
    }

    private void KeepEnd(in StreamCursor cursor, long offset)
    {
        if (cursor.Segment.Offset == offset && cursor.Opening != 0)
        {
            lock (_gate)
            {
                (_ends ??= new StreamCursor[EndsKept])[_endsAt] = cursor;
                _endsAt = (_endsAt + 1) % EndsKept;
            }
        }
    }
}
