using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Brings calls to the connection there is, lets them wait in line while there is none or it is full, and ends them at
/// their deadlines. Locks: this gate, then a connection's; never two connections'.
/// </summary>
internal sealed class Dispatcher : IDisposable
{
    private static readonly TimeSpan TickWhenBusy = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Lock _timerGate = new();
    // Calls that wait to be sent, oldest first: for a connection, or for room on it.
    private readonly LinkedLine<Operation> _line = new();
    private readonly List<Connection> _connections = [];
    private readonly TimeProvider _time;
    private readonly Func<Connection, Task> _ping;
    private readonly TimeSpan _silenceMax;
    private readonly ITimer _timer;

    private volatile Connection? _current;
    private volatile int _waiting;
    private volatile bool _ticking;
    private NexoException? _refusal;

    /// <param name="time">The clock of the deadlines.</param>
    /// <param name="silenceMax">A connection that owes answers and is silent for this long is probed by a
    /// ping.</param>
    /// <param name="ping">Pings, and closes the connection when no answer comes.</param>
    public Dispatcher(TimeProvider time, TimeSpan silenceMax, Func<Connection, Task> ping)
    {
        _time = time;
        _silenceMax = silenceMax;
        _ping = ping;
        _timer = time.CreateTimer(
            static state => ((Dispatcher)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why there is no connection, for the messages of calls that waited for one in vain.</summary>
    public NexoException? LastConnectError { get; set; }

    /// <summary>Told of notices that failed; it must not run foreign code.</summary>
    public Action<Opcode, ulong, NexoException>? Reported { get; set; }

    public Connection? Current => _current;

    /// <summary>Sends a call, or lets it wait. It may have ended when this returns.</summary>
    public void Send(Operation operation)
    {
        Connection? connection = _current;
        if (connection?.Refusal(operation) is { } refusal)
        {
            operation.Fail(refusal);
            return;
        }

        if (connection is null || _waiting > 0 || !connection.TrySend(operation, mayFlushHere: true))
        {
            Wait(operation);
        }

        if (!_ticking)
        {
            StartTicking();
        }
    }

    /// <summary>Sends a notice at once; false when there is no connection, or others wait for room on it.</summary>
    /// <exception cref="NexoException">It is too large.</exception>
    public bool TrySendNotice(Opcode opcode, FrameBuffer body, int headerBytes, Activity? trace)
    {
        if (_current is not { } connection || _waiting > 0)
        {
            return false;
        }

        return connection.Refusal(body.Count) is { } refusal
            ? throw refusal
            : connection.TrySendNotice(opcode, body, headerBytes, trace);
    }

    /// <summary>Sends as many of the waiting calls as there is room for.</summary>
    public void SendWaiting()
    {
        if (_waiting == 0)
        {
            return;
        }

        List<(Operation Call, NexoException Error)>? refused = null;
        lock (_gate)
        {
            while (_current is { } connection && _line.First is { } operation)
            {
                // Out of the line first: once sent, the call may end and be used again at any moment.
                _line.Remove(operation);
                if (connection.Refusal(operation) is { } refusal)
                {
                    (refused ??= []).Add((operation, refusal));
                }
                else if (!connection.TrySend(operation, mayFlushHere: false))
                {
                    _line.AddFirst(operation);
                    break;
                }
            }

            _waiting = _line.Count;
        }

        refused?.ForEach(item => item.Call.Fail(item.Error));
    }

    /// <summary>Ends a call because its token was cancelled, unless it has ended.</summary>
    public void Cancel(Operation operation, CancellationToken token)
    {
        Connection? connection;
        bool taken;
        lock (_gate)
        {
            taken = _line.Remove(operation);
            _waiting = _line.Count;
            connection = operation.Connection;
        }

        if (taken || (connection is not null && connection.TryAbandon(operation, out _)))
        {
            operation.Fail(new OperationCanceledException(token));
        }
    }

    /// <summary>Takes a new connection into use.</summary>
    public void Attach(Connection connection)
    {
        lock (_gate)
        {
            _connections.Add(connection);
            _current = connection;
            LastConnectError = null;
        }

        connection.Start();
        SendWaiting();
        StartTicking();
    }

    /// <summary>Sends no more calls to a connection.</summary>
    public void Detach(Connection connection, bool keepUntilClosed = false)
    {
        lock (_gate)
        {
            if (_current == connection)
            {
                _current = null;
            }

            if (!keepUntilClosed)
            {
                _connections.Remove(connection);
            }
        }
    }

    /// <summary>Ends all waiting calls and, until <see cref="Accept"/>, every new one, with this error.</summary>
    public void Refuse(NexoException error)
    {
        var calls = new List<Operation>();
        lock (_gate)
        {
            _refusal = error;
            while (_line.First is { } operation)
            {
                _line.Remove(operation);
                calls.Add(operation);
            }

            _waiting = 0;
        }

        calls.ForEach(call => call.Fail(error));
    }

    /// <summary>Lets calls wait again.</summary>
    public void Accept()
    {
        lock (_gate)
        {
            _refusal = null;
        }
    }

    /// <summary>Says goodbye to all connections, closes them and ends everything.</summary>
    public async Task CloseAsync()
    {
        NexoException closed = CallErrors.Closed();
        Refuse(closed);
        Connection[] connections;
        lock (_gate)
        {
            connections = [.. _connections];
        }

        foreach (Connection connection in connections)
        {
            await connection.SayGoodbyeAsync(closed).ConfigureAwait(false);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Wait(Operation operation)
    {
        NexoException? refusal;
        lock (_gate)
        {
            refusal = _refusal;
            if (refusal is null)
            {
                _line.AddLast(operation);
                _waiting = _line.Count;
            }
        }

        if (refusal is not null)
        {
            operation.Fail(refusal);
            return;
        }

        // Room may have come up between the look and the line.
        SendWaiting();
    }

    private void StartTicking()
    {
        lock (_timerGate)
        {
            if (!_ticking)
            {
                _ticking = true;
                _timer.Change(TickWhenBusy, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void SleepUnlessTicking(TimeSpan sleep)
    {
        lock (_timerGate)
        {
            if (!_ticking)
            {
                _timer.Change(sleep, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends what is overdue. Ticks quickly while calls are under way, else sleeps until a ping is
    /// due.</summary>
    private void Tick()
    {
        // Down before looking: a call that is sent from here on starts the ticking itself.
        _ticking = false;
        long now = _time.GetTimestamp();
        var overdue = new List<(Operation Call, bool Written)>();
        bool busy = TakeOverdue(now, overdue);
        foreach ((Operation call, bool written) in overdue)
        {
            call.Fail(CallErrors.Deadline(call, written, LastConnectError));
        }

        TimeSpan untilPing = PingWhenDue();
        if (busy)
        {
            StartTicking();
        }
        else
        {
            SleepUnlessTicking(untilPing);
        }
    }

    /// <summary>True when there are calls left that have a deadline to be watched.</summary>
    private bool TakeOverdue(long now, List<(Operation Call, bool Written)> overdue)
    {
        Connection[] connections;
        lock (_gate)
        {
            for (Operation? waiting = _line.First; waiting is not null;)
            {
                Operation? next = LinkedLine<Operation>.After(waiting);
                if (waiting.DeadlineAt <= now)
                {
                    _line.Remove(waiting);
                    overdue.Add((waiting, false));
                }

                waiting = next;
            }

            _waiting = _line.Count;
            connections = [.. _connections];
        }

        bool busy = _waiting > 0;
        foreach (Connection connection in connections)
        {
            connection.AbandonOverdue(now, overdue);
            busy |= connection.IsBusy;
        }

        return busy;
    }

    private TimeSpan PingWhenDue()
    {
        if (_current is not { } connection)
        {
            return Timeout.InfiniteTimeSpan;
        }

        TimeSpan idleMax = connection.Server.IdleTimeout / 2;
        bool pingsWhenIdle = idleMax > TimeSpan.Zero;
        bool idle = pingsWhenIdle && connection.SinceSent >= idleMax;
        bool silent = connection.IsSilentFor(_silenceMax);
        if ((idle || silent) && connection.TryStartProbe())
        {
            _ = _ping(connection);
        }

        TimeSpan left = idleMax - connection.SinceSent;
        return !pingsWhenIdle ? Timeout.InfiniteTimeSpan : left > TickWhenBusy ? left : TickWhenBusy;
    }
}
