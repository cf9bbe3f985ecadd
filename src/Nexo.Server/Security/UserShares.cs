using System.Collections.Concurrent;

namespace Nexo.Server.Security;

/// <summary>What users take of the server now, each over all its connections. Thread-safe.</summary>
internal sealed class UserShares(UserDirectory users, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, UserShare> _byName = new(StringComparer.Ordinal);
    private long _refused;
    private long _held;

    /// <summary>Connections that were one too many for their users.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Times that a user was not read from for a while.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>That of a user; null: nobody was asked who it is.</summary>
    public UserShare? Of(string user) =>
        user.Length == 0 ? null : _byName.GetOrAdd(user, static (_, clock) => new UserShare(clock), time);

    /// <summary>What a user may take, as of now.</summary>
    public UserLimits LimitsOf(string user) =>
        user.Length > 0 && users.Users.TryFind(user, out KnownUser? known) ? known.Limits : UserLimits.None;

    /// <summary>Takes one request of a user that does not wait; false: so long it has to, in seconds.</summary>
    public bool TryRequest(string user, out int retryAfterSeconds)
    {
        retryAfterSeconds = 0;
        int rate = LimitsOf(user).RequestsPerSecond;
        if (rate == 0 || Of(user)!.TryTake(rate, out TimeSpan wait))
        {
            return true;
        }

        CountHeld();
        retryAfterSeconds = (int)Math.Max(1, Math.Ceiling(wait.TotalSeconds));
        return false;
    }

    /// <summary>
    /// Whether a user that pays for its requests elsewhere has to wait, and so long, in seconds; for who can tell its client so.
    /// </summary>
    public bool MustWait(string user, out int retryAfterSeconds)
    {
        retryAfterSeconds = 0;
        int rate = LimitsOf(user).RequestsPerSecond;
        TimeSpan wait = rate == 0 ? TimeSpan.Zero : Of(user)!.Pay(0, rate);
        if (wait == TimeSpan.Zero)
        {
            return false;
        }

        CountHeld();
        retryAfterSeconds = (int)Math.Ceiling(wait.TotalSeconds);
        return true;
    }

    public void CountRefused() => Interlocked.Increment(ref _refused);

    public void CountHeld() => Interlocked.Increment(ref _held);
}

/// <summary>What one user takes. Thread-safe.</summary>
internal sealed class UserShare(TimeProvider time)
{
    // So much may be asked for at once, after a silence.
    private const double BurstSeconds = 1;

    // However much has come in one piece: a client that is not read on for longer takes the server for dead.
    private const double DebtSeconds = 30;

    private readonly long _perSecond = time.TimestampFrequency;
    private long _paidUntil = long.MinValue;
    private long _inFlight;
    private int _connections;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>What its connections have not read.</summary>
    public long InFlightBytes => Interlocked.Read(ref _inFlight);

    /// <summary>One more connection; false: there are as many as there may be.</summary>
    public bool TryConnect(int max)
    {
        if (Interlocked.Increment(ref _connections) <= max || max == 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _connections);
        return false;
    }

    public void Disconnect() => Interlocked.Decrement(ref _connections);

    public void CountInFlight(long change) => Interlocked.Add(ref _inFlight, change);

    /// <summary>Counts requests that were handled, and says how long no more should be.</summary>
    public TimeSpan Pay(long requests, int perSecond)
    {
        long now = time.GetTimestamp();
        long cost = CostOf(requests, perSecond);
        long paid;
        long next;
        do
        {
            paid = Interlocked.Read(ref _paidUntil);
            next = Math.Min(Math.Max(paid, now - Burst) + cost, now + (long)(DebtSeconds * _perSecond));
        }
        while (Interlocked.CompareExchange(ref _paidUntil, next, paid) != paid);

        return next > now ? TimeSpan.FromSeconds((next - now) / (double)_perSecond) : TimeSpan.Zero;
    }

    /// <summary>Takes a request if it may be handled now; else nothing is counted, and it is said how long it may not.</summary>
    public bool TryTake(int perSecond, out TimeSpan wait)
    {
        long now = time.GetTimestamp();
        long cost = CostOf(1, perSecond);
        while (true)
        {
            long paid = Interlocked.Read(ref _paidUntil);
            long next = Math.Max(paid, now - Burst) + cost;
            wait = next > now ? TimeSpan.FromSeconds((next - now) / (double)_perSecond) : TimeSpan.Zero;
            if (next > now)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _paidUntil, next, paid) == paid)
            {
                return true;
            }
        }
    }

    private long Burst => (long)(BurstSeconds * _perSecond);

    private long CostOf(long requests, int perSecond) => (long)(requests * (double)_perSecond / perSecond);
}
