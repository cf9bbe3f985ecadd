namespace Nexo.Protocol;

/// <summary>
/// QUEUE EXTEND. Body: <c>[u32 leaseMs][u32 queueLength][queue]</c> then a <see cref="LeaseList"/>; a lease of 0 is the
/// queue's. It counts from now. Answer: <see cref="QueueExtendReply"/>.
/// </summary>
public ref struct QueueExtendRequest
{
    public uint LeaseMs { get; private set; }

    public ReadOnlySpan<byte> Queue { get; private set; }

    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueExtendRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint leaseMs)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request.LeaseMs = leaseMs;
        request.Queue = queue;
        request.Leases = leases;
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, count times.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, uint leaseMs, ReadOnlySpan<byte> queue, uint count)
    {
        buffer.WriteUInt32(leaseMs);
        buffer.WriteBlob(queue);
        buffer.WriteUInt32(count);
    }
}

/// <summary>
/// Answer to QUEUE EXTEND, in the order of the request. Body: <c>[u32 count]([u16 code][i64 leaseEndsAt])*</c>; the time is
/// 0 when the code is not. The size is checked on reading it.
/// </summary>
public ref struct QueueExtendReply
{
    /// <summary>Bytes of an item: 2 + 8.</summary>
    public const int ItemSize = sizeof(ushort) + sizeof(long);

    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueExtendReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint count) && (ulong)count * ItemSize == (ulong)reader.Rest.Length;
        reply = new QueueExtendReply { Count = count, _items = reader };
        return read;
    }

    /// <summary>Takes the next item; false at the end.</summary>
    public bool TryTake(out ErrorCode error, out long leaseEndsAt)
    {
        leaseEndsAt = 0;
        bool read = _items.TryReadUInt16(out ushort code) && _items.TryReadInt64(out leaseEndsAt);
        error = (ErrorCode)code;
        return read;
    }

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, uint count) => buffer.WriteUInt32(count);

    public static void WriteItem(FrameBuffer buffer, ErrorCode error, long leaseEndsAt)
    {
        buffer.WriteUInt16((ushort)error);
        buffer.WriteInt64(leaseEndsAt);
    }
}
