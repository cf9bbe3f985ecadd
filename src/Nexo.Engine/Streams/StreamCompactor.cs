namespace Nexo.Engine.Streams;

/// <summary>
/// Compacts streams one after the other beside everything else: in slices on another thread, not faster than it may, and not while the log
/// is behind.
/// </summary>
internal sealed class StreamCompactor(StreamContext context) : IDisposable
{
    private const int SecondMs = 1_000;

    // What was not used is not made up for.
    private const long TicksKeptMs = 50;

    private readonly Lock _gate = new();
    private readonly Queue<StreamLog> _wanted = new();
    private readonly HashSet<StreamLog> _isWanted = [];

    // Of who works.
    private readonly Lock _working = new();
    private StreamCompaction? _pass;
    private long _budget;
    private long _tickedAtMs;
    private bool _isRunning;
    private bool _isDisposed;

    /// <summary>There may be something to do in a stream.</summary>
    public void Want(StreamLog stream)
    {
        lock (_gate)
        {
            if (!_isDisposed && _isWanted.Add(stream))
            {
                _wanted.Enqueue(stream);
            }
        }
    }

    /// <summary>Has the next slice done, if there is something to do.</summary>
    public void Tick(long nowMs)
    {
        lock (_gate)
        {
            long passedMs = Math.Clamp(nowMs - _tickedAtMs, 0, TicksKeptMs);
            _tickedAtMs = nowMs;
            if (_isDisposed || _isRunning || (_pass is null && _wanted.Count == 0))
            {
                return;
            }

            long rate = context.Limits.CompactionBytesPerSecondMax;
            _budget = Math.Min(_budget + (rate * passedMs / SecondMs), rate * TicksKeptMs / SecondMs);
            if (_budget <= 0)
            {
                return;
            }

            _isRunning = true;
        }

        context.Files.Schedule(RunSlice);
    }

    /// <summary>Compacts a stream at once, whole, however little there is to do. False: it cannot be done now.</summary>
    public bool Run(StreamLog stream)
    {
        lock (_working)
        {
            End();
            _pass = stream.TryBeginCompaction(isForced: true);
            if (_pass is null)
            {
                return false;
            }

            long bytes = long.MaxValue / 4;
            bool isWaiting = Step(ref bytes);
            End();
            return !isWaiting;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _wanted.Clear();
        }

        lock (_working)
        {
            End();
        }
    }

    private void RunSlice()
    {
        lock (_working)
        {
            long budget = Volatile.Read(ref _budget);
            if (!Volatile.Read(ref _isDisposed) && (_pass is not null || TryBegin()))
            {
                if (!Step(ref budget))
                {
                    End();
                }
            }

            lock (_gate)
            {
                // A step that is larger is paid for by later slices; one that waits, by none.
                _budget = Math.Max(budget, -context.Limits.CompactionBytesPerSecondMax);
                _isRunning = false;
            }
        }
    }

    private bool TryBegin()
    {
        StreamLog? stream;
        lock (_gate)
        {
            if (!_wanted.TryDequeue(out stream))
            {
                return false;
            }

            _isWanted.Remove(stream);
        }

        _pass = stream.TryBeginCompaction(isForced: false);
        return _pass is not null;
    }

    // False: the pass is over, or cannot go on.
    private bool Step(ref long budget)
    {
        try
        {
            return _pass!.MoveNext(ref budget);
        }
        catch (ObjectDisposedException)
        {
            // The stream is gone.
            return false;
        }
        catch (IOException failure)
        {
            _pass!.Stream.TellCompaction(failure);
            return false;
        }
    }

    private void End()
    {
        _pass?.Dispose();
        _pass = null;
    }
}
