namespace Nexo.Protocol;

/// <summary>
/// QUEUE DEAD LIST. Body: <c>[u32 bytesMax][u32 limit][u32 cursorLength][cursor][u32 queueLength][queue]</c> then a
/// <see cref="DeadFilter"/>. Answer: <see cref="KeptMessagePage"/>.
/// </summary>
public ref struct QueueDeadListRequest
{
    /// <summary>Bytes of a page; one message is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; private set; }

    /// <summary>Messages of a page, 1 to <see cref="ScanRequest.LimitMax"/>.</summary>
    public uint Limit { get; private set; }

    public ReadOnlySpan<byte> Cursor { get; private set; }

    public ReadOnlySpan<byte> Queue { get; private set; }

    public DeadFilter Filter;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeadListRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadUInt32(out uint limit)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> cursor)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !DeadFilter.TryRead(ref reader, out DeadFilter filter))
        {
            return false;
        }

        request.BytesMax = bytesMax;
        request.Limit = limit;
        request.Cursor = cursor;
        request.Queue = queue;
        request.Filter = filter;
        return true;
    }

    /// <summary>Writes what stands before the filter; calls to <see cref="DeadFilterFields"/> follow.</summary>
    public static void WriteStart(
        FrameBuffer buffer, uint bytesMax, uint limit, ReadOnlySpan<byte> cursor, ReadOnlySpan<byte> queue)
    {
        buffer.WriteUInt32(bytesMax);
        buffer.WriteUInt32(limit);
        buffer.WriteBlob(cursor);
        buffer.WriteBlob(queue);
    }
}

/// <summary>
/// QUEUE DEAD COUNT and QUEUE DEAD DELETE. Body: <c>[u32 queueLength][queue]</c> then a <see cref="DeadFilter"/>. Answer:
/// <see cref="CountReply"/>.
/// </summary>
public ref struct QueueDeadSelectRequest
{
    public ReadOnlySpan<byte> Queue { get; private set; }

    public DeadFilter Filter;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeadSelectRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !DeadFilter.TryRead(ref reader, out DeadFilter filter))
        {
            return false;
        }

        request.Queue = queue;
        request.Filter = filter;
        return true;
    }

    /// <summary>Writes what stands before the filter; calls to <see cref="DeadFilterFields"/> follow.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> queue) => buffer.WriteBlob(queue);
}

/// <summary>
/// QUEUE DEAD REDRIVE. Body: <c>[u32 perSecondMax][u64 messagesMax][u32 queueLength][queue][u32 targetLength][target]</c>
/// then a <see cref="DeadFilter"/>. Answer: <see cref="CountReply"/>.
/// </summary>
public ref struct QueueDeadRedriveRequest
{
    /// <summary>0: as fast as it goes.</summary>
    public uint PerSecondMax { get; private set; }

    /// <summary>0: all.</summary>
    public ulong MessagesMax { get; private set; }

    public ReadOnlySpan<byte> Queue { get; private set; }

    /// <summary>The queue that gets them; empty: each goes back to its source.</summary>
    public ReadOnlySpan<byte> Target { get; private set; }

    public DeadFilter Filter;

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueDeadRedriveRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint perSecondMax)
            || !reader.TryReadUInt64(out ulong messagesMax)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> target)
            || !DeadFilter.TryRead(ref reader, out DeadFilter filter))
        {
            return false;
        }

        request.PerSecondMax = perSecondMax;
        request.MessagesMax = messagesMax;
        request.Queue = queue;
        request.Target = target;
        request.Filter = filter;
        return true;
    }

    /// <summary>Writes what stands before the filter; calls to <see cref="DeadFilterFields"/> follow.</summary>
    public static void WriteStart(
        FrameBuffer buffer,
        uint perSecondMax,
        ulong messagesMax,
        ReadOnlySpan<byte> queue,
        ReadOnlySpan<byte> target)
    {
        buffer.WriteUInt32(perSecondMax);
        buffer.WriteUInt64(messagesMax);
        buffer.WriteBlob(queue);
        buffer.WriteBlob(target);
    }
}
