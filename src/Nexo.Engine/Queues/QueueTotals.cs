namespace Nexo.Engine.Queues;

/// <summary>Sums over queues.</summary>
internal struct QueueTotals
{
    public QueueCounters Counters;
    public long Consumers;
    public long Groups;
    public long OldestAgeMs;
    public long DiskBytes;

    private double _pushedPerSecond;
    private double _deliveredPerSecond;
    private double _ackedPerSecond;

    public void Add(in QueueCounters other)
    {
        Counters.Ready += other.Ready;
        Counters.Delayed += other.Delayed;
        Counters.Leased += other.Leased;
        Counters.Dead += other.Dead;
        Counters.Dying += other.Dying;
        Counters.Bytes += other.Bytes;
        Counters.MemoryBytes += other.MemoryBytes;
        AddCounted(other);
    }

    /// <summary>What other queues sum up to.</summary>
    public void Add(in QueueTotals other)
    {
        Add(other.Counters);
        Add((other._pushedPerSecond, other._deliveredPerSecond, other._ackedPerSecond));
        Consumers += other.Consumers;
        Groups += other.Groups;
        DiskBytes += other.DiskBytes;
        OldestAgeMs = Math.Max(OldestAgeMs, other.OldestAgeMs);
    }

    /// <summary>Only what has happened, of a queue that is gone.</summary>
    public void AddCounted(in QueueCounters other)
    {
        Counters.Pushed += other.Pushed;
        Counters.Delivered += other.Delivered;
        Counters.Redelivered += other.Redelivered;
        Counters.Acked += other.Acked;
        Counters.Nacked += other.Nacked;
        Counters.LeasesExpired += other.LeasesExpired;
        Counters.DeadLettered += other.DeadLettered;
        Counters.Duplicates += other.Duplicates;
        Counters.Rejected += other.Rejected;
        Counters.Expired += other.Expired;
    }

    public void Add((double Pushed, double Delivered, double Acked) rates)
    {
        _pushedPerSecond += rates.Pushed;
        _deliveredPerSecond += rates.Delivered;
        _ackedPerSecond += rates.Acked;
    }

    public readonly QueueStats ToStats() => new()
    {
        Ready = Counters.Ready,
        Leased = Counters.Leased,
        Delayed = Counters.Delayed,
        Dead = Counters.Dead + Counters.Dying,
        OldestAgeMs = OldestAgeMs,
        Consumers = Consumers,
        Groups = Groups,
        MemoryBytes = Counters.MemoryBytes,
        DiskBytes = DiskBytes,
        MessageBytes = Counters.Bytes,
        Pushed = Counters.Pushed,
        Delivered = Counters.Delivered,
        Redelivered = Counters.Redelivered,
        Acked = Counters.Acked,
        Nacked = Counters.Nacked,
        LeasesExpired = Counters.LeasesExpired,
        DeadLettered = Counters.DeadLettered,
        Duplicates = Counters.Duplicates,
        Rejected = Counters.Rejected,
        Expired = Counters.Expired,
        PushedPerSecond = _pushedPerSecond,
        DeliveredPerSecond = _deliveredPerSecond,
        AckedPerSecond = _ackedPerSecond,
    };
}
