namespace Nexo.Protocol;

/// <summary>The optional parts of a message that is kept, in the order in which they follow.</summary>
[Flags]
public enum KeptParts : byte
{
    None = 0,

    /// <summary><c>blob</c>.</summary>
    Group = 1,

    /// <summary><c>i64</c>: when it can be delivered next. Of a delayed message, and of a leased one.</summary>
    VisibleAt = 2,

    /// <summary><c>i64</c>: when its life ends.</summary>
    ExpiresAt = 4,

    /// <summary>What is to be said of a dead letter.</summary>
    Dead = 8,
}

/// <summary>Why a message became a dead letter. Numbers are append-only.</summary>
public enum DeadCause : ushort
{
    None = 0,

    /// <summary>It failed as often as it may.</summary>
    MaxDeliveries = 1,

    /// <summary>Its life ended before it was settled.</summary>
    Expired = 2,

    /// <summary>A consumer asked for it.</summary>
    Rejected = 3,

    /// <summary>The queue was full, and keeps what comes then as dead letters.</summary>
    QueueFull = 4,

    /// <summary>Its consumers went away too often while they had it.</summary>
    ConsumerLost = 5,
}

/// <summary>
/// A message that is looked at where it lies, one of a <see cref="KeptMessagePage"/>:
/// <c>[u32 bytes][u64 messageId][i64 enqueuedAt][u32 attempts][u32 failures][u8 present][u8 priority][u16 reserved 0]{u32
/// length, group}{i64 visibleAt}{i64 expiresAt}{i64 diedAt, u16 cause, u32 length, source, u32 length, reason}[u16
/// blockBytes][header block][body, to the end of bytes]</c>; <c>bytes</c> counts what follows it.
/// </summary>
public readonly ref struct KeptMessage
{
    // Bytes before the optional parts, without the size itself: 8 + 8 + 4 + 4 + 1 + 1 + 2.
    private const int FixedSize = 28;
    private const int DeadFixedSize = sizeof(long) + sizeof(ushort) + (2 * sizeof(uint));

    private const KeptParts AllParts = KeptParts.Group | KeptParts.VisibleAt | KeptParts.ExpiresAt | KeptParts.Dead;

    public ulong MessageId { get; init; }

    /// <summary>When the message was first pushed, in ms since the Unix epoch, as all times here.</summary>
    public long EnqueuedAt { get; init; }

    /// <summary>Deliveries that were made.</summary>
    public uint Attempts { get; init; }

    /// <summary>Those of them that ended in a nack or with the lease: they count against the queue's limit.</summary>
    public uint Failures { get; init; }

    /// <summary>Which of the optional parts below are on the wire.</summary>
    public KeptParts Parts { get; init; }

    public byte Priority { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public long VisibleAt { get; init; }

    public long ExpiresAt { get; init; }

    public long DiedAt { get; init; }

    public DeadCause Cause { get; init; }

    /// <summary>The queue in which it died.</summary>
    public ReadOnlySpan<byte> Source { get; init; }

    /// <summary>UTF-8, for people: what the last failure gave as its reason.</summary>
    public ReadOnlySpan<byte> Reason { get; init; }

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    internal static bool TryReadItem(scoped ref BodyReader reader, out KeptMessage message)
    {
        message = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        if (!inner.TryReadUInt64(out ulong messageId)
            || !inner.TryReadInt64(out long enqueuedAt)
            || !inner.TryReadUInt32(out uint attempts)
            || !inner.TryReadUInt32(out uint failures)
            || !inner.TryReadUInt32(out uint tail)
            || !TryReadParts(ref inner, (KeptParts)(byte)tail, out KeptMessage parts)
            || !HeaderBlock.TryRead(ref inner, out ReadOnlySpan<byte> headers))
        {
            return false;
        }

        message = parts with
        {
            MessageId = messageId,
            EnqueuedAt = enqueuedAt,
            Attempts = attempts,
            Failures = failures,
            Priority = (byte)(tail >> 8),
            Headers = headers,
            Body = inner.TakeRest(),
        };
        return true;
    }

    private static bool TryReadParts(scoped ref BodyReader reader, KeptParts parts, out KeptMessage message)
    {
        long visibleAt = 0;
        long expiresAt = 0;
        long diedAt = 0;
        ushort cause = 0;
        ReadOnlySpan<byte> group = default;
        ReadOnlySpan<byte> source = default;
        ReadOnlySpan<byte> reason = default;
        bool read = parts <= AllParts
            && ((parts & KeptParts.Group) == 0 || reader.TryReadBlob(out group))
            && ((parts & KeptParts.VisibleAt) == 0 || reader.TryReadInt64(out visibleAt))
            && ((parts & KeptParts.ExpiresAt) == 0 || reader.TryReadInt64(out expiresAt))
            && ((parts & KeptParts.Dead) == 0
                || (reader.TryReadInt64(out diedAt)
                    && reader.TryReadUInt16(out cause)
                    && reader.TryReadBlob(out source)
                    && reader.TryReadBlob(out reason)));
        message = new KeptMessage
        {
            Parts = parts,
            Group = group,
            VisibleAt = visibleAt,
            ExpiresAt = expiresAt,
            DiedAt = diedAt,
            Cause = (DeadCause)cause,
            Source = source,
            Reason = reason,
        };
        return read;
    }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public long Size =>
        sizeof(uint)
        + FixedSize
        + ((Parts & KeptParts.Group) == 0 ? 0 : sizeof(uint) + (long)Group.Length)
        + ((Parts & KeptParts.VisibleAt) == 0 ? 0 : sizeof(long))
        + ((Parts & KeptParts.ExpiresAt) == 0 ? 0 : sizeof(long))
        + ((Parts & KeptParts.Dead) == 0 ? 0 : DeadFixedSize + (long)Source.Length + Reason.Length)
        + sizeof(ushort)
        + Headers.Length
        + Body.Length;

    /// <summary>Writes the message behind those that were written before.</summary>
    /// <exception cref="OverflowException">It is larger than any frame, or its headers than 65,535 bytes; nothing was
    /// written.</exception>
    public void Write(FrameBuffer buffer)
    {
        uint bytes = checked((uint)(Size - sizeof(uint)));
        _ = checked((ushort)Headers.Length);
        buffer.WriteUInt32(bytes);
        buffer.WriteUInt64(MessageId);
        buffer.WriteInt64(EnqueuedAt);
        buffer.WriteUInt32(Attempts);
        buffer.WriteUInt32(Failures);
        buffer.WriteUInt32((uint)Parts | ((uint)Priority << 8));
        WriteParts(buffer);
        HeaderBlock.WriteBlock(buffer, Headers);
        buffer.Write(Body);
    }

    private void WriteParts(FrameBuffer buffer)
    {
        if ((Parts & KeptParts.Group) != 0)
        {
            buffer.WriteBlob(Group);
        }

        if ((Parts & KeptParts.VisibleAt) != 0)
        {
            buffer.WriteInt64(VisibleAt);
        }

        if ((Parts & KeptParts.ExpiresAt) != 0)
        {
            buffer.WriteInt64(ExpiresAt);
        }

        if ((Parts & KeptParts.Dead) != 0)
        {
            buffer.WriteInt64(DiedAt);
            buffer.WriteUInt16((ushort)Cause);
            buffer.WriteBlob(Source);
            buffer.WriteBlob(Reason);
        }
    }
}
