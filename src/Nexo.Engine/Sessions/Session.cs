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
    private readonly SessionFilters _subscriptions = new();
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
    public IReadOnlyList<SessionSubscription> Subscriptions
    {
        get
        {
            lock (_gate)
            {
                return _subscriptions.All.ToArray();
            }
        }
    }

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

    /// <summary>The subscription with this filter; false: there is none.</summary>
    public bool TryFind(ReadOnlySpan<byte> filter, out SessionSubscription subscription)
    {
        lock (_gate)
        {
            int at = _subscriptions.IndexOf(filter);
            subscription = at < 0 ? default : _subscriptions.All[at];
            return at >= 0;
        }
    }

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

            existed = _subscriptions.IndexOf(subscription.Filter) >= 0;
            if (!existed && _subscriptions.All.Length >= _service.Limits.SubscriptionsPerSessionMax)
            {
                return SessionStatus.TooManySubscriptions;
            }

            SessionStatus status = _service.LogSubscribed(this, in subscription);
            if (status == SessionStatus.Ok)
            {
                Put(in subscription);
            }

            return status;
        }
    }

    /// <summary>Takes a subscription away; without a link, whoever has the session.</summary>
    internal SessionStatus Unsubscribe(SessionLink? link, ReadOnlySpan<byte> filter)
    {
        lock (_gate)
        {
            if (IsEnded || (link is not null && _link != link))
            {
                return SessionStatus.Fenced;
            }

            if (_subscriptions.IndexOf(filter) < 0)
            {
                return SessionStatus.NotFound;
            }

            SessionStatus status = _service.LogUnsubscribed(this, filter);
            if (status == SessionStatus.Ok || link is null)
            {
                // Of one that is withdrawn nothing more may come, whether the log can take it or not: the next start looks again.
                Remove(filter);
            }

            return status;
        }
    }

    private void Put(in SessionSubscription subscription)
    {
        int before = _subscriptions.All.Length;
        _subscriptions.Put(in subscription);
        _service.Counters.AddSubscriptions(_subscriptions.All.Length - before);
    }

    private void Remove(ReadOnlySpan<byte> filter)
    {
        if (_subscriptions.Remove(filter))
        {
            _service.Counters.AddSubscriptions(-1);
        }
    }
}
