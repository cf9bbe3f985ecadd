using System.Diagnostics;

namespace Nexo.Storage;

/// <content>Writes commits and syncs them. Everything here belongs to the writer.</content>
public sealed partial class Wal
{
    private readonly uint _epoch;
    private readonly WalCounters _stats = new();
    private LogBuffer _inFlight = new();
    private Segment? _segment;
    private long _offset;
    private ulong _commit;
    private ulong _durableCommit;
    private ulong _takenLsn;
    private ulong _writtenLsn;
    private long _writtenBytes;
    private long _takenOffset;
    private long _takenRecords;
    private long _unsyncedBytes;
    private long _unsyncedSince;
    private long _syncedAt;

    // The last commit has records, and no later one says that it is durable.
    private bool _unvouched;

    // The segment to write to, the commits whose fate is not sure, the opening commit.
    private void Begin(WalTail tail)
    {
        _disk.CreateDirectory(SegmentHeader.Directory);
        _disk.SyncDirectory("");
        _segment = _shelf.Adopt(tail, _observer);
        if (_segment is not null)
        {
            _offset = tail.Offset;
            WriteAgain(_segment, tail.UnsureFrom, tail.Offset);
        }

        _durableCommit = _commit;
        if (_segment is null || _offset + CommitHeader.ExtentOf(0) > _segment.Length)
        {
            _shelf.Prepare(0);
            Roll(0);
        }

        WriteMark(CommitFlags.Opening);
        Sync();
        CountRoom();
    }

    /// <summary>
    /// Writes a part of the file once more as it is. If the process before this one saw a sync fail, the kernel holds
    /// those pages for clean although the disk never got them: only a page that is written again is synced again.
    /// </summary>
    private static void WriteAgain(Segment segment, long from, long to)
    {
        if (from >= to)
        {
            return;
        }

        byte[] bytes = new byte[Math.Min(to, 1_024 * 1_024)];
        long first = from == SegmentHeader.Size ? 0 : from;
        for (long offset = first; offset < to; offset += bytes.Length)
        {
            Span<byte> part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, to - offset));
            if (segment.File!.Read(part, offset) < part.Length)
            {
                throw new DiskException(DiskError.Io, "read", segment.Path);
            }

