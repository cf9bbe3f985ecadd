namespace Nexo.Protocol;

/// <summary>What becomes of messages for which a subscription has no room. Numbers are append-only.</summary>
public enum SlowPolicy : byte
{
    /// <summary>The oldest that wait make room.</summary>
    DropOldest = 0,

    /// <summary>The new ones are dropped.</summary>
    DropNewest = 1,

    /// <summary>The subscription ends with <see cref="ErrorCode.SlowConsumer"/>.</summary>
    End = 2,
}

/// <summary>What a subscription to topics gets, as bits.</summary>
[Flags]
public enum SubscribeFlags : byte
{
    None = 0,

    /// <summary>The retained messages of its filters come first.</summary>
    Retained = 1,

    /// <summary>Messages that were published over the same connection do not come.</summary>
    NotOwn = 2,
}

/// <summary>
/// TOPIC SUBSCRIBE, which opens a subscription. Body: <c>[u32 credits][u8 whenSlow][u8 bits][u16 0][u32 outboxBytes][u32
/// count]([u32 length][filter])*</c>; an outbox of 0 is the server's default. The reply has no body; pushes are each a
/// <see cref="TopicPush"/> and cost a credit for each message.
/// </summary>
public ref struct TopicSubscribeRequest
{
    private const int FlagsShift = 8;
    private const SubscribeFlags AllFlags = SubscribeFlags.Retained | SubscribeFlags.NotOwn;

    public uint Credits { get; init; }

    public SlowPolicy WhenSlow { get; init; }

    public SubscribeFlags Flags { get; init; }

    /// <summary>Bytes of messages that may wait for credits or for the connection; 0: the server's default.</summary>
    public uint OutboxBytes { get; init; }

    /// <summary>The filters, checked.</summary>
    public BlobList Filters;

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicSubscribeRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits)
            || credits > CreditNotice.CreditsMax
            || !reader.TryReadUInt32(out uint options)
            || (SlowPolicy)(byte)options > SlowPolicy.End
            || options >> FlagsShift > (uint)AllFlags
            || !reader.TryReadUInt32(out uint outboxBytes)
            || !BlobList.TryRead(ref reader, out BlobList filters))
        {
            return false;
        }

        request = new TopicSubscribeRequest
        {
            Credits = credits,
            WhenSlow = (SlowPolicy)(byte)options,
            Flags = (SubscribeFlags)(options >> FlagsShift),
            OutboxBytes = outboxBytes,
            Filters = filters,
        };
        return true;
    }

    /// <summary>
    /// Writes what stands before the filters; <see cref="FrameBuffer.WriteBlob"/> follows, <paramref name="filters"/> times.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer, uint filters)
    {
        buffer.WriteUInt32(Credits);
        buffer.WriteUInt32((uint)WhenSlow | ((uint)Flags << FlagsShift));
        buffer.WriteUInt32(OutboxBytes);
        buffer.WriteUInt32(filters);
    }
}
