namespace Nexo.Engine.Queues;

/// <content>What there is to know about the queue.</content>
internal sealed unsafe partial class Queue
{
    /// <summary>Groups that are asked for their oldest message.</summary>
    private const int OldestLooks = 256;

    public QueueSummary Summary()
    {
        lock (_shard.Gate)
        {
            return new QueueSummary(
                Text, Paused, _counters.Ready, _counters.Leased, _counters.Delayed, _counters.Dead + _counters.Dying);
        }
    }

    public QueueStatus Stats(out QueueStats? stats)
    {
        lock (_shard.Gate)
        {
            stats = null;
            if (Closed)
            {
                return QueueStatus.NotFound;
            }

            var totals = default(QueueTotals);
            AddTo(ref totals);
            stats = totals.ToStats() with { Paused = Paused };
            return QueueStatus.Ok;
        }
    }

    /// <summary>Under the lock.</summary>
    public void AddTo(ref QueueTotals totals)
    {
        if (Closed)
        {
            return;
        }

        long now = _shard.Clock.NowMs;
        _rates.Count(now, _counters);
        totals.Add(_counters);
        totals.Add(_rates.Read(now, _counters));
        totals.Consumers += _consumerCount;
        totals.Groups += _groupCount;
        totals.DiskBytes += BacklogDiskBytes;
        totals.OldestAgeMs = Math.Max(totals.OldestAgeMs, OldestAgeMs(now));
    }

    /// <summary>Of what may be delivered; of many groups only of those whose turn is next.</summary>
    private long OldestAgeMs(long now)
    {
        long oldest = now;
        int looks = OldestLooks;
        for (int priority = _offering.Highest(); priority >= 0; priority = _offering.HighestBelow(priority))
        {
            uint first = _levels[priority].Ring;
            uint line = first;
            do
            {
                ReadyLine* at = LineAt(line);
                oldest = Math.Min(oldest, MessageAt(FirstOf(at))->EnqueuedAtMs);
                line = at->RingNext;
            }
            while (line != first && looks-- > 0);

            uint plain = _levels[priority].Plain;
            if (plain != 0 && LineAt(plain)->Count > 0)
            {
                oldest = Math.Min(oldest, MessageAt(FirstOf(LineAt(plain)))->EnqueuedAtMs);
            }
        }

        return now - oldest;
    }
}
