using System.Buffers;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// One pass of compaction over a stream, in small steps. Each round learns the last offset of the keys that have come since the part that
/// is clean already, as many as it may, then goes over the segments from the first on, and writes those anew in which something can go.
/// For one thread at a time.
/// </summary>
internal sealed class StreamCompaction : IDisposable
{
    /// <summary>What it cannot do now: the rest of the slice is given up.</summary>
    private const long Wait = long.MaxValue / 2;

    private readonly StreamLog _stream;
    private readonly StreamContext _context;
    private readonly SegmentedLog _log;
    private readonly long _end;
    private readonly long _segmentBytes;
    private readonly IEnumerator<long> _steps;
    private readonly List<(ulong First, ulong Second, long Version)> _forgotten = [];
    private StreamCompactionNote _note;
    private StreamKeyIndex? _keys;
    private SegmentCursor _cursor;
    private byte[] _buffer = [];
    private int _read;
    private long _roundTo;
    private long _removed;
    private long _tombstones;
    private long _allRemoved;
    private bool _isBroken;
    private bool _isDisposed;

    public StreamCompaction(
        StreamLog stream, StreamContext context, SegmentedLog log, in StreamCompactionNote note, long end, long segmentBytes)
    {
        _stream = stream;
        _context = context;
        _log = log;
        _note = note;
        _end = end;
        _segmentBytes = segmentBytes;
        _steps = Run().GetEnumerator();
    }

    public StreamLog Stream => _stream;

    /// <summary>Goes on for so many bytes or a little more, which are taken off; false: it is over.</summary>
    /// <exception cref="IOException">It could not be finished, and all is as it was or better.</exception>
    /// <exception cref="ObjectDisposedException">The stream is gone.</exception>
    public bool MoveNext(ref long bytes)
    {
        while (bytes > 0)
        {
            if (!_steps.MoveNext())
            {
                return false;
            }

            bytes -= _steps.Current;
        }

        return true;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _steps.Dispose();
        _keys?.Dispose();
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _stream.EndCompaction();
    }

    private IEnumerable<long> Run()
    {
        _buffer = ArrayPool<byte>.Shared.Rent(_context.Limits.Tuning.ReadBytes);
        do
        {
            _keys?.Dispose();
            _keys = new StreamKeyIndex(_context.Hasher, _context.OtherHasher);
            _tombstones = 0;
            foreach (long bytes in LearnKeys())
            {
                yield return bytes;
            }

            foreach (long bytes in GoOver())
            {
                yield return bytes;
            }

            if (_isBroken)
            {
                yield break;
            }

            EndRound();
        }
        while (_roundTo < _end);
    }

    private IEnumerable<long> LearnKeys()
    {
        _roundTo = Math.Max(_note.CleanTo, _log.FirstOffset);
        _cursor = new SegmentCursor(_roundTo);
        while (_roundTo < _end && _keys!.Count < _context.Limits.Tuning.CompactionKeysMax && Read(_end))
        {
            NoteKeys(_buffer.AsSpan(0, _read));
            yield return _read;
        }

        _roundTo = _keys!.Count < _context.Limits.Tuning.CompactionKeysMax ? _end : _roundTo;
    }

