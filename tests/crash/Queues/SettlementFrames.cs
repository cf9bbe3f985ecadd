using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Queues;

/// <summary>Settlements as frames, and their answers.</summary>
internal static class SettlementFrames
{
    public static Opcode OpcodeOf(Settlement settlement) => settlement switch
    {
        Settlement.Ack or Settlement.Forged => Opcode.QueueAck,
        Settlement.DeadLetter => Opcode.QueueDeadLetter,
        Settlement.Extend => Opcode.QueueExtend,
        _ => Opcode.QueueNack,
    };

    public static void Write(
        FrameBuffer body, string queue, Settlement settlement, List<TrackedDelivery> items, Random random)
    {
        byte[] name = Encoding.UTF8.GetBytes(queue);
        uint count = (uint)items.Count;
        switch (settlement)
        {
            case Settlement.DeadLetter:
                QueueDeadLetterRequest.WriteStart(body, name, "not this one"u8, count);
                break;
            case Settlement.Extend:
                QueueExtendRequest.WriteStart(body, 0, name, count);
                break;
            case Settlement.NackNow:
                QueueNackRequest.WriteStart(body, NackAction.Now, 0, name, "again"u8, count);
                break;
            case Settlement.NackBackoff:
                QueueNackRequest.WriteStart(body, NackAction.Backoff, 0, name, "later"u8, count);
                break;
            case Settlement.GiveBack:
                QueueNackRequest.WriteStart(body, NackAction.GiveBack, 0, name, [], count);
                break;
            default:
                QueueAckRequest.WriteStart(body, name, count);
                break;
        }

        foreach (TrackedDelivery delivery in items)
        {
            ulong lease = settlement == Settlement.Forged ? (ulong)random.NextInt64() : delivery.Lease;
            LeaseList.WriteItem(body, delivery.Id, lease);
        }
    }

    /// <summary>A code for each item, also when all were refused together.</summary>
    public static IReadOnlyList<ErrorCode> Read(Frame frame, Settlement settlement, int count)
    {
        List<ErrorCode> codes = [];
        if (frame.Kind == FrameKind.Error)
        {
            codes.AddRange(Enumerable.Repeat(frame.Error, count));
        }
        else if (settlement == Settlement.Extend && QueueExtendReply.TryRead(frame.Body, out QueueExtendReply extended))
        {
            while (extended.TryTake(out ErrorCode error, out _))
            {
                codes.Add(error);
            }
        }
        else if (PerItemReply.TryRead(frame.Body, out PerItemReply settled))
        {
            while (settled.TryTake(out ErrorCode error))
            {
                codes.Add(error);
            }
        }

        return codes.Count == count ? codes : [.. Enumerable.Repeat(ErrorCode.Malformed, count)];
    }
}
