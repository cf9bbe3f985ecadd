using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <content>Deliveries and what becomes of them.</content>
internal sealed partial class QueueLedger
{
    /// <summary>A settlement is about to be sent.</summary>
    public void Settling(TrackedDelivery delivery, Settlement settlement)
    {
        lock (_gate)
        {
            TrackedMessage message = delivery.Message;
            if (message.Id != delivery.Id)
            {
                return;
            }

            switch (settlement)
            {
                case Settlement.Ack:
                    message.AcksOpen++;
                    break;
                case Settlement.DeadLetter:
                    message.RejectsOpen++;
                    break;
                case Settlement.NackNow or Settlement.NackBackoff:
                    message.FailuresMax++;
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The answer to a settlement.</summary>
    /// <param name="isFirst">None was sent for the delivery before.</param>
    public void Settled(TrackedDelivery delivery, Settlement settlement, bool isFirst, ErrorCode error, long stamp)
    {
        lock (_gate)
        {
            if (error == ErrorCode.StorageFailed)
            {
                Unknown++;
                return;
            }

            bool ok = error == ErrorCode.None;
            if (!ok && error != ErrorCode.LeaseLost)
            {
                Report(FindingKind.Answer, delivery.Message, $"{settlement} was answered with {error}");
                return;
            }

            CheckAnswer(delivery, settlement, isFirst, ok);
            if (ok && settlement is not (Settlement.Extend or Settlement.GiveBack))
            {
                Acknowledged++;
                Confirm(delivery.Message.Queue, stamp);
            }

            if (delivery.Message.Id == delivery.Id)
            {
                Apply(delivery, settlement, ok);
            }
        }
    }

    /// <summary>A redrive of the dead letters of this queue is about to be asked for.</summary>
    public void Redriving(QueuePlan home)
    {
        lock (_gate)
        {
            Count("redrives");
            foreach (TrackedMessage message in _messages.Values)
            {
                if (message.Queue.Home == home.Name && message.Place != Place.Gone)
                {
                    message.MayBeRedriven = true;
                }
            }
        }
    }

    private static void CloseSettlement(TrackedMessage message, Settlement settlement, bool ok)
    {
        switch (settlement)
        {
            case Settlement.Ack:
                message.AcksOpen--;
                break;
            case Settlement.DeadLetter:
                message.RejectsOpen--;
                break;
            case Settlement.NackNow or Settlement.NackBackoff:
                message.FailuresMax -= ok ? 0 : 1;
                message.Failures += ok ? 1 : 0;
                break;
            default:
                break;
        }
    }

    private void CheckAnswer(TrackedDelivery delivery, Settlement settlement, bool isFirst, bool ok)
    {
        if (ok && settlement == Settlement.Forged)
        {
            Report(FindingKind.Answer, delivery.Message, "a forged lease settled it");
        }
        else if (ok && !isFirst)
        {
            Report(FindingKind.Answer, delivery.Message, $"a second settlement, {settlement}, was accepted");
        }
        else if (!ok
            && isFirst
            && settlement != Settlement.Forged
            && TimeWindow.Now < delivery.LeaseEndsAt - TimeWindow.SlackMs)
        {
            Report(FindingKind.Answer, delivery.Message, $"{settlement}: the lease was lost before its end");
        }
    }

    private void Apply(TrackedDelivery delivery, Settlement settlement, bool ok)
    {
        TrackedMessage message = delivery.Message;
        CloseSettlement(message, settlement, ok);
        if (!ok || settlement == Settlement.Extend)
        {
            // An extension is not logged, so its answer waits for nothing.
            return;
        }

        // What was settled was there. An extension is not logged, so its answer waits for nothing, and says nothing of what may be lost.
        if (settlement != Settlement.Extend)
        {
            message.ConfirmedAt ??= TimeWindow.Now;
        }

        message.PlaceAt = TimeWindow.Now;
        if (settlement == Settlement.Ack)
        {
            Count("acks");
            message.Place = Place.Gone;
            message.GoneBy = (Run, delivery.Attempt);
            _alive--;
            GroupOf(message)?.Remove(message.Id);
        }
        else if (settlement == Settlement.DeadLetter || IsDeadBy(message))
        {
            Count("dead letters");
            message.Place = Place.Dead;
            GroupOf(message)?.Remove(message.Id);
        }
    }

    private static bool IsDeadBy(TrackedMessage message) =>
        message.Queue.DeliveriesMax > 0 && message.Failures >= message.Queue.DeliveriesMax;

    private void CheckDelivery(TrackedMessage message, QueuePlan queue, in DeliveredMessage delivery)
    {
        if (message.RedrivenAt > 0 && delivery.MessageId < message.Id)
        {
            // Of its life before it died: read late, by a consumer that has lost the lease since.
            return;
        }

        if (message.Queue != queue
            || message.Priority != delivery.Priority
            || message.Group != Encoding.UTF8.GetString(delivery.Group))
        {
            Report(FindingKind.Corrupted, message, $"it came from {queue.Name} with another group or priority");
        }

        if (message.Id != delivery.MessageId)
        {
            Rename(message, delivery.MessageId);
        }

        long now = ++_moment;
        message.NeverWas = false;
        message.MetAt = message.MetAt == 0 ? now : message.MetAt;
        CheckIsThere(message, delivery.Attempt);
        if (!message.Attempts.Add(delivery.Attempt) || delivery.Attempt <= message.AttemptsDurable)
        {
            Report(FindingKind.Attempts, message, $"attempt {delivery.Attempt} came again");
        }

        if (delivery.Attempt > message.LastMet.Attempt)
        {
            message.LastMet = (delivery.Attempt, now);
        }

        if (queue.Once && message.Place == Place.Alive)
        {
            message.Place = Place.Gone;
            message.GoneBy = (Run, delivery.Attempt);
            _alive--;
        }

        if (GroupOf(message) is { } group)
        {
            group.DeliveredMax = Math.Max(group.DeliveredMax, message.Id);
            if (group.Older(message.Id) is { } older)
            {
                Report(FindingKind.Order, message, $"it was delivered before {older}");
            }
        }
    }

    private void CheckIsThere(TrackedMessage message, uint attempt)
    {
        if (message.Place == Place.Gone && (message.GoneBy.Run != Run || attempt > message.GoneBy.Attempt))
        {
            Report(FindingKind.Again, message, $"attempt {attempt} came after its acknowledgement was confirmed");
        }
        else if (message.Place == Place.Dead && !message.Attempts.Contains(attempt) && attempt > message.LastMet.Attempt)
        {
            Report(FindingKind.DeadLetter, message, $"attempt {attempt} came although it is a dead letter");
        }
    }

    private void Rename(TrackedMessage message, ulong id)
    {
        if (message.Id != 0 && !message.MayBeRedriven && message.RedrivenAt == 0)
        {
            Report(FindingKind.Answer, message, $"it came under the id {id}");
        }

        if (message.Id == 0)
        {
            message.Id = message.FirstId = id;
        }
        else
        {
            GroupOf(message)?.Remove(message.Id);
            message.BeginLife(id, ++_moment);
        }

        GroupOf(message)?.Add(message);
    }
}
