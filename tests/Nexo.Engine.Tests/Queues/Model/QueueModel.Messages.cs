using Nexo.Engine.Queues;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>The life of messages: pushed, delivered, settled.</content>
internal sealed partial class QueueModel
{
    /// <summary>After so many losses for each delivery that may fail, a message is dead.</summary>
    private const int LossesPerDelivery = 4;

    private long _deliveries;

    public QueueStatus Push(ModelQueue queue, ModelPush push, out QueuePushOutcome outcome, out ulong id)
    {
        outcome = default;
        id = 0;
        if (Refusal(queue, push) is { } refused)
        {
            return refused;
        }

        if (Remembered(queue, push.DedupId) is { } first)
        {
            queue.Counters.Duplicates++;
            (outcome, id) = (QueuePushOutcome.Duplicate, first);
            return QueueStatus.Ok;
        }

        bool full = !queue.HasRoomFor(push.Bytes);
        if (full && queue.Options.WhenFull == QueueWhenFull.Reject)
        {
            queue.Counters.Rejected++;
            return QueueStatus.Full;
        }

        ModelMessage message = Add(queue, push);
        (outcome, id) = (QueuePushOutcome.Accepted, message.Id);
        if (full)
        {
            outcome = QueuePushOutcome.DeadLettered;
            Die(queue, message, QueueDeadCause.QueueFull);
        }

        return QueueStatus.Ok;
    }

    /// <summary>Each for itself, or all or none: then the answer is the first refusal, and nothing has happened.</summary>
    public QueueStatus PushBatch(
        ModelQueue queue, IReadOnlyList<ModelPush> pushes, bool allOrNone, List<(QueueStatus, QueuePushOutcome, ulong)> answers)
    {
        ModelQueue before = queue.Copy();
        ModelQueue? target = Find(queue.Options.DeadLetterQueue);
        foreach (ModelPush push in pushes)
        {
            QueueStatus status = Push(queue, push, out QueuePushOutcome outcome, out ulong id);
            if (status != QueueStatus.Ok && allOrNone)
            {
                queue.Restore(before);
                target?.Unnumbered.RemoveAll(moved => pushes.Any(pushed => pushed.Body == moved.Body));
                if (target is null)
                {
                    Queues.Remove(queue.Options.DeadLetterQueue);
                }

                answers.Clear();
                return status;
            }

            answers.Add((status, outcome, id));
        }

        return QueueStatus.Ok;
    }

    public void Deliver(Delivered delivered, long leaseMs, bool settled)
    {
        ModelQueue queue = delivered.Consumer.Queue;
        ModelMessage message = queue.Deliver(delivered, Now);
        if (settled)
        {
            queue.Counters.Acked++;
            queue.Messages.Remove(message.Id);
            return;
        }

        message.State = ModelState.Leased;
        message.Lease = delivered.Lease;
        message.LeaseEnds = Now + (leaseMs > 0 ? leaseMs : queue.Options.LeaseMs);
        message.Consumer = delivered.Consumer;
        message.DeliveredAt = ++_deliveries;
        message.IsHeld = false;
        delivered.Consumer.Unsettled++;
    }

    /// <summary>Null: the lease is lost.</summary>
    public static ModelMessage? Leased(ModelQueue queue, ulong id, ulong lease) =>
        queue.Messages.GetValueOrDefault(id) is { State: ModelState.Leased } message && message.Lease == lease
            ? message
            : null;

    public static void Ack(ModelQueue queue, ModelMessage message)
    {
        queue.Counters.Acked++;
        message.Consumer!.Free(message);
        queue.Messages.Remove(message.Id);
    }

    public void Nack(ModelQueue queue, ModelMessage message, QueueNack action, long delayMs, string reason)
    {
        message.Consumer!.Free(message);
        if (action == QueueNack.Release)
        {
            Free(message, ModelState.Ready);
            return;
        }

        queue.Counters.Nacked++;

        Note(message, reason);
        (long min, long max) = action switch
        {
            QueueNack.Backoff => Pause(queue.Options, message.Failures + 1),
            QueueNack.Delay => (delayMs, delayMs),
            _ => (0, 0),
        };
        Fail(queue, message, min, max);
    }

