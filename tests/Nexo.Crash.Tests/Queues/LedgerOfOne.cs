using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Queues;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Queues;

/// <summary>A ledger, and what happens to it in a word.</summary>
internal sealed class LedgerOfOne
{
    private readonly QueuePlan _plan;
    private ulong _number = 0x4711;
    private ulong _id;

    public LedgerOfOne(QueuePlan plan) => _plan = plan;

    public QueueLedger Ledger { get; } = new();

    public TrackedMessage Send(string group = "", string dedupId = "")
    {
        var message = new TrackedMessage(++_number, _plan, 40) { Group = group, DedupId = dedupId };
        Ledger.Pushing(message);
        return message;
    }

    public void Confirm(TrackedMessage message, ulong id) => Ledger.Pushed(
        message, false, ErrorCode.None, new QueuePushReply(PushOutcome.Accepted, id), Ledger.Stamp());

    public TrackedMessage Push(string group = "", string dedupId = "")
    {
        TrackedMessage message = Send(group, dedupId);
        Confirm(message, ++_id);
        return message;
    }

    public TrackedDelivery Deliver(TrackedMessage message, uint attempt = 1, ulong? id = null) => Ledger.Delivered(
        _plan,
        new DeliveredMessage
        {
            MessageId = id ?? message.Id,
            Lease = 7,
            Attempt = attempt,
            LeaseEndsAt = TimeWindow.Now + _plan.LeaseMs,
            Group = Encoding.UTF8.GetBytes(message.Group),
            Body = message.Body(),
        })!;

    public void Settle(TrackedDelivery delivery, Settlement settlement, ErrorCode? answer = ErrorCode.None)
    {
        bool isFirst = !delivery.IsSettled;
        delivery.IsSettled = true;
        long stamp = Ledger.Stamp();
        Ledger.Settling(delivery, settlement);
        if (answer is { } error)
        {
            Ledger.Settled(delivery, settlement, isFirst, error, stamp);
        }
    }

    public KeptCopy Alive(TrackedMessage message, uint attempts = 0, uint failures = 0, ulong? id = null) =>
        new(_plan.Name, id ?? message.Id, IsDead: false, message.Body())
        {
            Attempts = attempts,
            Failures = failures,
            Group = message.Group,
        };

    public KeptCopy Dead(TrackedMessage message, DeadCause cause, uint attempts = 1, string? home = null) =>
        new(home ?? _plan.Home, message.Id, IsDead: true, message.Body())
        {
            Attempts = attempts,
            Cause = cause,
            Group = message.Group,
            Source = _plan.Name,
        };

    /// <summary>A crash, and then this is there.</summary>
    public IEnumerable<FindingKind> AfterCrash(params KeptCopy[] kept)
    {
        Ledger.Crash();
        Ledger.Audit(new QueueContents(kept));
        return Found();
    }

    public IEnumerable<FindingKind> Found() => Ledger.TakeFindings().Select(finding => finding.Kind);
}
