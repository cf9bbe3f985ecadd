namespace Nexo.Protocol;

/// <summary>
/// QUEUE PULL. Body: <c>[u32 waitMs][u32 messagesMax][u32 bytesMax][u32 leaseMs][u8 options][queue, the rest]</c>; a lease
/// of 0 is the queue's. Of <see cref="ConsumeOptions"/> it has <see cref="ConsumeOptions.SettledByDelivery"/> alone.
/// Answer: <see cref="DeliveryList"/>, empty when the wait is over.
/// </summary>
public readonly ref struct QueuePullRequest
{
    /// <summary>How long to wait for a first message; 0: not at all.</summary>
    public uint WaitMs { get; init; }

    public uint MessagesMax { get; init; }

    /// <summary>Bytes of the answer's body; one message is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; init; }

    public uint LeaseMs { get; init; }

    public ConsumeOptions Options { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueuePullRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint waitMs)
            || !reader.TryReadUInt32(out uint messagesMax)
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadUInt32(out uint leaseMs)
            || !reader.TryReadByte(out byte options)
            || (ConsumeOptions)options is not (ConsumeOptions.None or ConsumeOptions.SettledByDelivery))
        {
            return false;
        }

        request = new QueuePullRequest
        {
            WaitMs = waitMs,
            MessagesMax = messagesMax,
            BytesMax = bytesMax,
            LeaseMs = leaseMs,
            Options = (ConsumeOptions)options,
            Queue = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(WaitMs);
        buffer.WriteUInt32(MessagesMax);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteUInt32(LeaseMs);
        buffer.WriteByte((byte)Options);
        buffer.Write(Queue);
    }
}
