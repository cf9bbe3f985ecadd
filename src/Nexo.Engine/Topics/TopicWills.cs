using System.Text;

namespace Nexo.Engine.Topics;

/// <summary>
/// Messages that are published when a connection is lost: each connection may have one. With a session id it waits for its delay, and
/// is forgotten if the same user sets a will with the same id meanwhile, on whichever connection. Those that wait have half of the room: of
/// more, the ones due last are published early, so that nobody's absence keeps others from having a will. They end with the process.
/// </summary>
public sealed class TopicWills
{
    // What each takes beside its bytes.
    private const int OverheadBytes = 512;
    private const int PublishedPerTick = 1_024;
    private const long RetryMs = 1_000;
    private const byte UserEnd = 0;

    private static readonly Comparer<TopicWill> ByDue = Comparer<TopicWill>.Create(
        static (left, right) => left.Due.CompareTo(right.Due));

    private readonly TopicService _service;
    private readonly EngineClock _clock;
    private readonly Lock _gate = new();
    private readonly Lock _tickGate = new();
    private readonly Dictionary<TopicOwner, TopicWill> _set = [];
    private readonly Dictionary<byte[], TopicWill> _sessions = new(BytesComparer.Instance);
    private readonly SortedSet<TopicWill> _due = new(ByDue);
    private readonly TopicWork _work = new();
    private long _lastNumber;
    private long _published;
    private long _bytes;
    private long _waitingBytes;

    internal TopicWills(TopicService service, EngineClock clock)
    {
        _service = service;
        _clock = clock;
    }

