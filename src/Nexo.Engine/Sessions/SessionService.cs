using System.Text;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Sessions;

/// <summary>
/// The sessions: by user and client id, with what they keep for clients that are away. It knows nothing of who publishes or matches:
/// messages are given to it (<see cref="Keep"/>, <see cref="Session.Enqueue"/>) and taken by connections (<see cref="SessionLink"/>).
/// </summary>
/// <remarks>Thread-safe. Locks, in this order: its own, a session's, that of the messages' memory, the log's.</remarks>
public sealed partial class SessionService : IDisposable
{
    private const byte UserEnd = 0;

    private readonly Lock _gate = new();
    private readonly EngineClock _clock;
    private readonly Dictionary<byte[], Session> _byKey = new(BytesComparer.Instance);
    private readonly List<Session?> _slots = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly SessionHeap _ending = new();
    private uint _lastNumber;
    private long _connected;
    private long _ended;
    private long _takenOver;

    /// <param name="log">Null: nothing is logged, or not before recovery has ended.</param>
    public SessionService(SessionLimits limits, EngineClock clock, IDurableLog? log = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        Limits = limits;
        _clock = clock;
        Bodies = new SessionBodies(limits);
        Attach(log);
    }

    public SessionLimits Limits { get; }

    /// <summary>Is told of sessions that end; set before there are any.</summary>
    public ISessionObserver? Observer { get; set; }

    /// <summary>True when what sessions take is to be durable before its sender is told so.</summary>
    public bool Waits => Log is not null && Limits.Durability == SessionDurability.Fsync;

    /// <summary>Where sessions log what they take; null: nowhere.</summary>
    public ILogWriter? LogOfMessages => Log;

    public SessionStats Stats
    {
        get
        {
            lock (_gate)
            {
                return new SessionStats
                {
                    Sessions = _byKey.Count,
                    Connected = _connected,
                    Subscriptions = Counters.Subscriptions,
                    Messages = Counters.Messages,
                    Bodies = Bodies.Count,
                    Bytes = Bodies.UsedBytes,
                    Queued = Counters.Queued,
                    Dropped = Counters.Dropped,
                    Expired = Counters.Expired,
                    Ended = _ended,
                    TakenOver = _takenOver,
                };
            }
        }
    }

    internal SessionCounters Counters { get; } = new();

    /// <summary>What their messages take of memory.</summary>
    public MemoryUse Memory => Bodies.Memory;

    internal SessionBodies Bodies { get; }

    internal long NowMs => _clock.NowMs;

    /// <summary>Opens the session of a client: the one that is there, or a new one.</summary>
    /// <param name="user">Whose it is.</param>
    /// <param name="clientId">By which the client is known again.</param>
    /// <param name="holder">The connection. Who has had the session has it no more.</param>
    public SessionStatus Open(
        string user, ReadOnlySpan<byte> clientId, SessionTerms terms, ISessionHolder holder, out SessionOpened opened)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(holder);
        opened = default;
        if (clientId.IsEmpty || clientId.Length > Limits.ClientIdBytesMax)
        {
            return SessionStatus.ClientIdInvalid;
        }

        byte[] key = KeyOf(user, clientId, out int userBytes);
        Session? ended = null;
        SessionStatus status;
        lock (_gate)
        {
            _byKey.TryGetValue(key, out Session? session);
            status = CheckOpen(session, terms, key.Length);
            if (status != SessionStatus.Ok)
            {
                return status;
            }

            ISessionHolder? replaced = null;
            bool isPresent = session is not null && !terms.Clean;
            if (session is not null && terms.Clean)
            {
                ended = session;
                replaced = Remove(session);
            }

            uint expiry = Math.Min(terms.ExpirySeconds, Limits.ExpirySecondsMax);
            session = isPresent ? session! : Add(++_lastNumber, key, userBytes);
            var link = new SessionLink(this, session, holder);
            replaced = Connect(session, link, expiry) ?? replaced;
            _takenOver += replaced is null ? 0 : 1;
            opened = new SessionOpened(link, isPresent, expiry, Waits, replaced);
        }

