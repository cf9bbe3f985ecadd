using System.ComponentModel;
using System.Diagnostics;

namespace Nexo.Server.Transport;

/// <summary>
/// One thread that waits for its sockets with epoll, and runs what their readers do when bytes have come.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const int StackBytes = 512 * 1_024;

    // Reading a thread's processor time is a system call: not after every round.
    private static readonly long BusyReadTicks = Stopwatch.Frequency / 100;

    private readonly Epoll _epoll = new();
    private readonly EventLoops _loops;
    private readonly Lock _gate = new();
    private readonly Stack<int> _freeSlots = [];
    private readonly Thread _thread;
    private LoopConnection?[] _connections = new LoopConnection?[64];
    private List<LoopConnection> _again = [];
    private List<LoopConnection> _nowAgain = [];
    private int _slots;
    private int _count;
    private long _busyNs;
    private long _busyReadAt;
    private Gift? _gift;
    private volatile bool _isStopping;

    public EventLoop(EventLoops loops, int number)
    {
        _loops = loops;
        Number = number;
        Block = BlockPool.Rent();
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = $"nexo loop {number}" };
    }

    public int Number { get; }

    /// <summary>Where the next bytes are received. Only for the loop's thread.</summary>
    public byte[] Block { get; private set; }

    /// <summary>Connections that it serves.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Processor time that it has used since it began, in nanoseconds, as of a moment ago.</summary>
    public long BusyNs => Volatile.Read(ref _busyNs);

    public bool IsThisThread => Environment.CurrentManagedThreadId == _thread.ManagedThreadId;

    public void Start() => _thread.Start();

    /// <summary>
    /// Takes a connection in; what it has to read is reported at once. False: the system has no room for another one.
    /// </summary>
    public bool TryAdd(LoopConnection connection)
    {
        lock (_gate)
        {
            int slot = _freeSlots.TryPop(out int free) ? free : _slots++;
            if (slot == _connections.Length)
            {
                Array.Resize(ref _connections, 2 * slot);
            }

            connection.MoveTo(this, slot);
            Volatile.Write(ref _connections[slot], connection);
            Volatile.Write(ref _count, _count + 1);
            try
            {
                _epoll.Add(connection.Descriptor, slot);
                return true;
            }
            catch (Exception full) when (full is Win32Exception or ObjectDisposedException)
            {
                Forget(connection);
                return false;
            }
        }
    }

    /// <summary>Lets a connection go, whose descriptor is still open. False: it had gone before.</summary>
    public bool TryRemove(LoopConnection connection)
    {
        lock (_gate)
        {
            if (_connections[connection.Slot] != connection)
            {
                return false;
            }

            try
            {
                _epoll.Remove(connection.Descriptor);
            }
            catch (ObjectDisposedException)
            {
                // The loop has ended before its connection.
            }

            Forget(connection);
            return true;
        }
    }

    /// <summary>The reader keeps the block: the loop goes on with another one.</summary>
    public void GiveBlockAway() => Block = BlockPool.Rent();

    /// <summary>Looks at a socket again when the others have had their turn.</summary>
    public void Requeue(LoopConnection connection)
    {
        lock (_gate)
        {
            _again.Add(connection);
        }

        if (!IsThisThread)
        {
            _epoll.Wake();
        }
    }

    /// <summary>Has the loop hand one of every <paramref name="every"/> connections to another one.</summary>
    public void Give(EventLoop to, int every)
    {
        Volatile.Write(ref _gift, new Gift(to, every));
        _epoll.Wake();
    }

    /// <summary>Ends the thread; its connections have ended before.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _epoll.Wake();
        if (_thread.IsAlive && !IsThisThread)
        {
            _thread.Join();
        }

        _epoll.Dispose();
    }

    private void Forget(LoopConnection connection)
    {
        _connections[connection.Slot] = null;
        _freeSlots.Push(connection.Slot);
        Volatile.Write(ref _count, _count - 1);
    }

    private void Run()
    {
        while (!_isStopping)
        {
            int count = _epoll.Wait(forever: _again.Count == 0);
            for (int i = 0; i < count; i++)
            {
                SocketEvents readiness = _epoll.Event(i, out int id);
                if (id == Epoll.WakeId)
                {
                    _epoll.ForgetWake();
                    HandOver();
                }
                else
                {
                    // One that has just gone, or another in its place: a look that finds nothing does no harm.
                    Volatile.Read(ref _connections[id])?.OnEvent(readiness);
                }
            }

            LookAgain();
            long now = Stopwatch.GetTimestamp();
            if (now - _busyReadAt >= BusyReadTicks)
            {
                _busyReadAt = now;
                Volatile.Write(ref _busyNs, ThreadClock.ReadNs());
            }

            _loops.OnRound(now);
        }
    }

    private void LookAgain()
    {
        if (_again.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            (_again, _nowAgain) = (_nowAgain, _again);
        }

        foreach (LoopConnection connection in _nowAgain)
        {
            if (connection.Loop == this)
            {
                connection.ReceiveNow();
            }
            else
            {
                connection.ReceiveLater();
            }
        }

        _nowAgain.Clear();
    }

    private void HandOver()
    {
        if (Interlocked.Exchange(ref _gift, null) is not { } gift || gift.To.Number >= _loops.Active)
        {
            return;
        }

        LoopConnection?[] connections = _connections;
        for (int i = 0, seen = 0; i < connections.Length; i++)
        {
            if (connections[i] is { } connection && ++seen % gift.Every == 0)
            {
                _loops.Move(connection, this, gift.To);
            }
        }
    }

    /// <summary>One of every so many connections goes to another loop.</summary>
    private sealed record Gift(EventLoop To, int Every);
}
