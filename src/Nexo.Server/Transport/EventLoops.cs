using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;

namespace Nexo.Server.Transport;

/// <summary>
/// As many event loops as the load needs. One serves everything until it is saturated; then a second one takes half of
/// its connections, and so on up to the bound; when less would do, the last one gives its connections back. Waking a
/// thread for each few events costs more than the events do, so fewer loops that are busy serve the same load with less
/// processor time and in less time than more loops that doze: docs/adr/0009.
/// </summary>
internal sealed class EventLoops : IDisposable
{
    // Loads are judged over so long.
    private static readonly long WindowTicks = Stopwatch.Frequency / 20;

    // A loop is saturated that had a processor for so much of two windows in a row. One that would like to and does not get it is not:
    // another thread would not make more processors.
    private const double SaturatedShare = 0.9;
    private const int SaturatedWindows = 2;

    // One loop less will do when all together have been busy for less than this of their time.
    private const double SpareShare = 0.6;
    private const int SpareWindows = 4;

    // A merger that turns out to have been wrong makes the next one wait, each time twice as long.
    private static readonly TimeSpan HoldMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HoldMax = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Lock _places = new();
    private readonly EventLoop[] _loops;
    private readonly long[] _busyBefore;
    private readonly int[] _saturated;
    private int _started;
    private int _active = 1;
    private int _spare;
    private long _windowEnds;
    private long _windowBegan;
    private long _mergedAt;
    private long _holdUntil;
    private TimeSpan _hold = HoldMin;

    private int _others;

    /// <summary>Makes up to so many loops, none of which runs yet.</summary>
    public EventLoops(int loopsMax)
    {
        _loops = new EventLoop[loopsMax];
        _busyBefore = new long[loopsMax];
        _saturated = new int[loopsMax];
        _mergedAt = long.MinValue / 2;
    }

    /// <summary>Loops that serve connections now.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Connections that they serve now.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Volatile.Read(ref _started); i++)
            {
                count += _loops[i].Count;
            }

            return count;
        }
    }

    /// <summary>Connections that others serve and that take from the share of these.</summary>
    public int Others => Volatile.Read(ref _others);

    /// <summary>One more of them, or one less.</summary>
    public void CountOther(int change) => Interlocked.Add(ref _others, change);

    /// <summary>A connection on the loop that has fewest; its handler may begin to read.</summary>
    /// <exception cref="SocketException">The system has no room for another one.</exception>
    public LoopConnection Serve(Socket socket)
    {
        var connection = new LoopConnection(socket, this);
        lock (_gate)
        {
            if (!TryStartUpTo(_active))
            {
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            }

            EventLoop loop = _loops[0];
            for (int i = 1; i < _active; i++)
            {
                loop = _loops[i].Count < loop.Count ? _loops[i] : loop;
            }

            return loop.TryAdd(connection)
                ? connection
                : throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
        }
    }

    public void Remove(LoopConnection connection)
    {
        lock (_places)
        {
            connection.Loop.TryRemove(connection);
        }
    }

    public void Requeue(LoopConnection connection)
    {
        lock (_places)
        {
            connection.Loop.Requeue(connection);
        }
    }

    /// <summary>Moves a connection unless it has gone meanwhile. Only on the thread of <paramref name="from"/>.</summary>
    public void Move(LoopConnection connection, EventLoop from, EventLoop to)
    {
        lock (_places)
        {
            if (from.TryRemove(connection) && !to.TryAdd(connection) && !from.TryAdd(connection))
            {
                connection.Lose(from);
            }
        }
    }

    /// <summary>A loop has gone round once: time to judge the load, perhaps.</summary>
    public void OnRound(long now)
    {
        if (_loops.Length > 1 && now >= Volatile.Read(ref _windowEnds) && _gate.TryEnter())
        {
            try
            {
                Judge(now);
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>One loop more, whatever the load; for tests.</summary>
    internal void SplitNow()
    {
        lock (_gate)
        {
            if (_active < _loops.Length)
            {
                Split(_active - 1, Stopwatch.GetTimestamp());
            }
        }
    }

    /// <summary>One loop less, whatever the load; for tests.</summary>
    internal void MergeNow()
    {
        lock (_gate)
        {
            if (_active > 1)
            {
                Merge(Stopwatch.GetTimestamp());
            }
        }
    }

    public void Dispose()
    {
        foreach (EventLoop loop in _loops.AsSpan(0, _started))
        {
            loop.Dispose();
        }
    }

    // False: the system has no descriptors or no thread left. Then those that run serve, and it is tried again later.
    private bool TryStartUpTo(int count)
    {
        try
        {
            while (_started < count)
            {
                var loop = new EventLoop(this, _started);
                loop.Start();
                _loops[_started] = loop;
                _started++;
            }

            return true;
        }
        catch (Exception full) when (full is Win32Exception or OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    private void Judge(long now)
    {
        long span = now - _windowBegan;
        bool isFirst = _windowBegan == 0 || span > 2 * WindowTicks;
        Volatile.Write(ref _windowEnds, now + WindowTicks);
        _windowBegan = now;
        double spanNs = Stopwatch.GetElapsedTime(0, span).TotalNanoseconds;
        double sum = 0;
        int saturated = -1;
        for (int i = 0; i < _started; i++)
        {
            long busy = _loops[i].BusyNs;
            double share = (busy - _busyBefore[i]) / spanNs;
            _busyBefore[i] = busy;
            sum += share;
            _saturated[i] = share >= SaturatedShare && !isFirst ? _saturated[i] + 1 : 0;
            saturated = _saturated[i] >= SaturatedWindows ? i : saturated;
        }

        if (isFirst)
        {
            return;
        }

        for (int i = _active; i < _started; i++)
        {
            // What it was to give was overtaken by another change.
            if (_loops[i].Count > 0)
            {
                _loops[i].Give(_loops[0], every: 1);
            }
        }

        if (saturated >= 0 && _active < _loops.Length && _loops[saturated].Count > 1)
        {
            Split(saturated, now);
        }
        else
        {
            _spare = _active > 1 && sum < SpareShare * _active ? _spare + 1 : 0;
            if (_spare >= SpareWindows && now >= _holdUntil)
            {
                Merge(now);
            }
        }
    }

    private void Split(int saturated, long now)
    {
        if (Stopwatch.GetElapsedTime(_mergedAt, now) < _hold)
        {
            _hold = _hold * 2 < HoldMax ? _hold * 2 : HoldMax;
            _holdUntil = now + (long)(_hold.TotalSeconds * Stopwatch.Frequency);
        }
        else
        {
            _hold = HoldMin;
        }

        _saturated.AsSpan().Clear();
        _spare = 0;
        if (!TryStartUpTo(_active + 1))
        {
            return;
        }

        Volatile.Write(ref _active, _active + 1);
        _loops[saturated].Give(_loops[_active - 1], every: 2);
    }

    private void Merge(long now)
    {
        Volatile.Write(ref _active, _active - 1);
        _spare = 0;
        _mergedAt = now;
        EventLoop least = _loops[0];
        for (int i = 1; i < _active; i++)
        {
            least = _loops[i].Count < least.Count ? _loops[i] : least;
        }

        _loops[_active].Give(least, every: 1);
    }
}
