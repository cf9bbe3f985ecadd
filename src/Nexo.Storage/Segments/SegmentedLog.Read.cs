using System.Diagnostics;

namespace Nexo.Storage;

/// <content>Reading forward from an offset.</content>
public sealed partial class SegmentedLog
{
    /// <summary>
    /// Fills the buffer with whole batches as they are on disk, checked, from the one that holds the cursor's offset
    /// on, and moves the cursor behind them. Fewer than would fit may come; the end is reached only with <see
    /// cref="SegmentReadStatus.AtEnd"/>.
    /// </summary>
    /// <param name="cursor">The place; where a batch is read whole, its first records may lie before it.</param>
    /// <param name="buffer">For at least one batch: else the answer says how many bytes that takes.</param>
    /// <param name="ceiling">The offset behind what may be seen: no batch that goes beyond it is given.</param>
    /// <exception cref="SegmentDamageException">The file does not hold what was written.</exception>
    /// <exception cref="DiskException">The file could not be read.</exception>
    public SegmentRead Read(ref SegmentCursor cursor, Span<byte> buffer, long ceiling)
    {
        BatchSegment segment;
        long end;
        int version;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (cursor.Offset < First)
            {
                return new SegmentRead(SegmentReadStatus.BeforeFirst, 0, cursor.Offset, 0);
            }

            if (cursor.Offset >= Math.Min(ceiling, _nextOffset))
            {
                return new SegmentRead(SegmentReadStatus.AtEnd, 0, cursor.Offset, 0);
            }

            if (cursor.Offset >= _writtenOffset)
            {
                return ReadPending(ref cursor, buffer, ceiling);
            }

            segment = Find(cursor);
            end = segment.DataEnd;
            version = _version;
            Pin(segment);
        }

        try
        {
            return ReadFile(segment, end, version, ref cursor, buffer, ceiling);
        }
        finally
        {
            Unpin(segment);
        }
    }

    private SegmentRead ReadPending(ref SegmentCursor cursor, Span<byte> buffer, long ceiling)
    {
        foreach (PendingBuffer pending in _pending)
        {
            if (pending.EndOffset <= cursor.Offset)
            {
                continue;
            }

            ReadOnlySpan<byte> batches = pending.Batches;
            int at = cursor.Place == pending && cursor.Version == _version ? (int)cursor.Position : pending.Written;
            BatchHeader batch = Decode(batches[at..]);
            while (batch.EndOffset <= cursor.Offset)
            {
                at += batch.Bytes;
                batch = Decode(batches[at..]);
            }

            var walk = new BatchWalk(batch.BaseOffset, ceiling);
            int room = Math.Min(buffer.Length, batches.Length - at);
            walk.Take(batches.Slice(at, room), batches.Length - at, isFromMemory: true);
            batches.Slice(at, walk.Bytes).CopyTo(buffer);
            if (walk.Bytes > 0)
            {
                cursor.MoveTo(walk.Offset, pending, at + walk.Bytes, _version);
            }

            return walk.Answer;
        }

        throw new UnreachableException("what is not in files is in memory");
    }

    // The segment that holds the cursor's offset: under the gate.
    private BatchSegment Find(in SegmentCursor cursor)
    {
        bool isThere = cursor.Place is BatchSegment { Removed: false } place
            && cursor.Offset >= place.BaseOffset
            && cursor.Offset < place.EndOffset;
        return isThere
            ? (BatchSegment)cursor.Place!
            : _segments[LastSegment(_segments, cursor.Offset)];
    }

    private SegmentRead ReadFile(
        BatchSegment segment, long end, int version, ref SegmentCursor cursor, Span<byte> buffer, long ceiling)
    {
        IDiskFile file = _cache.Use(segment);
        try
        {
            long offset = cursor.Offset;
            long position = cursor.Position;
            if (cursor.Place != segment || cursor.Version != version || end < 0)
            {
                (position, offset) = Locate(segment, file, cursor.Offset);
            }

            if (end < 0)
            {
                lock (_gate)
                {
                    end = segment.DataEnd;
                }
            }

            int wanted = (int)Math.Min(buffer.Length, end - position);
            Span<byte> bytes = buffer[..file.Read(buffer[..wanted], position)];
            var walk = new BatchWalk(offset, ceiling);
            if (bytes.Length < wanted)
            {
                throw new SegmentDamageException(segment.Path, position + bytes.Length, "the file ends too early");
            }

            if (!walk.Take(bytes, end - position))
            {
                throw new SegmentDamageException(segment.Path, position + walk.Bytes, walk.Reason);
            }

            if (walk.Bytes > 0)
            {
                cursor.MoveTo(walk.Offset, segment, position + walk.Bytes, version);
            }

            return walk.Answer;
        }
        finally
        {
            _cache.Release(segment);
        }
    }

    // The last segment that does not begin behind the offset.
    private static int LastSegment(BatchSegment[] segments, long offset)
    {
        int low = 0;
        int high = segments.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }
}
