using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// One connection after HELLO: its calls, its subscriptions and its end. All callers share it. The gate guards the
/// slots and the outbox, for as long as it takes to copy one encoded request; no I/O and no foreign code runs under
/// it.
/// </summary>
internal sealed partial class Connection
{
    // A second wave of large requests waits in the line until the first has left.
    private const int OutboxBytesMax = 1_024 * 1_024;

    private readonly Lock _gate = new();
    private readonly SlotTable _slots = new();
    private readonly Outbox _outbox = new();
    private readonly Wire _wire;
    private readonly Dispatcher _dispatcher;
    private readonly TimeProvider _time;
    private readonly int _frameBytesMax;
    private readonly int _inFlightMax;
    private readonly TaskCompletionSource<NexoException> _retired =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NexoException? _goAway;
    private bool _closed;
    private long _lastSentAt;
    private long _lastReceivedAt;
    private long _busySince;
    private int _probing;

    public Connection(Wire wire, ReceiveBuffer received, HelloReply hello, Dispatcher dispatcher, TimeProvider time)
    {
        _wire = wire;
        _received = received;
        _dispatcher = dispatcher;
        _time = time;
        _frameBytesMax = hello.FrameBytesMax == 0
            ? ProtocolVersion.DefaultFrameBytesMax
            : (int)Math.Min(hello.FrameBytesMax, int.MaxValue);
        _inFlightMax = hello.InFlightMax == 0
            ? SlotTable.SlotsMax / 2
            : (int)Math.Min(hello.InFlightMax, SlotTable.SlotsMax / 2);
        Server = NexoServerInfo.From(hello);
        _onReceived = OnReceived;
        _lastSentAt = time.GetTimestamp();
        _lastReceivedAt = _lastSentAt;
    }

    public NexoServerInfo Server { get; }

    /// <summary>Ends when no new call can be sent here any more, with the reason: closed, or told to go
    /// away.</summary>
    public Task<NexoException> Retired => _retired.Task;

    /// <summary>Ends when it is closed: what the server holds for it is let go then.</summary>
    public Task Over => _over.Task;

    /// <summary>How many times the outbox was sent.</summary>
    public long BatchesSent
    {
        get
        {
            lock (_gate)
            {
                return _outbox.FillingBatch;
            }
        }
    }

    public TimeSpan SinceSent => _time.GetElapsedTime(Volatile.Read(ref _lastSentAt));

