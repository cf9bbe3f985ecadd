using Nexo.Engine.Queues;
using Xunit;

namespace Nexo.Engine.Tests.Queues.Model;

/// <content>What is there, and what only the engine can know.</content>
internal sealed partial class QueueModelPair
{
    private static readonly (QueuePart Part, ModelState State)[] Parts =
    [
        (QueuePart.Ready, ModelState.Ready), (QueuePart.Delayed, ModelState.Delayed),
        (QueuePart.Leased, ModelState.Leased), (QueuePart.Dead, ModelState.Dead),
    ];

    /// <summary>The wall clock has jumped: moments that were written down before are not compared any more.</summary>
    private bool _jumped;

    public void WallJumped() => _jumped = true;

    private void Compare(ModelQueue queue)
    {
        Assert.True(
            _harness.List().Exists(listed => listed.Name == queue.Name), $"there is no\n{queue}\nbut\n{Everything()}");
        CompareStats(queue);
        foreach ((QueuePart part, ModelState state) in Parts)
        {
            List<Kept> kept = part == QueuePart.Dead
                ? _harness.DeadList(queue.Name, QueueDeadFilter.All, 7)
                : _harness.Peek(queue.Name, part, 7);
            List<ModelMessage> known = [.. queue.Messages.Values.Where(message => message.State == state)];
            Assert.True(
                known.Select(message => message.Id).SequenceEqual(kept.Select(message => message.Id)),
                $"{part}: {string.Join(", ", kept)}\nin the model\n{queue}");
            foreach ((ModelMessage message, Kept seen) in known.Zip(kept))
            {
                Same(message, seen);
            }
        }
    }

    private void CompareStats(ModelQueue queue)
    {
        QueueStats stats = _harness.Stats(queue.Name);
        Assert.True(
            (queue.Count(ModelState.Ready), queue.Count(ModelState.Leased), queue.Count(ModelState.Delayed),
                queue.Count(ModelState.Dead))
            == (stats.Ready, stats.Leased, stats.Delayed, stats.Dead),
            $"{stats} of\n{queue}");
        Assert.Equal(queue.Consumers.Count, stats.Consumers);
        Assert.Equal(queue.Paused, stats.Paused);
        Assert.Equal(queue.Live.Sum(message => message.Bytes), stats.MessageBytes);
        var counters = new ModelCounters
        {
            Pushed = stats.Pushed,
            Delivered = stats.Delivered,
            Redelivered = stats.Redelivered,
            Acked = stats.Acked,
            Nacked = stats.Nacked,
            LeasesExpired = stats.LeasesExpired,
            DeadLettered = stats.DeadLettered,
            Duplicates = stats.Duplicates,
            Rejected = queue.Counters.Rejected,
            Expired = stats.Expired,
        };
        Assert.Equal(queue.Counters, counters);
        if (queue.Paused == QueuePausedParts.None && queue.Options.PerSecondPerGroup == 0)
        {
            long oldest = queue.Members(Now).Select(member => Now - member.Head.EnqueuedAt).DefaultIfEmpty(0).Max();
            Assert.Equal(oldest, stats.OldestAgeMs);
        }
    }

    private void Same(ModelMessage message, Kept seen)
    {
        Assert.Equal(
            (message.Body, message.Headers, message.Group, message.Priority, message.Deliveries, (uint)message.Failures),
            (seen.Body, seen.Headers, seen.Group, seen.Priority, seen.Attempts, seen.Failures));
        Assert.Equal(message.IsDead ? message.Source : "", seen.Source);
        Assert.Equal(message.Reason, seen.Reason);
        Assert.Equal(message.Cause, seen.Cause);
        if (!_jumped)
        {
            long ahead = _harness.WallAheadMs;
            Assert.Equal(message.EnqueuedAt + ahead, seen.EnqueuedAtMs);
            SameDeath(message, seen.DiedAtMs - ahead);
            Assert.Equal(message.Expires == 0 ? 0 : message.Expires + ahead, seen.ExpiresAtMs);
            Assert.Equal(message.VisibleAt == 0 ? 0 : message.VisibleAt + ahead, seen.VisibleAtMs);
        }
    }