    public void DeadLetter(ModelQueue queue, ModelMessage message, string reason)
    {
        message.Consumer!.Free(message);
        Note(message, reason);
        Die(queue, message, QueueDeadCause.Rejected);
    }

    public void Extend(ModelQueue queue, ModelMessage message, long leaseMs) =>
        message.LeaseEnds = Now + (leaseMs > 0 ? leaseMs : queue.Options.LeaseMs);

    /// <summary>What is due at this moment: delays that are over, leases that have ended, lives that are over.</summary>
    public void Elapse()
    {
        foreach (ModelQueue queue in Queues.Values.ToList())
        {
            foreach (ModelMessage message in queue.Live.ToList())
            {
                Elapse(queue, message);
            }

            foreach ((string id, (ulong Id, long At) first) in queue.Dedup.ToList())
            {
                if (first.At + queue.Options.DedupWindowMs <= Now)
                {
                    queue.Dedup.Remove(id);
                }
            }
        }
    }

    /// <summary>A message has come back whose life is over: that is found a moment later.</summary>
    public bool HasExpired =>
        Queues.Values.Any(queue => queue.Live.Any(
            message => message.State != ModelState.Leased && message.IsExpired(Now)));

    /// <summary>The next moment up to this one at which something is due.</summary>
    public long NextMoment(long until)
    {
        until = HasExpired ? Now + 1 : until;
        foreach (ModelMessage message in Queues.Values.SelectMany(queue => queue.Live))
        {
            long[] moments = message.State == ModelState.Leased
                ? [message.LeaseEnds]
                : [message.Expires, message.State == ModelState.Delayed ? message.Due : 0];
            foreach (long moment in moments.Where(moment => moment > Now))
            {
                until = Math.Min(until, moment);
            }
        }

        return until;
    }

    private void Elapse(ModelQueue queue, ModelMessage message)
    {
        switch (message.State)
        {
            case ModelState.Leased when message.LeaseEnds <= Now:
                queue.Counters.LeasesExpired++;
                message.Consumer!.Free(message);
                (long min, long max) = Pause(queue.Options, message.Failures + 1);
                Fail(queue, message, min, max);
                break;
            case ModelState.Ready or ModelState.Delayed when message.IsExpired(Now):
                Die(queue, message, QueueDeadCause.Expired);
                break;
            case ModelState.Delayed when message.Due <= Now:
                message.State = ModelState.Ready;
                message.IsHeld = false;
                break;
            default:
                break;
        }
    }

    /// <summary>What makes no queue because it would be refused by it.</summary>
    public QueueStatus RefusalByDefaults(ModelPush push) =>
        Refusal(new ModelQueue("", new QueueOptions()), push) ?? QueueStatus.Ok;

    /// <summary>Whether a batch makes no queue because nothing of it would come in.</summary>
    public bool MakesNone(IReadOnlyList<ModelPush> pushes, bool allOrNone)
    {
        int refused = pushes.Count(push => RefusalByDefaults(push) != QueueStatus.Ok);
        return allOrNone ? refused > 0 : refused == pushes.Count;
    }

    private QueueStatus Refusal(ModelPush push)
    {
        long dueIn = push.DueAtMs is { } at ? Math.Max(0, at - Now) : push.DelayMs ?? 0;
        if (dueIn < 0 || dueIn > limits.DelayMsMax || (push.DelayMs.HasValue && push.DueAtMs.HasValue))
        {
            return QueueStatus.DelayOutOfRange;
        }

        if (push.TtlMs is { } ttl && (ttl < 1 || ttl > limits.DelayMsMax))
        {
            return QueueStatus.TtlOutOfRange;
        }

        if (push.Group.Length > limits.GroupBytesMax)
        {
            return QueueStatus.GroupInvalid;
        }

        if (push.DedupId.Length > limits.DedupIdBytesMax)
        {
            return QueueStatus.DedupIdInvalid;
        }

        if (push.Body.Length > limits.BodyBytesMax || push.Headers.Length > limits.HeaderBytesMax)
        {
            return QueueStatus.MessageTooLarge;
        }

        return QueueStatus.Ok;
    }

