using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <content>Crashes, and the verdict over what is there after them.</content>
internal sealed partial class QueueLedger
{
    /// <summary>What an interval of the server may take, and beyond its setting, ms.</summary>
    private const long IntervalMs = 1_000 + 1_500;

    /// <summary>The server is gone. What the interval promise does not cover yet may be lost.</summary>
    public void Crash()
    {
        lock (_gate)
        {
            long before = TimeWindow.Now - IntervalMs;
            foreach (TrackedMessage message in _messages.Values)
            {
                message.PushIsOver = true;
                message.Attempts.Clear();
                if (message.LastMet.At > 0 && message.LastMet.At <= _durableUpTo)
                {
                    message.AttemptsDurable = message.LastMet.Attempt;
                }

                if (message.MetAt > 0 && message.MetAt <= _durableUpTo)
                {
                    message.ConfirmedAt ??= 0;
                }

                if (message.RedrivenAt <= _durableUpTo)
                {
                    message.RedrivenAt = 0;
                }

                if (message.Queue.Durability != Durability.Fsync)
                {
                    Doubt(message, before);
                }
            }

            foreach (GroupOrder group in _groups.Values)
            {
                group.DeliveredMax = 0;
            }

            Unknown = 0;
            Run++;
            Unknown = 0;
        }
    }

    /// <summary>Compares with what is there, which is the truth from here on.</summary>
    public IReadOnlyList<Finding> Audit(QueueContents contents)
    {
        lock (_gate)
        {
            Dictionary<ulong, KeptCopy> seen = [];
            foreach (KeptCopy kept in contents.Messages)
            {
                if (Identify(kept.Queue, kept.Body) is { } message && !seen.TryAdd(message.Number, kept))
                {
                    Report(FindingKind.Twice, message, $"it is {seen[message.Number]} and {kept}");
                }
            }

            Verified += seen.Count;
            foreach (TrackedMessage message in _messages.Values)
            {
                if (seen.TryGetValue(message.Number, out KeptCopy? kept))
                {
                    Judge(message, kept);
                }
                else
                {
                    JudgeAbsence(message);
                }
            }

            Forget();
            return [.. _findings];
        }
    }

    /// <summary>Messages that nobody has settled.</summary>
    public IReadOnlyList<TrackedMessage> Unsettled()
    {
        lock (_gate)
        {
            return [.. _messages.Values.Where(message => message.Place == Place.Alive && message.ConfirmedAt is not null)];
        }
    }

    // Acknowledgements that may not have become durable are none.
    private void Doubt(TrackedMessage message, long before)
    {
        if (message.ConfirmedAt > before)
        {
            message.ConfirmedAt = null;
        }

        message.Failures = 0;

        if (message.PlaceAt > before && message.Place != Place.Alive)
        {
            message.AcksOpen += message.Place == Place.Gone ? 1 : 0;
            message.RejectsOpen += message.Place == Place.Dead ? 1 : 0;
            _alive += message.Place == Place.Gone ? 1 : 0;
            message.Place = Place.Alive;
        }
    }

    private void Judge(TrackedMessage message, KeptCopy kept)
    {
        if (message.Place == Place.Gone && !message.MayBeRedriven)
        {
            Report(FindingKind.Again, message, $"its acknowledgement was confirmed, and it is {kept}");
        }

        if (kept.Group != message.Group || kept.Priority != message.Priority)
        {
            Report(FindingKind.Corrupted, message, $"another group or priority: {kept}");
        }

        if (kept.IsDead)
        {
            JudgeDead(message, kept);
        }
        else
        {
            JudgeAlive(message, kept);
        }

        if (message.Place == Place.Gone)
        {
            _alive++;
        }

        message.Place = kept.IsDead ? Place.Dead : Place.Alive;
        message.ConfirmedAt ??= 0;
        message.NeverWas = false;
        message.MetAt = message.MetAt == 0 ? ++_moment : message.MetAt;
        message.MayBeRedriven = false;
        message.RedrivenAt = 0;
        (message.AcksOpen, message.RejectsOpen) = (0, 0);
        (message.Failures, message.FailuresMax) = ((int)kept.Failures, (int)kept.Failures);
        message.AttemptsDurable = kept.Attempts;
        message.LastMet = (kept.Attempts, _moment);
        message.Attempts.Clear();
    }

    private void JudgeAlive(TrackedMessage message, KeptCopy kept)
    {
        if (kept.Queue != message.Queue.Name)
        {
            Report(FindingKind.Invented, message, $"it is {kept}");
        }

        if (message.Place == Place.Dead && !message.MayBeRedriven)
        {
            Report(FindingKind.DeadLetter, message, $"it is a dead letter, and it is {kept}");
        }

        if (message.Id != kept.Id)
        {
            Rename(message, kept.Id);
        }
        else if (kept.Attempts < message.AttemptsDurable || (int)kept.Failures < message.Failures)
        {
            Report(FindingKind.Attempts, message, $"attempts or failures were lost: {kept}");
        }
        else if (!message.Queue.LeasesEnd && (int)kept.Failures > message.FailuresMax)
        {
            Report(FindingKind.Attempts, message, $"more failures than there were: {kept}");
        }
    }

    private void JudgeDead(TrackedMessage message, KeptCopy kept)
    {
        bool may = message.Place == Place.Dead || message.MayBeRedriven || message.RedrivenAt > 0 || kept.Cause switch
        {
            DeadCause.Rejected => message.RejectsOpen > 0,
            DeadCause.MaxDeliveries => message.FailuresMax >= message.Queue.DeliveriesMax
                || (message.Queue.LeasesEnd && kept.Attempts >= message.Queue.DeliveriesMax),
            DeadCause.ConsumerLost => kept.Attempts >= message.Queue.LossesMax,
            _ => false,
        };
        if (!may)
        {
            Report(FindingKind.DeadLetter, message, $"it has no reason to be dead: {kept}");
        }

        if (kept.Queue != message.Queue.Home || kept.Source != message.Queue.Name)
        {
            Report(FindingKind.DeadLetter, message, $"its place is {message.Queue.Home}: {kept}");
        }
    }

    private void JudgeAbsence(TrackedMessage message)
    {
        bool mayBeAbsent = message.Place == Place.Gone || message.ConfirmedAt is null || message.MayBeGone
            || message.Queue.Once;
        if (!mayBeAbsent)
        {
            Report(FindingKind.Lost, message, "its push was acknowledged, and it is not there");
        }

        if (message.Place == Place.Gone)
        {
            return;
        }

        GroupOf(message)?.Remove(message.Id);
        message.Place = Place.Gone;
        message.GoneBy = (Run - 1, uint.MaxValue);
        _alive--;

        // What is confirmed from here on says nothing about it.
        message.MetAt = 0;
        if (message.ConfirmedAt is null && !message.MayBeGone && !message.Queue.Once)
        {
            message.BeginLife(id: 0, at: 0);
            message.FirstId = 0;
            message.NeverWas = true;
            message.Place = Place.Gone;
        }
    }

    /// <summary>What was settled two runs ago is not of interest any more, but that it never comes again.</summary>
    private void Forget()
    {
        foreach (TrackedMessage message in _messages.Values.Where(CanBeForgotten).ToList())
        {
            GroupOf(message)?.Remove(message.Id);
            _messages.Remove(message.Number);
            _finished.Add(message.Number);
        }
    }

    private bool CanBeForgotten(TrackedMessage message) =>
        message.Place == Place.Gone
        && message.PushIsOver
        && message.GoneBy.Run < Run - 2
        && !(message.NeverWas && message.DedupId.Length > 0);
}