    /// <summary>Those that were published.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Wills of connections, and those that wait for their delay.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _set.Count + _due.Count;
            }
        }
    }

    /// <summary>
    /// Sets the will of a connection in place of the one that it has, and of every other with the same user and session id.
    /// </summary>
    /// <param name="owner">The connection.</param>
    /// <param name="user">Whose connection it is.</param>
    /// <param name="session">By which it is known again when it comes back; empty: it is not.</param>
    /// <param name="delayMs">How long it is waited for that.</param>
    /// <param name="message">What is published; copied.</param>
    public TopicStatus Set(
        TopicOwner owner, string user, ReadOnlySpan<byte> session, long delayMs, in TopicMessage message)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(user);
        TopicLimits limits = _service.Limits;
        TopicStatus status = _service.Check(message);
        if (status != TopicStatus.Ok)
        {
            return status;
        }

        if (delayMs < 0 || delayMs > limits.WillDelayMsMax || session.Length > limits.WillSessionBytesMax)
        {
            return TopicStatus.WillInvalid;
        }

        if (TopicWill.BytesOf(message) > limits.WillBytesMax)
        {
            return TopicStatus.BodyTooLarge;
        }

        var will = new TopicWill(owner, KeyOf(user, session), delayMs, message);
        lock (_gate)
        {
            _set.TryGetValue(owner, out TopicWill? own);
            TopicWill? other = will.Session is null ? null : _sessions.GetValueOrDefault(will.Session);
            long freed = CostOf(own) + (other == own ? 0 : CostOf(other));
            if (_bytes - freed + CostOf(will) > limits.WillsBytesMax)
            {
                return TopicStatus.WillsFull;
            }

            Drop(own);
            Drop(other == own ? null : other);
            _bytes += CostOf(will);
            _set.Add(owner, will);
            if (will.Session is not null)
            {
                _sessions.Add(will.Session, will);
            }
        }

        return TopicStatus.Ok;
    }

    /// <summary>The connection has no will any more, since it says so or has left in order; false: it had none.</summary>
    public bool Clear(TopicOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_gate)
        {
            _set.TryGetValue(owner, out TopicWill? will);
            Drop(will);
            return will is not null;
        }
    }

    /// <summary>
    /// The connection is lost: its will, if it has one, is published when its delay is over, by <see cref="TopicService.Tick"/>.
    /// </summary>
    /// <param name="delayMsMax">The longest delay, whatever was asked for.</param>
    public void Lost(TopicOwner owner, long delayMsMax = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(owner);
        lock (_gate)
        {
            if (_set.Remove(owner, out TopicWill? will))
            {
                Await(will, Math.Min(will.DelayMs, delayMsMax));
                while (_waitingBytes > _service.Limits.WillsBytesMax / 2 && _due.Max is { IsWaiting: true } last)
                {
                    _due.Remove(last);
                    EndWaiting(last);
                    Await(last, delayMs: 0);
                }
            }
        }
    }

    /// <summary>
    /// Somebody is back under a session id: a will of that session that waits for its delay is forgotten, or, if the session has ended,
    /// is due at once. A will without a delay is due already, and stays so.
    /// </summary>
    public void ComeBack(string user, ReadOnlySpan<byte> session, bool hasEnded)
    {
        ArgumentNullException.ThrowIfNull(user);
        lock (_gate)
        {
            if (KeyOf(user, session) is { } key && _sessions.TryGetValue(key, out TopicWill? will) && will.IsWaiting)
            {
                if (hasEnded)
                {
                    _due.Remove(will);
                    EndWaiting(will);
                    Await(will, delayMs: 0);
                }
                else
                {
                    Drop(will);
                }
            }
        }
    }

    /// <summary>Publishes what is due. A call while another one is running does nothing.</summary>
    internal void Tick()
    {
        if (!_tickGate.TryEnter())
        {
            return;
        }

        try
        {
            for (int i = 0; i < PublishedPerTick && TryTakeDue(out TopicWill? will); i++)
            {
                // Nobody is there to be told that it was refused.
                TopicStatus status = _service.Publish(will!.Message, _work, out _);
                if (status is TopicStatus.Ok or TopicStatus.BindingRefused)
                {
                    Interlocked.Increment(ref _published);
                }
                else if (status == TopicStatus.DiskFull)
                {
                    TryAgain(will);
                }

                while (_work.Run())
                {
                    // The next turn of the fan-out.
                }
            }
        }
        finally
        {
            _tickGate.Exit();
        }
    }

    /// <summary>Its time has come, and the disk is full: it is as one with another delay, that nobody can take back.</summary>
    private void TryAgain(TopicWill will)
    {
        lock (_gate)
        {
            _bytes += CostOf(will);
            Await(will, RetryMs);
        }
    }

    private static long CostOf(TopicWill? will) =>
        will is null ? 0 : will.Bytes + (will.Session?.Length ?? 0) + OverheadBytes;

    /// <summary>Names hold no control characters, so what follows one is the session.</summary>
    private static byte[]? KeyOf(string user, ReadOnlySpan<byte> session) =>
        session.IsEmpty ? null : [.. Encoding.UTF8.GetBytes(user), UserEnd, .. session];

    private bool TryTakeDue(out TopicWill? will)
    {
        lock (_gate)
        {
            will = _due.Min;
            if (will is null || will.Due.AtMs > _clock.NowMs)
            {
                return false;
            }

            _due.Remove(will);
            EndWaiting(will);
            Forget(will);
            return true;
        }
    }

    private void Drop(TopicWill? will)
    {
        if (will is not null)
        {
            if (_due.Remove(will))
            {
                EndWaiting(will);
            }
            else
            {
                _set.Remove(will.Owner);
            }

            Forget(will);
        }
    }

    private void Await(TopicWill will, long delayMs)
    {
        will.Due = (_clock.NowMs + delayMs, ++_lastNumber);
        will.IsWaiting = delayMs > 0;
        _waitingBytes += will.IsWaiting ? CostOf(will) : 0;
        _due.Add(will);
        if (!will.IsWaiting)
        {
            // It is due: who comes back, or a new will of the same session, takes nothing from it.
            ForgetSession(will);
        }
    }

    private void EndWaiting(TopicWill will)
    {
        _waitingBytes -= will.IsWaiting ? CostOf(will) : 0;
        will.IsWaiting = false;
    }

    private void Forget(TopicWill will)
    {
        _bytes -= CostOf(will);
        ForgetSession(will);
    }

    private void ForgetSession(TopicWill will)
    {
        if (will.Session is not null && _sessions.GetValueOrDefault(will.Session) == will)
        {
            _sessions.Remove(will.Session);
        }
    }
}