    private void NoteKeys(ReadOnlySpan<byte> batches)
    {
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            while (batch.Records > 0 && StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                if (record.Offset < _roundTo)
                {
                    continue;
                }

                if (record.HasKey)
                {
                    _keys!.Note(record.Key, record.Offset);
                }

                _roundTo = record.Offset + 1;
                if (_keys!.Count >= _context.Limits.Tuning.CompactionKeysMax)
                {
                    return;
                }
            }

            _roundTo = Math.Max(_roundTo, batch.EndOffset);
            batches = batches[batch.Bytes..];
        }
    }

    // Segments that fit into one are gone over together, and become one if they are written anew.
    private IEnumerable<long> GoOver()
    {
        SegmentFacts group = default;
        int count = 0;
        long offset = _log.FirstOffset;
        bool more = true;
        while (more && !_isBroken)
        {
            SegmentFacts? next = offset < _roundTo ? _log.SegmentAt(offset) : null;
            more = next is { } segment && segment.EndOffset <= _end;
            if (count > 0 && (!more || group.Bytes + next!.Value.Bytes > _segmentBytes))
            {
                foreach (long bytes in GoOver(group, count))
                {
                    yield return bytes;
                }

                count = 0;
            }

            if (more)
            {
                SegmentFacts one = next!.Value;
                group = count == 0 ? one : group with { EndOffset = one.EndOffset, Bytes = group.Bytes + one.Bytes };
                offset = one.EndOffset;
                count++;
            }
        }
    }

    private IEnumerable<long> GoOver(SegmentFacts group, int count)
    {
        bool canGo = false;
        long tombstones = _tombstones;
        _cursor = new SegmentCursor(group.BaseOffset);
        while (!canGo && Read(group.EndOffset))
        {
            canGo = CanGo(_buffer.AsSpan(0, _read));
            yield return _read;
        }

        if (!canGo && count < _context.Limits.Tuning.CompactionMergeAt)
        {
            yield break;
        }

        _tombstones = tombstones;
        _removed = 0;
        _forgotten.Clear();
        if (!_context.Files.HasRoomFor(group.Bytes))
        {
            throw new DiskException(DiskError.Full, "compact", _stream.Directory);
        }

        using SegmentRewrite? rewrite = _log.BeginRewrite(group.BaseOffset, group.EndOffset);
        if (rewrite is null)
        {
            _isBroken = true;
            yield break;
        }

        var batches = new StreamBatcher(group.BaseOffset, _context.Limits.Tuning.BatchBytes, rewrite.Append);
        _cursor = new SegmentCursor(group.BaseOffset);
        while (Read(group.EndOffset))
        {
            Copy(_buffer.AsSpan(0, _read), batches);
            yield return 2L * _read;
        }

        batches.Finish(group.EndOffset);
        rewrite.Sync();
        yield return 1;
        while (true)
        {
            bool? isDone = _stream.TryReplace(rewrite, _forgotten);
            if (isDone is { } done)
            {
                // Else some were let go of meanwhile, and others are not clean: what was to go for a tombstone may be in them.
                _isBroken = !done;
                _allRemoved += done ? _removed : 0;
                yield break;
            }

            yield return Wait;
        }
    }

    private bool CanGo(ReadOnlySpan<byte> batches)
    {
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            while (batch.Records > 0 && StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                if (IsReplaced(record) || IsForgotten(record))
                {
                    return true;
                }

                _tombstones += record is { IsTombstone: true, HasKey: true } ? 1 : 0;
            }

            batches = batches[batch.Bytes..];
        }

        return false;
    }

    private void Copy(ReadOnlySpan<byte> batches, StreamBatcher target)
    {
        while (BatchHeader.TryDecode(batches, out BatchHeader batch))
        {
            ReadOnlySpan<byte> records = batches[BatchHeader.Size..batch.Bytes];
            while (batch.Records > 0 && StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                if (IsReplaced(record))
                {
                    _removed++;
                }
                else if (IsForgotten(record))
                {
                    _removed++;
                    ReadOnlySpan<byte> key = record.Key;
                    _forgotten.Add((_context.Hasher.Of(key), _context.OtherHasher.Of(key), record.Offset + 1));
                }
                else
                {
                    _tombstones += record is { IsTombstone: true, HasKey: true } ? 1 : 0;
                    target.Add(record);
                }
            }

            batches = batches[batch.Bytes..];
        }
    }

    private bool IsReplaced(in StreamRecordView record) =>
        record.HasKey && _keys!.VersionOf(record.Key) > record.Offset + 1;

    private bool IsForgotten(in StreamRecordView record) =>
        record.Offset < _note.TombstonesBefore && record is { IsTombstone: true, HasKey: true };

    // Tombstones that are left go when all that was before them has been gone for long enough: their time begins now.
    private void EndRound()
    {
        long nowMs = _context.AgeNowMs;
        _note = _note with
        {
            CleanTo = _roundTo,
            MarkedTo = _note.MarkedAtMs > 0 ? _note.MarkedTo : _roundTo,
            MarkedAtMs = _note.MarkedAtMs > 0 ? _note.MarkedAtMs : nowMs,
            Tombstones = _tombstones,
            PassedAtMs = nowMs,
        };
        Span<byte> bytes = stackalloc byte[StreamCompactionNote.Size];
        _note.Write(bytes);
        _log.WriteNote(_note.CleanTo, bytes);
        _stream.NoteCompaction(_note, _allRemoved);
        _allRemoved = 0;
    }

    // The next batches; false: there are no more up to there.
    private bool Read(long end)
    {
        while (true)
        {
            SegmentRead read = _log.Read(ref _cursor, _buffer, end);
            switch (read.Status)
            {
                case SegmentReadStatus.Ok:
                    _read = read.Bytes;
                    return true;
                case SegmentReadStatus.BufferTooSmall:
                    ArrayPool<byte>.Shared.Return(_buffer);
                    _buffer = ArrayPool<byte>.Shared.Rent(read.Bytes);
                    break;
                case SegmentReadStatus.BeforeFirst:
                    _cursor = new SegmentCursor(_log.FirstOffset);
                    break;
                default:
                    return false;
            }
        }
    }
}
