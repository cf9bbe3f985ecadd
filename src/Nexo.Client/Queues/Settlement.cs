using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How messages are settled.</summary>
internal readonly struct Settlement
{
    public static Settlement Ack => new() { Opcode = Opcode.QueueAck };

    /// <summary>Not a failure: it comes again at once, in its old place.</summary>
    public static Settlement Release => new() { Opcode = Opcode.QueueNack, Action = NackAction.GiveBack };

    public Opcode Opcode { get; private init; }

    private NackAction Action { get; init; }

    private long DelayMs { get; init; }

    private string? Reason { get; init; }

    public static Settlement Nack(TimeSpan? delay, string? reason) => new()
    {
        Opcode = Opcode.QueueNack,
        Action = delay is null ? NackAction.Backoff : delay == TimeSpan.Zero ? NackAction.Now : NackAction.AfterDelay,
        DelayMs = WireTimes.Milliseconds(delay.GetValueOrDefault()),
        Reason = reason,
    };

    public static Settlement DeadLetter(string reason) => new() { Opcode = Opcode.QueueDeadLetter, Reason = reason };

    /// <summary>The request's body up to its items.</summary>
    public FrameBuffer Begin(byte[] queue, int count)
    {
        FrameBuffer body = RequestBodies.Rent();
        byte[] reason = Reason is null ? [] : Encoding.UTF8.GetBytes(Reason);
        switch (Opcode)
        {
            case Opcode.QueueAck:
                QueueAckRequest.WriteStart(body, queue, (uint)count);
                break;
            case Opcode.QueueNack:
                QueueNackRequest.WriteStart(body, Action, DelayMs, queue, reason, (uint)count);
                break;
            default:
                QueueDeadLetterRequest.WriteStart(body, queue, reason, (uint)count);
                break;
        }

        return body;
    }
}
