using System.Text;

namespace Nexo.Engine.Sessions;

/// <summary>
/// What is kept for a client while it is away, and until it has acknowledged it: its subscriptions, the messages that came by them, and
/// the packet ids of its own messages that it has not let go of. It begins with a connection and ends when it has been without one for
/// its expiry.
/// </summary>
public sealed partial class Session : IDurableReader
{
    /// <summary>A deadline that never comes.</summary>
    internal const long NoDeadline = long.MaxValue;

    private readonly Lock _gate = new();
    private readonly SessionService _service;
    private SessionSubscription[] _subscriptions = [];
    private SessionLink? _link;

    internal Session(SessionService service, uint number, byte[] key, int userBytes)
    {
        _service = service;
        Number = number;
        Key = key;
        UserLength = userBytes;
    }

    /// <summary>Whose it is: others cannot have it.</summary>
    public string User => Encoding.UTF8.GetString(UserBytes);

    /// <summary>By which the client is known again.</summary>
    public ReadOnlySpan<byte> ClientId => Key.AsSpan(UserLength + 1);

    /// <summary>What the server keeps with it.</summary>
    public object? Tag { get; set; }

    /// <summary>Those that it has now.</summary>
    public IReadOnlyList<SessionSubscription> Subscriptions => Volatile.Read(ref _subscriptions);

    /// <summary>True when its changes are on disk, or on their way there.</summary>
    public bool IsDurable => _service.Log is not null;

    /// <summary>Somebody has it.</summary>
    public bool IsConnected => Volatile.Read(ref _link) is not null;

    /// <summary>How long it stays without a connection, in seconds.</summary>
    public uint ExpirySeconds { get; internal set; }

    /// <summary>Messages that were not acknowledged.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <summary>Bytes of their topics, headers and bodies.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Messages that it had no room for.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    internal uint Number { get; }

    /// <summary>User and client id, with a byte between them that no user's name holds.</summary>
    internal byte[] Key { get; }

    internal int UserLength { get; }

    internal ReadOnlySpan<byte> UserBytes => Key.AsSpan(0, UserLength);

    /// <summary>When it ends; 0: somebody is connected. Guarded by the service's lock, as the two places are.</summary>
    internal long DeadlineMs { get; set; }

    /// <summary>Its place among those that end; -1: it has none.</summary>
    internal int HeapPlace { get; set; } = -1;

    /// <summary>Its place in the list of all.</summary>
    internal int Slot { get; set; }

    internal bool IsEnded { get; private set; }

    /// <summary>A connection takes it. Under the service's lock.</summary>
    /// <returns>Who has had it.</returns>
    internal ISessionHolder? Attach(SessionLink link)
    {
        lock (_gate)
        {
            ISessionHolder? old = _link?.Holder;
            _link = link;
            _next = _ring.First;
            return old;
        }
    }

    /// <summary>The connection is gone; false: it had it no more. Under the service's lock.</summary>
    internal bool Detach(SessionLink link)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return false;
            }

            _link = null;
            Shrink(entirely: true);
            return true;
        }
    }

    /// <summary>It is over, and takes nothing more. Under the service's lock; what it had is let go of behind it.</summary>
    /// <returns>Who has had it.</returns>
    internal ISessionHolder? End()
    {
        lock (_gate)
        {
            ISessionHolder? old = _link?.Holder;
            _link = null;
            IsEnded = true;
            return old;
        }
    }

    internal SessionStatus Subscribe(SessionLink link, in SessionSubscription subscription, out bool existed)
    {
        existed = false;
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            int at = Find(subscription.Filter);
            existed = at >= 0;
            if (!existed && _subscriptions.Length >= _service.Limits.SubscriptionsPerSessionMax)
            {
                return SessionStatus.TooManySubscriptions;
            }

            SessionStatus status = _service.LogSubscribed(this, in subscription);
            if (status == SessionStatus.Ok)
            {
                Put(at, in subscription);
            }

            return status;
        }
    }

    internal SessionStatus Unsubscribe(SessionLink link, ReadOnlySpan<byte> filter)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return SessionStatus.Fenced;
            }

            int at = Find(filter);
            if (at < 0)
            {
                return SessionStatus.NotFound;
            }

            SessionStatus status = _service.LogUnsubscribed(this, filter);
            if (status == SessionStatus.Ok)
            {
                Remove(at);
            }

            return status;
        }
    }

    private int Find(ReadOnlySpan<byte> filter)
    {
        for (int i = 0; i < _subscriptions.Length; i++)
        {
            if (filter.SequenceEqual(_subscriptions[i].Filter))
            {
                return i;
            }
        }

        return -1;
    }

    // Others read the array: it is replaced.
    private void Put(int at, in SessionSubscription subscription)
    {
        SessionSubscription[] next = at < 0 ? [.. _subscriptions, subscription] : [.. _subscriptions];
        next[at < 0 ? ^1 : at] = subscription;
        _service.Counters.AddSubscriptions(next.Length - _subscriptions.Length);
        Volatile.Write(ref _subscriptions, next);
    }

    private void Remove(int at)
    {
        Volatile.Write(ref _subscriptions, [.. _subscriptions[..at], .. _subscriptions[(at + 1)..]]);
        _service.Counters.AddSubscriptions(-1);
    }
}
