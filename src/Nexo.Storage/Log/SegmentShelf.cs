namespace Nexo.Storage;

/// <summary>
/// The segment files of a running log: those in use, oldest first, and those prepared for use. Two locks: one for the
/// lists, held for a few instructions, and one around the slow work on files, which the writer never takes.
/// </summary>
internal sealed partial class SegmentShelf(IDisk disk, ulong logId, WalOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _maintenance = new();
    private readonly List<Segment> _used = [];
    private readonly Queue<Segment> _prepared = new();
    private readonly List<Pin> _pins = [];
    private Segment? _current;
    private long _bytes;
    private long _preparedBytes;
    private long _recycled;

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Bytes for records in the prepared segments.</summary>
    public long PreparedBytes => Volatile.Read(ref _preparedBytes);

    public long Recycled => Volatile.Read(ref _recycled);

    public (int Used, int Prepared) Counts
    {
        get
        {
            lock (_gate)
            {
                return (_used.Count, _prepared.Count);
            }
        }
    }

    /// <summary>True if a prepared segment has room for a commit of this payload.</summary>
    public bool CanTake(long payloadBytes)
    {
        lock (_gate)
        {
            return _prepared.TryPeek(out Segment? next) && Segment.Holds(next.Length, payloadBytes);
        }
    }

    /// <summary>Makes the next prepared segment the current one, if it has room for a commit of this payload.</summary>
    public Segment? TryTake(long payloadBytes, ulong firstCommit, Lsn firstLsn)
    {
        lock (_gate)
        {
            if (!_prepared.TryPeek(out Segment? next) || !Segment.Holds(next.Length, payloadBytes))
            {
                return null;
            }

            _prepared.Dequeue();
            CountPrepared();
            next.FirstCommit = firstCommit;
            next.FirstLsn = firstLsn;
            _used.Add(next);
            _current = next;
            return next;
        }
    }

    /// <summary>
    /// The segments that hold the records from this one on; none if they are not there any more.
    /// </summary>
    public IReadOnlyList<Segment> From(Lsn from)
    {
        lock (_gate)
        {
            int first = _used.FindLastIndex(segment => segment.FirstLsn <= from);
            return first < 0 ? [] : _used[first..];
        }
    }

    /// <summary>True if segments before the current one hold records from this one on.</summary>
    public bool AreBeforeCurrent(Lsn from)
    {
        lock (_gate)
        {
            return _current is not null && from < _current.FirstLsn;
        }
    }

    /// <summary>Holds back the segments that have records from this one on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not there any more.</exception>
    public IDisposable PinFrom(Lsn from)
    {
        lock (_gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(from, _used[0].FirstLsn);
            var pin = new Pin(this, from);
            _pins.Add(pin);
            return pin;
        }
    }

    public void Dispose()
    {
        lock (_maintenance)
        {
            lock (_gate)
            {
                _current?.Dispose();
                foreach (Segment segment in _prepared)
                {
                    segment.Dispose();
                }
            }
        }
    }

    private void CountPrepared() =>
        Volatile.Write(ref _preparedBytes, _prepared.Sum(segment => segment.RecordsEnd - SegmentHeader.Size));

    private sealed class Pin(SegmentShelf shelf, Lsn from) : IDisposable
    {
        public Lsn From { get; } = from;

        public void Dispose()
        {
            lock (shelf._gate)
            {
                shelf._pins.Remove(this);
            }
        }
    }
}
