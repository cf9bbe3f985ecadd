using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>
/// The queues as their rules say them, in plain lists: what a command answers, and what may, or must, be delivered next.
/// What the rules leave open (jitter, the ids of what is moved) it learns from the engine.
/// </summary>
internal sealed partial class QueueModel(QueueLimits limits, Func<long> now)
{
    public SortedDictionary<string, ModelQueue> Queues { get; } = new(StringComparer.Ordinal);

    public long Now => now();

    public ModelQueue? Find(string name) => Queues.GetValueOrDefault(name);

    /// <summary>A queue that a push or a consumer names.</summary>
    public ModelQueue? FindOrMake(string name) =>
        Find(name) ?? (limits.AutoCreate ? Make(name, new QueueOptions { Durability = limits.DurabilityDefault }) : null);

    public QueueStatus Declare(string name, QueueOptionSet set, out bool created)
    {
        created = false;
        ModelQueue? known = Find(name);
        QueueOptions options = Merge(
            known?.Options ?? new QueueOptions { Durability = limits.DurabilityDefault }, set);
        if (LeadsTo(name, options.DeadLetterQueue))
        {
            return QueueStatus.DeadLetterCycle;
        }

        if (known is not null)
        {
            return known.Options == options ? QueueStatus.Ok : QueueStatus.Conflict;
        }

        Make(name, options);
        created = true;
        return QueueStatus.Ok;
    }

    public QueueStatus Update(string name, ulong revision, QueueOptionSet set)
    {
        if (Find(name) is not { } queue)
        {
            return QueueStatus.NotFound;
        }

        QueueOptions options = Merge(queue.Options, set);
        if (LeadsTo(name, options.DeadLetterQueue))
        {
            return QueueStatus.DeadLetterCycle;
        }

        if (revision != 0 && revision != queue.Revision)
        {
            return QueueStatus.Conflict;
        }

        queue.Revision += options == queue.Options ? 0UL : 1;
        queue.Options = options;
        return QueueStatus.Ok;
    }

    public QueueStatus Pause(string name, QueuePausedParts parts, bool paused)
    {
        if (Find(name) is not { } queue)
        {
            return QueueStatus.NotFound;
        }

        queue.Paused = paused ? queue.Paused | parts : queue.Paused & ~parts;
        return QueueStatus.Ok;
    }

    public QueueStatus Purge(string name, QueuePart parts, out long removed)
    {
        removed = 0;
        if (Find(name) is not { } queue)
        {
            return QueueStatus.NotFound;
        }

        foreach (ModelMessage message in queue.Messages.Values.Where(message => IsIn(message, parts)).ToList())
        {
            queue.Messages.Remove(message.Id);
            removed++;
        }

        return QueueStatus.Ok;
    }

    public QueueStatus Delete(string name, bool ifEmpty, bool ifUnused, out long removed)
    {
        removed = 0;
        if (Find(name) is not { } queue)
        {
            return QueueStatus.NotFound;
        }

        if ((ifEmpty && queue.Messages.Count > 0) || (ifUnused && queue.Consumers.Count > 0))
        {
            return QueueStatus.InUse;
        }

        removed = queue.Messages.Count;
        Remove(queue);
        return QueueStatus.Ok;
    }

    public ModelConsumer Consume(ModelQueue queue, int number, QueueConsumerOptions options)
    {
        var consumer = new ModelConsumer(number, queue, options);
        queue.Consumers.Add(consumer);
        queue.UsedAt = Now;
        return consumer;
    }

    /// <summary>The consumer goes, and gives back what it has not settled.</summary>
    public void Lose(ModelConsumer consumer)
    {
        consumer.Queue.Consumers.Remove(consumer);
        consumer.Queue.UsedAt = Now;
        bool isOldest = true;
        foreach (ModelMessage message in consumer.Queue.Live
            .Where(held => held.Consumer == consumer)
            .OrderBy(held => held.DeliveredAt)
            .ToList())
        {
            consumer.Free(message);
            if (isOldest)
            {
                Lose(consumer.Queue, message);
            }
            else
            {
                Free(message, ModelState.Ready);
            }

            isOldest = false;
        }
    }

    /// <summary>After every command: who has left a ring comes back at its end.</summary>
    public void SyncTurns()
    {
        foreach (ModelQueue queue in Queues.Values)
        {
            queue.Turns.Sync(queue.Members(Now));
        }
    }

    public static bool IsIn(ModelMessage message, QueuePart parts) => message.State switch
    {
        ModelState.Ready => parts.HasFlag(QueuePart.Ready),
        ModelState.Delayed => parts.HasFlag(QueuePart.Delayed),
        ModelState.Leased => parts.HasFlag(QueuePart.Leased),
        _ => parts.HasFlag(QueuePart.Dead),
    };

    public static QueueOptions Merge(QueueOptions options, QueueOptionSet set) => options with
    {
        LeaseMs = set.LeaseMs ?? options.LeaseMs,
        DeliveriesMax = set.DeliveriesMax ?? options.DeliveriesMax,
        Backoff = set.Backoff ?? options.Backoff,
        BackoffMs = set.BackoffMs ?? options.BackoffMs,
        BackoffMsMax = set.BackoffMsMax ?? options.BackoffMsMax,
        DeadLetterQueue = set.DeadLetterQueue ?? options.DeadLetterQueue,
        MessageTtlMs = set.MessageTtlMs ?? options.MessageTtlMs,
        MessagesMax = set.MessagesMax ?? options.MessagesMax,
        BytesMax = set.BytesMax ?? options.BytesMax,
        WhenFull = set.WhenFull ?? options.WhenFull,
        DedupWindowMs = set.DedupWindowMs ?? options.DedupWindowMs,
        Durability = set.Durability ?? options.Durability,
        Priorities = set.Priorities ?? options.Priorities,
        InFlightPerGroup = set.InFlightPerGroup ?? options.InFlightPerGroup,
        PerSecondPerGroup = set.PerSecondPerGroup ?? options.PerSecondPerGroup,
        UnusedMs = set.UnusedMs ?? options.UnusedMs,
    };

    public ModelQueue Make(string name, QueueOptions options)
    {
        var queue = new ModelQueue(name, options) { UsedAt = Now };
        Queues.Add(name, queue);
        return queue;
    }

    public void Remove(ModelQueue queue)
    {
        Queues.Remove(queue.Name);
        foreach (ModelConsumer consumer in queue.Consumers)
        {
            consumer.IsEnded = true;
        }
    }

    private bool LeadsTo(string name, string target)
    {
        while (target.Length > 0 && target != name)
        {
            target = Find(target)?.Options.DeadLetterQueue ?? "";
        }

        return target.Length > 0;
    }
}
