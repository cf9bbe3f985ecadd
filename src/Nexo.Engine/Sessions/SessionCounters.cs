namespace Nexo.Engine.Sessions;

/// <summary>Sums over all sessions.</summary>
internal sealed class SessionCounters
{
    private long _messages;
    private long _queued;
    private long _dropped;
    private long _expired;
    private long _subscriptions;

    public long Messages => Volatile.Read(ref _messages);

    public long Queued => Volatile.Read(ref _queued);

    public long Dropped => Volatile.Read(ref _dropped);

    public long Expired => Volatile.Read(ref _expired);

    public long Subscriptions => Volatile.Read(ref _subscriptions);

    public void AddMessages(int count)
    {
        if (count != 0)
        {
            Interlocked.Add(ref _messages, count);
        }
    }

    public void AddQueued(int count, int dropped)
    {
        Interlocked.Add(ref _queued, count);
        if (dropped != 0)
        {
            Interlocked.Add(ref _dropped, dropped);
        }
    }

    public void AddExpired(int count) => Interlocked.Add(ref _expired, count);

    public void AddSubscriptions(int count) => Interlocked.Add(ref _subscriptions, count);
}