    /// <summary>Whether answers are outstanding.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return !_closed && _slots.InFlight > 0;
            }
        }
    }

    /// <summary>Whether answers have been outstanding, and nothing has come in, for this long.</summary>
    public bool IsSilentFor(TimeSpan silence)
    {
        lock (_gate)
        {
            long since = Math.Max(Volatile.Read(ref _lastReceivedAt), _busySince);
            return !_closed && _slots.InFlight > 0 && _time.GetElapsedTime(since) >= silence;
        }
    }

    /// <summary>
    /// Encodes a call into the outbox; false when there is no room or the connection takes no more. After true the
    /// call may have ended already, and belongs to its caller.
    /// </summary>
    public bool TrySend(Operation operation, bool mayFlushHere)
    {
        if (operation.IsNotice)
        {
            return TrySendNotice(operation);
        }

        bool flush;
        bool alone;
        FrameBuffer? body;
        lock (_gate)
        {
            if (_closed
                || _goAway is not null
                || _slots.InFlight >= _inFlightMax
                || _slots.IsFull
                || _outbox.FillingBytes > OutboxBytesMax)
            {
                return false;
            }

            alone = _slots.InFlight == 0;
            if (alone)
            {
                _busySince = _time.GetTimestamp();
            }

            int index = _slots.Add(operation, out uint correlation);
            operation.Connection = this;
            operation.Slot = index;
            operation.Batch = _outbox.FillingBatch;
            if (operation.Subscription is { } subscription)
            {
                subscription.Connection = this;
                subscription.Slot = index;
            }

            _outbox.AddRequest(operation, correlation);
            body = operation.TakeBody();
            flush = _outbox.TryStartFlush();
        }

        if (body is not null)
        {
            RequestBodies.Return(body);
        }

        if (flush)
        {
            StartFlush(here: mayFlushHere && alone);
        }

        return true;
    }

    /// <summary>Why a call cannot be sent here, now or later; null when it can.</summary>
    public NexoException? Refusal(Operation operation) =>
        operation.OnlyOn is { } only && only != this
            ? CallErrors.Lost(operation, written: false, CallErrors.ConnectionLost("there is another one now"))
            : operation.Body is { } body ? Refusal(body.Count) : null;

    /// <summary>Why a request of this many bytes cannot be sent: it is more than the server accepts in one frame.</summary>
    public NexoException? Refusal(int bodyBytes) => bodyBytes <= _frameBytesMax - FrameHeader.Size - Outbox.TraceBytesMax
        ? null
        : new NexoException(
            ErrorCode.FrameTooLarge,
            $"The request has {bodyBytes} bytes; the server accepts frames of {_frameBytesMax} bytes. Send less at once.",
            retryable: false);

    /// <summary>
    /// Takes a call out of its slot because its caller no longer waits, and tells the server. The slot stays in use
    /// until the server has answered. False when the call is not here any more.
    /// </summary>
    public bool TryAbandon(Operation operation, out bool written)
    {
        bool flush;
        lock (_gate)
        {
            int index = operation.Slot;
            written = operation.Batch < _outbox.FillingBatch;
            if (_closed || _slots[index].Operation != operation)
            {
                return false;
            }

            Abandon(index);
            flush = _outbox.TryStartFlush();
        }

        if (flush)
        {
            StartFlush(here: false);
        }

        return true;
    }

    /// <summary>Takes out all calls whose deadline has passed, as <see cref="TryAbandon"/> does.</summary>
    public void AbandonOverdue(long now, List<(Operation Call, bool Written)> overdue)
    {
        bool flush = false;
        lock (_gate)
        {
            for (int index = 0; index < _slots.Used && !_closed; index++)
            {
                if (_slots[index].Operation is not { } operation || operation.DeadlineAt > now)
                {
                    continue;
                }

                overdue.Add((operation, operation.Batch < _outbox.FillingBatch));
                Abandon(index);
                flush = true;
            }

            flush = flush && _outbox.TryStartFlush();
        }

        if (flush)
        {
            StartFlush(here: false);
        }
    }

    /// <summary>False when a probe of this connection is under way.</summary>
    public bool TryStartProbe() => Interlocked.Exchange(ref _probing, 1) == 0;

    public void EndProbe() => Volatile.Write(ref _probing, 0);

    /// <summary>The correlation of an open subscription; false when it has ended, or is to.</summary>
    public bool TryGetCorrelation(Subscription subscription, out uint correlation)
    {
        lock (_gate)
        {
            bool isOpen = !_closed
                && _slots[subscription.Slot] is { State: SlotState.Subscribed } slot
                && slot.Subscription == subscription;
            correlation = isOpen ? _slots.CorrelationOf(subscription.Slot) : 0;
            return isOpen;
        }
    }

    /// <summary>Lets the server push more items.</summary>
    public void AddCredit(Subscription subscription, uint credits)
    {
        lock (_gate)
        {
            if (_closed || _slots[subscription.Slot].Subscription != subscription)
            {
                return;
            }

            _outbox.AddCredit(_slots.CorrelationOf(subscription.Slot), credits);
            if (!_outbox.TryStartFlush())
            {
                return;
            }
        }

        StartFlush(here: false);
    }

    /// <summary>Ends a subscription from this side; what still comes for it until its END is passed over, unless it hears
    /// that out.</summary>
    public void Stop(Subscription subscription)
    {
        lock (_gate)
        {
            ref Slot slot = ref _slots[subscription.Slot];
            if (_closed || slot.Subscription != subscription || slot.State != SlotState.Subscribed)
            {
                return;
            }

            StopSlot(subscription.Slot);
            if (!_outbox.TryStartFlush())
            {
                return;
            }
        }

        StartFlush(here: false);
    }

    /// <summary>Closes, once, and ends everything that was going on here with the reason.</summary>
    public void Close(NexoException reason)
    {
        var calls = new List<(Operation Call, bool Written)>();
        var subscriptions = new List<Subscription>();
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            reason = _farewell ?? reason;
            for (int index = 0; index < _slots.Used; index++)
            {
                ref Slot slot = ref _slots[index];
                if (slot.Operation is { } operation)
                {
                    calls.Add((operation, operation.Batch < _outbox.FillingBatch));
                }
                else if (slot is { State: SlotState.Subscribed or SlotState.Stopping, Subscription: { } subscription })
                {
                    subscriptions.Add(subscription);
                }

                slot = default;
            }
        }

        _wire.Close();
        _dispatcher.Detach(this);
        _retired.TrySetResult(reason);
        _over.TrySetResult();
        foreach ((Operation call, bool written) in calls)
        {
            call.Fail(CallErrors.Lost(call, written, reason));
        }

        foreach (Subscription subscription in subscriptions)
        {
            subscription.OnEnd(reason);
        }
    }

    private void Abandon(int index)
    {
        ref Slot slot = ref _slots[index];
        slot.State = SlotState.Abandoned;
        slot.Operation = null;
        _outbox.AddFrame(Opcode.Cancel, FrameKind.Notice, _slots.CorrelationOf(index));
    }

    private void StopSlot(int index)
    {
        ref Slot slot = ref _slots[index];
        slot.State = SlotState.Stopping;
        if (slot.Subscription is { HearsOut: false })
        {
            slot.Subscription = null;
        }

        _outbox.AddFrame(Opcode.Stop, FrameKind.Notice, _slots.CorrelationOf(index));
    }
}