    private static void SameDeath(ModelMessage message, long diedAt)
    {
        // What comes back when its life is over is found to be over at once, or a moment later.
        if (message.Cause == QueueDeadCause.Expired && diedAt == message.DiedAt - 1)
        {
            message.DiedAt = diedAt;
        }

        Assert.True(!message.IsDead || message.DiedAt == diedAt, $"{message} died at {message.DiedAt}, not {diedAt}");
    }

    /// <summary>Counts begin anew with a start.</summary>
    private void AdoptCounters()
    {
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            QueueStats stats = _harness.Stats(queue.Name);
            ModelCounters counters = queue.Counters;
            (counters.Pushed, counters.Delivered, counters.Redelivered) =
                (stats.Pushed, stats.Delivered, stats.Redelivered);
            (counters.Acked, counters.Nacked, counters.LeasesExpired) =
                (stats.Acked, stats.Nacked, stats.LeasesExpired);
            (counters.DeadLettered, counters.Duplicates, counters.Rejected, counters.Expired) =
                (stats.DeadLettered, stats.Duplicates, stats.Rejected, stats.Expired);
        }
    }

    /// <summary>Asks the engine for what the rules leave to it: how long a backoff is, and the ids of what has moved.</summary>
    private void Learn(bool mustKnow)
    {
        foreach (ModelQueue queue in _model.Queues.Values)
        {
            if (queue.Live.Any(message => message.State == ModelState.Delayed && message.Due < message.DueMax))
            {
                LearnPauses(queue);
            }

            if (queue.Unnumbered.Count > 0)
            {
                LearnIds(queue, mustKnow);
            }
        }
    }

    /// <summary>All that the engine has, for a failure's text.</summary>
    private string Everything() => string.Join('\n', _harness.List().Select(listed =>
        $"{listed.Summary}: {string.Join("; ", Parts.SelectMany(part => _harness.Peek(listed.Name, part.Part)))}"));

    private void LearnPauses(ModelQueue queue)
    {
        List<Kept> delayed = _harness.Peek(queue.Name, QueuePart.Delayed);
        foreach (ModelMessage message in queue.Live.Where(message => message.State == ModelState.Delayed))
        {
            if (message.IsExpired(Now))
            {
                continue;
            }

            Kept? kept = delayed.Find(kept => kept.Id == message.Id);
            Assert.True(kept is not null, $"{message} is not delayed\n{queue}");
            long due = kept.VisibleAtMs - _harness.WallAheadMs;
            Assert.InRange(due, message.Due, message.DueMax);
            (message.Due, message.DueMax) = (due, due);
        }
    }

    private void LearnIds(ModelQueue queue, bool mustKnow)
    {
        if (queue.IsAwaited && !mustKnow && !_harness.List().Exists(listed => listed.Name == queue.Name))
        {
            return;
        }

        List<Kept> dead = _harness.DeadList(queue.Name, QueueDeadFilter.All);
        List<ModelMessage> found = [];
        foreach (ModelMessage message in queue.Unnumbered)
        {
            if (dead.Find(kept => kept.Body == message.Body) is { } kept)
            {
                message.Id = kept.Id;
                found.Add(message);
            }
        }

        Assert.True(
            found.Count == queue.Unnumbered.Count || !mustKnow,
            $"{queue.Unnumbered.Except(found).FirstOrDefault()} has not come to\n{queue}\n{Everything()}");
        queue.IsAwaited &= found.Count == 0;
        foreach (ModelMessage message in found)
        {
            queue.Unnumbered.Remove(message);
            queue.AddTo(queue.Messages, message);
            queue.NextId = Math.Max(queue.NextId, message.Id + 1);
        }
    }
}