            segment.File.Write(part, offset);
        }

        segment.File!.Sync();
    }

    // Writes what was taken, in one commit if it fits; false if nothing of it could be, for want of a segment.
    private bool WriteTaken()
    {
        bool worked = false;
        while (_takenRecords < _inFlight.Records)
        {
            int payload = NextPart(out int records);
            if (payload == 0)
            {
                if (!Roll(_neededBytes))
                {
                    return worked;
                }

                continue;
            }

            WritePart(payload, records);
            worked = true;
        }

        _inFlight.Clear();
        return worked;
    }

    // The longest run of whole records and groups that fits both a commit and the segment; 0 if not even one does.
    private int NextPart(out int records)
    {
        long left = _inFlight.Length - _takenOffset;
        long room = _segment!.RecordsEnd - _offset - CommitHeader.Size;
        records = checked((int)(_inFlight.Records - _takenRecords));
        if (left <= room && left <= _options.CommitBytesMax)
        {
            return (int)left;
        }

        long limit = Math.Min(room, _options.CommitBytesMax);
        int part = 0;
        records = 0;
        while (true)
        {
            int unit = UnitAt(_takenOffset + part, out int count);
            bool fits = part + (long)unit <= limit || (part == 0 && unit <= room);
            if (!fits)
            {
                _neededBytes = unit;
                return part;
            }

            part += unit;
            records += count;
            if (part == left)
            {
                return part;
            }
        }
    }

    private void WritePart(int payload, int records)
    {
        if (_unsyncedBytes == 0)
        {
            _unsyncedSince = _inFlight.FirstAt;
        }

        bool isFirst = _offset == SegmentHeader.Size;
        Span<byte> bytes = _inFlight.Commit(_takenOffset, payload);

        // The padding lies over the records behind this part, if there are any: put them back.
        Span<byte> padding = bytes[(CommitHeader.Size + payload)..];
        Span<byte> covered = stackalloc byte[SegmentHeader.Sector];
        padding.CopyTo(covered);
        padding.Clear();
        WriteCommit(bytes, payload, records, CommitFlags.None);
        covered[..padding.Length].CopyTo(padding);
        _takenOffset += payload;
        _takenRecords += records;
        _unvouched = true;
        CountRoom();
        Volatile.Write(ref _writtenBytes, _writtenBytes + payload);
        _room.Reach((ulong)_writtenBytes);
        if (isFirst)
        {
            // Nothing follows in a segment before its header is durable: recovery looks at the first commit only of one
            // whose header is that of an earlier use.
            Sync();
        }
    }

    // The log has come to rest: says of its last commit that it is durable, so that damage to it is not taken for its end.
    private bool Vouch()
    {
        if (!HasRoomForMark && !Roll(0))
        {
            return false;
        }

        WriteMark(CommitFlags.None);
        Sync();
        CountRoom();
        return true;
    }

    // What is reserved at the end of a segment is for stops and starts.
    private bool HasRoomForMark => _offset + CommitHeader.ExtentOf(0) <= _segment!.RecordsEnd;

    // A commit without records.
    private void WriteMark(CommitFlags flags)
    {
        if (_unsyncedBytes == 0)
        {
            _unsyncedSince = _time.GetTimestamp();
        }

        Span<byte> bytes = stackalloc byte[(int)CommitHeader.ExtentOf(0)];
        bytes.Clear();
        WriteCommit(bytes, 0, 0, flags);
        _unvouched = false;
    }

    private void WriteCommit(Span<byte> bytes, int payload, int records, CommitFlags flags)
    {
        new CommitHeader
        {
            PayloadBytes = payload,
            Records = records,
            LogId = _logId,
            Number = _commit + 1,
            FirstLsn = new Lsn(_writtenLsn + 1),
            Durable = _durableCommit,
            Epoch = _epoch,
            Flags = flags,
        }.Write(bytes[..(CommitHeader.Size + payload)]);
        if (_offset == SegmentHeader.Size)
        {
            WriteSegmentHeader();
        }

        long start = Stopwatch.GetTimestamp();
        _segment!.File!.Write(bytes, _offset);
        long microseconds = (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        _commit++;
        _offset += bytes.Length;
        _writtenLsn += (ulong)records;
        Volatile.Write(ref _unsyncedBytes, _unsyncedBytes + bytes.Length);
        _stats.OnCommit(records, bytes.Length, microseconds);
    }

    private void WriteSegmentHeader()
    {
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        Segment segment = _segment!;
        new SegmentHeader(_logId, segment.Sequence, _commit + 1, new Lsn(_writtenLsn + 1), segment.Length).Write(bytes);
        segment.File!.Write(bytes, 0);
    }

    private void Sync()
    {
        long start = Stopwatch.GetTimestamp();
        _segment!.File!.Sync();
        _stats.OnSync((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        _syncedAt = _time.GetTimestamp();
        _durableCommit = _commit;
        _segment.IsDurable = true;
        Volatile.Write(ref _unsyncedBytes, 0);
        _durable.Reach(_writtenLsn);
    }

    // Goes on with the next segment; false if there is none yet that can hold this payload.
    private bool Roll(long payloadBytes)
    {
        // All of a segment is durable before anything is written to the next: recovery relies on it.
        if (_unsyncedBytes > 0)
        {
            Sync();
        }

        Segment? next = _shelf.TryTake(payloadBytes, _commit + 1, new Lsn(_writtenLsn + 1));
        if (next is null)
        {
            return false;
        }

        _segment?.Dispose();
        _segment = next;
        _offset = SegmentHeader.Size;
        CountRoom();
        return true;
    }

    // When nothing is left to be done: the closing commit. True if the log is closed now.
    private bool TryClose()
    {
        if (_inFlight.Records > 0)
        {
            return TryPrepareToClose();
        }

        lock (_appendLock)
        {
            if (_filling.Records > 0)
            {
                return true;
            }

            Volatile.Write(ref _stopped, true);
        }

        WriteClosing();
        _durable.End(new WalException(WalError.Closed, "the log was closed"));
        _room.Reach(ulong.MaxValue);
        _closed.TrySetResult();
        return false;
    }

    // A last attempt to have a segment for what is left; on a full disk this is where it ends.
    private bool TryPrepareToClose()
    {
        try
        {
            _shelf.Prepare(_neededBytes);
            return true;
        }
        catch (DiskException exception) when (exception.Error == DiskError.Full)
        {
            long records = _inFlight.Records - _takenRecords;
            var full = new WalException(
                WalError.Full,
                $"the disk is full: at least {records} records could not be written at the stop",
                exception);
            _observer.Notice(StorageLevel.Error, full.Message);
            Stop(full);
            return false;
        }
    }

    private void WriteClosing()
    {
        if (_offset + CommitHeader.ExtentOf(0) > _segment!.Length && !Roll(0))
        {
            _observer.Notice(
                StorageLevel.Warning,
                $"{_segment.Path}: no room for the closing commit; the next start takes this stop for a crash");
            return;
        }

        WriteMark(CommitFlags.Closing);
        Sync();
    }
}
