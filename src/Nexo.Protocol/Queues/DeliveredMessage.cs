using System.Buffers.Binary;

namespace Nexo.Protocol;

/// <summary>The optional parts of a delivered message, in the order in which they follow.</summary>
[Flags]
public enum DeliveryParts : byte
{
    None = 0,

    /// <summary><c>blob</c>.</summary>
    Group = 1,
}

/// <summary>What else is to be said of a delivery, as bits; those that are not named here were added later.</summary>
[Flags]
public enum DeliveryFlags : byte
{
    None = 0,

    /// <summary>
    /// It may have been delivered before, also when <see cref="DeliveredMessage.Attempt"/> is 1: a crash may have taken the
    /// count of its last deliveries with it.
    /// </summary>
    Redelivered = 1,
}

/// <summary>
/// A message as a consumer gets it, one of a <see cref="DeliveryList"/>:
/// <c>[u32 bytes][u64 messageId][u64 lease][i64 enqueuedAt][i64 leaseEndsAt][u32 attempt][u8 present][u8 priority][u8 flags]
/// [u8 reserved 0]{u32 length, group}[u16 blockBytes][header block][body, to the end of bytes]</c>; <c>bytes</c> counts
/// what follows it.
/// </summary>
public readonly ref struct DeliveredMessage
{
    /// <summary>Bytes of an item before its optional parts: 4 + 4 × 8 + 4 + 4 × 1.</summary>
    private const int FixedSize = 44;

    public ulong MessageId { get; init; }

    /// <summary>
    /// A token that this delivery alone has; settling gives it back. 0 when the message is settled by delivery.
    /// </summary>
    public ulong Lease { get; init; }

    /// <summary>When the message was first pushed, in ms since the Unix epoch.</summary>
    public long EnqueuedAt { get; init; }

    /// <summary>In ms since the Unix epoch; 0 when the message is settled by delivery.</summary>
    public long LeaseEndsAt { get; init; }

    /// <summary>Which delivery of the message this is, 1 for the first.</summary>
    public uint Attempt { get; init; }

    /// <summary>Which of the optional parts below are on the wire.</summary>
    public DeliveryParts Parts { get; init; }

    public byte Priority { get; init; }

    public DeliveryFlags Flags { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    internal static bool TryReadItem(scoped ref BodyReader reader, out DeliveredMessage delivery)
    {
        delivery = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        ReadOnlySpan<byte> group = default;
        if (!inner.TryReadUInt64(out ulong messageId)
            || !inner.TryReadUInt64(out ulong lease)
            || !inner.TryReadInt64(out long enqueuedAt)
            || !inner.TryReadInt64(out long leaseEndsAt)
            || !inner.TryReadUInt64(out ulong tail)
            || (DeliveryParts)(byte)(tail >> 32) is not (<= DeliveryParts.Group and var parts)
            || ((parts & DeliveryParts.Group) != 0 && !inner.TryReadBlob(out group))
            || !HeaderBlock.TryRead(ref inner, out ReadOnlySpan<byte> headers))
        {
            return false;
        }

        delivery = new DeliveredMessage
        {
            MessageId = messageId,
            Lease = lease,
            EnqueuedAt = enqueuedAt,
            LeaseEndsAt = leaseEndsAt,
            Attempt = (uint)tail,
            Parts = parts,
            Priority = (byte)(tail >> 40),
            Flags = (DeliveryFlags)(byte)(tail >> 48),
            Group = group,
            Headers = headers,
            Body = inner.TakeRest(),
        };
        return true;
    }

    /// <summary>Bytes that <see cref="Write"/> writes, its <c>[u32 bytes]</c> included.</summary>
    public long Size => Measure(Headers.Length, Body.Length);

    /// <summary>Writes the delivery behind those that were written before.</summary>
    /// <exception cref="OverflowException">It is larger than any frame, or its headers than 65,535 bytes; nothing was
    /// written.</exception>
    public void Write(FrameBuffer buffer)
    {
        WriteStart(buffer, Headers.Length, Body.Length);
        buffer.WriteUInt16((ushort)Headers.Length);
        buffer.Write(Headers);
        buffer.Write(Body);
    }

    /// <summary>
    /// Writes what stands before the headers. <c>[u16 blockBytes][header block][body]</c> follow, of the sizes that are
    /// given: for a message that is read from where it lies straight into the frame.
    /// </summary>
    /// <exception cref="OverflowException">As of <see cref="Write"/>.</exception>
    public void WriteStart(FrameBuffer buffer, int headerBytes, int bodyBytes)
    {
        uint bytes = checked((uint)(Measure(headerBytes, bodyBytes) - sizeof(uint)));
        _ = checked((ushort)headerBytes);

        // One reservation, then stores: this runs for every message.
        Span<byte> start = buffer.GetSpan(FixedSize)[..FixedSize];
        BinaryPrimitives.WriteUInt32LittleEndian(start, bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(start[4..], MessageId);
        BinaryPrimitives.WriteUInt64LittleEndian(start[12..], Lease);
        BinaryPrimitives.WriteInt64LittleEndian(start[20..], EnqueuedAt);
        BinaryPrimitives.WriteInt64LittleEndian(start[28..], LeaseEndsAt);
        BinaryPrimitives.WriteUInt64LittleEndian(
            start[36..], Attempt | ((ulong)Parts << 32) | ((ulong)Priority << 40) | ((ulong)Flags << 48));
        buffer.Advance(FixedSize);
        if ((Parts & DeliveryParts.Group) != 0)
        {
            buffer.WriteBlob(Group);
        }
    }

    /// <summary>Bytes of the whole item with headers and a body of these sizes.</summary>
    public long Measure(int headerBytes, int bodyBytes) =>
        FixedSize
        + ((Parts & DeliveryParts.Group) == 0 ? 0 : sizeof(uint) + (long)Group.Length)
        + sizeof(ushort)
        + headerBytes
        + bodyBytes;
}
