namespace Nexo.Protocol;

/// <summary>The optional parts of a message that is published, in the order in which they follow.</summary>
[Flags]
public enum PublishParts : byte
{
    None = 0,

    /// <summary><c>i64</c>: ms from now until a retained message goes.</summary>
    Ttl = 1,
}

/// <summary>What else is to be done with a message that is published, as bits.</summary>
[Flags]
public enum PublishFlags : byte
{
    None = 0,

    /// <summary>
    /// It is kept as its topic's last value, for who subscribes later. With an empty body, the one that is there goes.
    /// </summary>
    Retain = 1,
}

/// <summary>
/// A message on its way to a topic: alone in a <see cref="TopicPublishRequest"/> or a <see cref="TopicWillRequest"/>, or one of
/// many in a <see cref="TopicPublishBatchRequest"/>, where it is <c>[u32 bytes][u8 present][u8 bits][u16 topicBytes][topic]{i64
/// ttlMs}[u16 blockBytes][header block][body, to the end of bytes]</c>; <c>bytes</c> counts what follows it.
/// </summary>
public readonly ref struct TopicPublication
{
    // Of an item in a batch: 4 + 1 + 1 + 2.
    private const int ItemStartSize = 8;

    // Places in the first four bytes, read as one number: present, bits, and two more that are not the same everywhere.
    private const int FlagsShift = 8;
    private const int RestShift = 16;

    /// <summary>Which of the optional parts below are on the wire.</summary>
    public PublishParts Parts { get; init; }

    public PublishFlags Flags { get; init; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    public long TtlMs { get; init; }

    /// <summary>
    /// A header block without its leading size, checked. Of a message that is published alone it is the frame's, and empty
    /// here.
    /// </summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Bytes that <see cref="WriteItem"/> writes.</summary>
    public long ItemSize =>
        ItemStartSize + (long)Topic.Length + TtlSize + sizeof(ushort) + Headers.Length + Body.Length;

    private int TtlSize => (Parts & PublishParts.Ttl) == 0 ? 0 : sizeof(long);

    /// <summary>Reads one message of a batch.</summary>
    internal static bool TryReadItem(scoped ref BodyReader reader, out TopicPublication message)
    {
        message = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        if (!inner.TryReadUInt32(out uint head)
            || !AreKnown(head)
            || !inner.TryReadBytes(head >> RestShift, out ReadOnlySpan<byte> topic)
            || !TryReadTtl(ref inner, head, out long ttlMs)
            || !HeaderBlock.TryRead(ref inner, out ReadOnlySpan<byte> headers))
        {
            return false;
        }

        message = new TopicPublication
        {
            Parts = PartsOf(head),
            Flags = FlagsOf(head),
            Topic = topic,
            TtlMs = ttlMs,
            Headers = headers,
            Body = inner.TakeRest(),
        };
        return true;
    }

    /// <summary>
    /// Reads a message that is alone: <c>[u8 present][u8 bits][u16 0][u32 topicLength][topic]{i64 ttlMs}[body, the rest]</c>.
    /// </summary>
    internal static bool TryReadAlone(scoped ref BodyReader reader, out TopicPublication message)
    {
        message = default;
        if (!reader.TryReadUInt64(out ulong head)
            || (uint)head >> RestShift != 0
            || !AreKnown((uint)head)
            || !reader.TryReadBytes((uint)(head >> 32), out ReadOnlySpan<byte> topic)
            || !TryReadTtl(ref reader, (uint)head, out long ttlMs))
        {
            return false;
        }

        message = new TopicPublication
        {
            Parts = PartsOf((uint)head),
            Flags = FlagsOf((uint)head),
            Topic = topic,
            TtlMs = ttlMs,
            Body = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the message behind those of the batch that were written before.</summary>
    /// <exception cref="OverflowException">The message is larger than any frame, or its topic or its headers than 65,535
    /// bytes; nothing was written.</exception>
    public void WriteItem(FrameBuffer buffer)
    {
        uint bytes = checked((uint)(ItemSize - sizeof(uint)));
        ushort topicBytes = checked((ushort)Topic.Length);
        _ = checked((ushort)Headers.Length);
        buffer.WriteUInt64(bytes | ((ulong)HeadOf(topicBytes) << 32));
        buffer.Write(Topic);
        WriteTtl(buffer);
        HeaderBlock.WriteBlock(buffer, Headers);
        buffer.Write(Body);
    }

    internal void WriteAlone(FrameBuffer buffer)
    {
        buffer.WriteUInt64(HeadOf(0) | ((ulong)(uint)Topic.Length << 32));
        buffer.Write(Topic);
        WriteTtl(buffer);
        buffer.Write(Body);
    }

    private static PublishParts PartsOf(uint head) => (PublishParts)(byte)head;

    private static PublishFlags FlagsOf(uint head) => (PublishFlags)(byte)(head >> FlagsShift);

    private static bool AreKnown(uint head) => PartsOf(head) <= PublishParts.Ttl && FlagsOf(head) <= PublishFlags.Retain;

    private static bool TryReadTtl(scoped ref BodyReader reader, uint head, out long ttlMs)
    {
        ttlMs = 0;
        return PartsOf(head) == PublishParts.None || reader.TryReadInt64(out ttlMs);
    }

    private uint HeadOf(ushort rest) => (byte)Parts | ((uint)Flags << FlagsShift) | ((uint)rest << RestShift);

    private void WriteTtl(FrameBuffer buffer)
    {
        if ((Parts & PublishParts.Ttl) != 0)
        {
            buffer.WriteInt64(TtlMs);
        }
    }
}