        Forget(ended);
        return SessionStatus.Ok;
    }

    /// <summary>Ends the session of a client; false: there was none.</summary>
    /// <param name="replaced">Who has had it; null: nobody.</param>
    /// <param name="waits">True when a confirm must wait for the log.</param>
    public bool Remove(string user, ReadOnlySpan<byte> clientId, out ISessionHolder? replaced, out bool waits)
    {
        ArgumentNullException.ThrowIfNull(user);
        replaced = null;
        waits = false;
        Session? session;
        lock (_gate)
        {
            if (_byKey.TryGetValue(KeyOf(user, clientId, out _), out session))
            {
                waits = Waits;
                replaced = Remove(session);
            }
        }

        Forget(session);
        return session is not null;
    }

    /// <summary>Whether a client has a session.</summary>
    public bool Contains(string user, ReadOnlySpan<byte> clientId)
    {
        ArgumentNullException.ThrowIfNull(user);
        byte[] key = KeyOf(user, clientId, out _);
        lock (_gate)
        {
            return _byKey.ContainsKey(key);
        }
    }

    /// <summary>Those that are there now.</summary>
    public IReadOnlyList<Session> List()
    {
        lock (_gate)
        {
            return [.. _byKey.Values];
        }
    }

    /// <summary>Takes a subscription away, whoever has the session: its user may not have it any more.</summary>
    public SessionStatus Withdraw(Session session, ReadOnlySpan<byte> filter)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Unsubscribe(link: null, filter);
    }

    /// <summary>Keeps a message that is to be given to sessions; its caller holds it until it lets go of it.</summary>
    /// <param name="ttlMs">How long it may wait to be sent; null: as long as its sessions are there.</param>
    /// <returns>None: there is no room for it.</returns>
    public SessionBody Keep(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body, long? ttlMs)
    {
        long deadline = ttlMs is { } ttl ? _clock.NowMs + Math.Max(1, ttl) : 0;
        return Bodies.Keep(topic, headers, body, deadline);
    }

    /// <summary>Ends sessions and messages that are due, a bounded number; called some times a second, by one at a time.</summary>
    /// <param name="isLogBehind">What is logged and can wait does.</param>
    public void Tick(bool isLogBehind = false)
    {
        if (_isRecovering || isLogBehind)
        {
            return;
        }

        long now = _clock.NowMs;
        for (int i = 0; i < Limits.ExpiredPerTickMax && TryTakeDue(now, out Session? session); i++)
        {
            Forget(session);
        }

        ExpireMessages(now);
    }

    public void Dispose()
    {
        foreach (Session session in List())
        {
            session.End();
        }

        Bodies.Dispose();
    }

    internal SessionStatus Close(SessionLink link, uint? expirySeconds)
    {
        Session session = link.Session;
        Session? ended = null;
        lock (_gate)
        {
            if (!session.Detach(link))
            {
                return SessionStatus.Fenced;
            }

            _connected--;
            session.ExpirySeconds = Math.Min(expirySeconds ?? session.ExpirySeconds, Limits.ExpirySecondsMax);
            if (session.ExpirySeconds == 0)
            {
                ended = session;
                Remove(session);
            }
            else
            {
                session.DeadlineMs = DeadlineOf(session.ExpirySeconds);
                LogLeft(session);
                AddEnding(session);
            }
        }

        Forget(ended);
        return SessionStatus.Ok;
    }

    /// <summary>Compares all that is counted twice; for tests, while nobody else is at work.</summary>
    /// <param name="heldElsewhere">Messages that the caller holds and no session has.</param>
    internal void Check(int heldElsewhere = 0)
    {
        var bodies = new HashSet<ulong>();
        long messages = 0;
        long queueBytes = 0;
        foreach (Session session in List())
        {
            messages += session.Check(bodies, ref queueBytes);
        }

        Invariant.Require(messages == Counters.Messages, "all messages are counted");
        Bodies.Check(bodies.Count + heldElsewhere, queueBytes);
        _ending.Check();
        Invariant.Require(
            _byKey.Values.Count(session => !session.IsConnected && session.DeadlineMs != Session.NoDeadline) == _ending.Count,
            "who is away ends some time");
    }

    private SessionStatus CheckOpen(Session? session, SessionTerms terms, int keyBytes)
    {
        if (session is null && _byKey.Count >= Limits.SessionsMax)
        {
            return SessionStatus.TooManySessions;
        }

        // What only resumes, or makes room, may use what is reserved for that.
        LogRoom room = session is null || terms.Clean
            ? Log?.RoomFor(SessionSetRecord.Bytes(keyBytes, 0)) ?? LogRoom.Ok
            : Log?.RoomForRemoval(SessionSetRecord.Bytes(keyBytes, 0)) ?? LogRoom.Ok;
        return StatusOf(room);
    }

    private ISessionHolder? Connect(Session session, SessionLink link, uint expiry)
    {
        _ending.Remove(session);
        session.ExpirySeconds = expiry;
        session.DeadlineMs = 0;
        LogSet(session);
        ISessionHolder? replaced = session.Attach(link);
        _connected += replaced is null ? 1 : 0;
        return replaced;
    }

    private Session Add(uint number, byte[] key, int userBytes)
    {
        var session = new Session(this, number, key, userBytes);
        _byKey.Add(key, session);
        session.Slot = _freeSlots.TryPop(out int slot) ? slot : _slots.Count;
        if (session.Slot == _slots.Count)
        {
            _slots.Add(session);
        }
        else
        {
            _slots[session.Slot] = session;
        }

        return session;
    }

    /// <summary>It is over; <see cref="Forget"/> follows without the lock.</summary>
    private ISessionHolder? Remove(Session session)
    {
        _ending.Remove(session);
        _byKey.Remove(session.Key);
        _slots[session.Slot] = null;
        _freeSlots.Push(session.Slot);
        ISessionHolder? holder = session.End();
        _connected -= holder is null ? 0 : 1;
        LogRemoved(session);
        return holder;
    }

    private void Forget(Session? session)
    {
        if (session is not null)
        {
            session.Clear();
            Observer?.OnEnded(session);
        }
    }

    private bool TryTakeDue(long now, out Session? session)
    {
        lock (_gate)
        {
            session = _ending.First;
            if (session is null || session.DeadlineMs > now)
            {
                return false;
            }

            Remove(session);
            _ended++;
            return true;
        }
    }

    private void AddEnding(Session session)
    {
        if (session.DeadlineMs != Session.NoDeadline)
        {
            _ending.Add(session);
        }
    }

    private long DeadlineOf(uint expirySeconds) =>
        expirySeconds == SessionLimits.Never ? Session.NoDeadline : _clock.NowMs + (expirySeconds * 1_000L);

    /// <summary>Names hold no control characters, so what follows one is the client id.</summary>
    private static byte[] KeyOf(string user, ReadOnlySpan<byte> clientId, out int userBytes)
    {
        userBytes = Encoding.UTF8.GetByteCount(user);
        byte[] key = new byte[userBytes + 1 + clientId.Length];
        Encoding.UTF8.GetBytes(user, key);
        key[userBytes] = UserEnd;
        clientId.CopyTo(key.AsSpan(userBytes + 1));
        return key;
    }
}
