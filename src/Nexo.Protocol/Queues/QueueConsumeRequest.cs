namespace Nexo.Protocol;

/// <summary>How messages of a subscription or a pull are settled, as bits.</summary>
[Flags]
public enum ConsumeOptions : byte
{
    None = 0,

    /// <summary>
    /// Settling a message gives its credit back: credits are what may be unsettled at once. For subscriptions.
    /// </summary>
    SettlingGivesCredit = 1,

    /// <summary>Messages are settled by being delivered: at most once. They have no lease.</summary>
    SettledByDelivery = 2,
}

/// <summary>
/// QUEUE CONSUME, which opens a subscription. Body:
/// <c>[u32 credits][u8 options][u8 0][u16 0][u32 leaseMs][queue, the rest]</c>; a lease of 0 is the queue's. The reply has
/// no body; pushes are each a <see cref="DeliveryList"/> and cost a credit for each message.
/// </summary>
public readonly ref struct QueueConsumeRequest
{
    private const uint AllOptions = (uint)(ConsumeOptions.SettlingGivesCredit | ConsumeOptions.SettledByDelivery);

    public uint Credits { get; init; }

    public ConsumeOptions Options { get; init; }

    public uint LeaseMs { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueConsumeRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits)
            || credits > CreditNotice.CreditsMax
            || !reader.TryReadUInt32(out uint options)
            || options > AllOptions
            || !reader.TryReadUInt32(out uint leaseMs))
        {
            return false;
        }

        request = new QueueConsumeRequest
        {
            Credits = credits,
            Options = (ConsumeOptions)options,
            LeaseMs = leaseMs,
            Queue = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(Credits);
        buffer.WriteUInt32((uint)Options);
        buffer.WriteUInt32(LeaseMs);
        buffer.Write(Queue);
    }
}