    private QueueStatus? Refusal(ModelQueue queue, ModelPush push)
    {
        QueueStatus status = Refusal(push);
        if (status != QueueStatus.Ok)
        {
            return status;
        }

        if (queue.Paused.HasFlag(QueuePausedParts.Pushes))
        {
            return QueueStatus.Paused;
        }

        return push.Priority < 0 || push.Priority >= queue.Options.Priorities ? QueueStatus.PriorityOutOfRange : null;
    }

    private ulong? Remembered(ModelQueue queue, string dedupId) =>
        dedupId.Length > 0
        && queue.Dedup.TryGetValue(dedupId, out (ulong Id, long At) first)
        && first.At + queue.Options.DedupWindowMs > Now
            ? first.Id
            : null;

    private ModelMessage Add(ModelQueue queue, ModelPush push)
    {
        long due = push.DueAtMs ?? (push.DelayMs is > 0 and { } delay ? Now + delay : 0);
        long ttl = push.TtlMs ?? queue.Options.MessageTtlMs;
        var message = new ModelMessage
        {
            Id = queue.NextId++,
            Body = push.Body,
            Headers = push.Headers,
            Group = push.Group,
            Priority = push.Priority,
            EnqueuedAt = Now,
            Expires = ttl > 0 ? Now + ttl : 0,
            State = due > Now ? ModelState.Delayed : ModelState.Ready,
            Due = due,
            DueMax = due,
        };
        queue.AddTo(queue.Messages, message);
        queue.UsedAt = Now;
        queue.Counters.Pushed++;
        if (push.DedupId.Length > 0 && queue.Options.DedupWindowMs > 0)
        {
            queue.Dedup[push.DedupId] = (message.Id, Now);
        }

        return message;
    }

    /// <summary>How long a message that has failed so often stays away, at least and at most.</summary>
    private static (long Min, long Max) Pause(QueueOptions options, int failures)
    {
        if (options.Backoff != QueueBackoff.Exponential)
        {
            long pause = options.Backoff == QueueBackoff.None ? 0 : options.BackoffMs;
            return (pause, pause);
        }

        long whole = Math.Min(options.BackoffMsMax, options.BackoffMs << Math.Min(failures - 1, 30));
        return (whole - (whole / 2), whole);
    }

    private void Fail(ModelQueue queue, ModelMessage message, long pauseMin, long pauseMax)
    {
        message.Failures++;
        bool tooOften = queue.Options.DeliveriesMax > 0 && message.Failures >= queue.Options.DeliveriesMax;
        if (tooOften)
        {
            Die(queue, message, QueueDeadCause.MaxDeliveries);
        }
        else if (pauseMax == 0)
        {
            Free(message, ModelState.Ready);
        }
        else
        {
            Free(message, ModelState.Delayed);
            (message.Due, message.DueMax, message.IsHeld) = (Now + pauseMin, Now + pauseMax, true);
        }
    }

    private void Lose(ModelQueue queue, ModelMessage message)
    {
        message.Losses++;
        int max = queue.Options.DeliveriesMax;
        if (max > 0 && message.Losses >= LossesPerDelivery * max)
        {
            Die(queue, message, QueueDeadCause.ConsumerLost);
            return;
        }

        Free(message, ModelState.Ready);
    }

    private static void Note(ModelMessage message, string reason)
    {
        if (reason.Length > 0)
        {
            message.Reason = reason;
        }
    }

    private static void Free(ModelMessage message, ModelState state)
    {
        message.State = state;
        message.Lease = 0;
        message.Consumer = null;
        message.IsHeld = false;
    }

    private void Die(ModelQueue queue, ModelMessage message, QueueDeadCause cause)
    {
        Free(message, ModelState.Dead);
        message.Cause = cause;
        message.DiedAt = Now;
        message.Source = queue.Name;
        queue.Counters.DeadLettered++;
        queue.Counters.Expired += cause == QueueDeadCause.Expired ? 1 : 0;
        queue.UsedAt = Now;
        string target = queue.Options.DeadLetterQueue;
        if (target.Length > 0)
        {
            queue.Messages.Remove(message.Id);
            ModelQueue? home = Find(target);
            if (home is null)
            {
                home = Make(target, new QueueOptions { Durability = limits.DurabilityDefault });
                home.IsAwaited = true;
            }

            message.Id = 0;
            home.Unnumbered.Add(message);
        }
    }
}
