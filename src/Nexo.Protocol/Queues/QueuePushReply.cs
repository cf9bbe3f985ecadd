namespace Nexo.Protocol;

/// <summary>What became of a push.</summary>
public enum PushOutcome : byte
{
    /// <summary>Nothing: an item of a batch that was refused.</summary>
    None = 0,

    Accepted = 1,

    /// <summary>A message with its dedup id is or was there; the id is that message's.</summary>
    Duplicate = 2,

    /// <summary>The queue is full and keeps what comes then as dead letters; the id is the dead letter's.</summary>
    DeadLettered = 3,
}

/// <summary>
/// Answer to QUEUE PUSH. Body: <c>[u8 outcome][u64 messageId]</c>.
/// </summary>
public readonly record struct QueuePushReply(PushOutcome Outcome, ulong MessageId)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePushReply reply)
    {
        var reader = new BodyReader(body);
        ulong messageId = 0;
        bool read = reader.TryReadByte(out byte outcome) && reader.TryReadUInt64(out messageId) && reader.AtEnd;
        reply = new QueuePushReply((PushOutcome)outcome, messageId);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Outcome);
        buffer.WriteUInt64(MessageId);
    }
}
