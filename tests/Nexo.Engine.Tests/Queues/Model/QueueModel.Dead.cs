using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>Dead letters and what is done with them; restarts.</content>
internal sealed partial class QueueModel
{
    public static bool Matches(QueueDeadFilter filter, ModelMessage message) =>
        (filter.MessageIds is null || filter.MessageIds.Contains(message.Id))
        && (filter.Source is null || filter.Source == message.Source)
        && (filter.Cause is null || filter.Cause == message.Cause)
        && (filter.ReasonContains is null || message.Reason.Contains(filter.ReasonContains, StringComparison.Ordinal))
        && (filter.AttemptsMin is null || message.Deliveries >= filter.AttemptsMin)
        && (filter.FromMs is null || message.DiedAt >= filter.FromMs)
        && (filter.ToMs is null || message.DiedAt < filter.ToMs);

    public static List<ModelMessage> Dead(ModelQueue queue, QueueDeadFilter filter, ulong afterId = 0) =>
        [.. queue.Dead.Where(message => message.Id > afterId && Matches(filter, message))];

    /// <summary>Moves dead letters out of the section, as new messages, one by one by their age; gives how many, and why it ended.</summary>
    public QueueStatus Redrive(ModelQueue queue, QueueDeadFilter filter, string target, long max, out long moved)
    {
        moved = 0;
        foreach (ModelMessage dead in Dead(queue, filter))
        {
            if (max > 0 && moved == max)
            {
                break;
            }

            ModelQueue? home = Find(target.Length > 0 ? target : dead.Source);
            if (home is null)
            {
                return QueueStatus.NotFound;
            }

            if (home.Paused.HasFlag(QueuePausedParts.Pushes))
            {
                return QueueStatus.Paused;
            }

            if (!home.HasRoomFor(dead.Bytes))
            {
                return QueueStatus.Full;
            }

            Move(queue, dead, home);
            moved++;
        }

        return QueueStatus.Ok;
    }

    public static long DeleteDead(ModelQueue queue, QueueDeadFilter filter, long max)
    {
        List<ModelMessage> dead = Dead(queue, filter);
        int count = max > 0 ? (int)Math.Min(max, dead.Count) : dead.Count;
        foreach (ModelMessage message in dead.Take(count))
        {
            queue.Messages.Remove(message.Id);
        }

        return count;
    }

    public QueueModel Copy(QueueLimits to, Func<long> clock)
    {
        var copy = new QueueModel(to, clock);
        foreach ((string name, ModelQueue queue) in Queues)
        {
            copy.Queues.Add(name, queue.Copy());
        }

        return copy;
    }

    /// <summary>A restart: all consumers are lost, and what is in memory only. The clock has gone on.</summary>
    public void Restart()
    {
        foreach (ModelQueue queue in Queues.Values)
        {
            queue.Consumers.Clear();
            queue.UsedAt = Now;
            if (queue.Options.Durability == QueueDurability.Memory)
            {
                queue.Messages.Clear();
                queue.Dedup.Clear();
                queue.NextId = 0;
            }

            // What has not been moved yet is still where it died.
            queue.Unnumbered.RemoveAll(dying => Find(dying.Source) is { Options.Durability: QueueDurability.Memory });
        }

        foreach (ModelQueue queue in Queues.Values.ToList())
        {
            foreach (ModelMessage message in queue.Live.Where(held => held.State == ModelState.Leased).ToList())
            {
                Lose(queue, message);
            }
        }
    }

    private void Move(ModelQueue from, ModelMessage dead, ModelQueue to)
    {
        Assert.True(from.Messages.Remove(dead.Id));
        long ttl = to.Options.MessageTtlMs;
        to.AddTo(to.Messages, new ModelMessage
        {
            Id = to.NextId++,
            Body = dead.Body,
            Headers = dead.Headers,
            Group = dead.Group,
            Priority = Math.Min(dead.Priority, to.Options.Priorities - 1),
            EnqueuedAt = Now,
            Expires = ttl > 0 ? Now + ttl : 0,
            State = ModelState.Ready,
        });
        to.UsedAt = Now;
        to.Counters.Pushed++;
    }
}
