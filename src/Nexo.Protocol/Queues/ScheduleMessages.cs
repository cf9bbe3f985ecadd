namespace Nexo.Protocol;

/// <summary>
/// SCHEDULE SET. Body: a <see cref="ScheduledMessage"/> then <c>[body, the rest]</c>. Answer:
/// <see cref="ScheduleSetReply"/>.
/// </summary>
public ref struct ScheduleSetRequest
{
    public ScheduledMessage Message;

    public ReadOnlySpan<byte> Body { get; set; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScheduleSetRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!ScheduledMessage.TryRead(ref reader, out ScheduledMessage message)
            || message.CatchUp > CatchUpKind.Once)
        {
            return false;
        }

        request.Message = message;
        request.Body = reader.TakeRest();
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer)
    {
        Message.Write(buffer);
        buffer.Write(Body);
    }
}

/// <summary>
/// Answer to SCHEDULE SET. Body: <c>[bool created][i64 nextAt]</c>; the time of the next push is 0 if there is none.
/// </summary>
public readonly record struct ScheduleSetReply(bool Created, long NextAt)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out ScheduleSetReply reply)
    {
        var reader = new BodyReader(body);
        long nextAt = 0;
        bool read = reader.TryReadByte(out byte created) && reader.TryReadInt64(out nextAt) && reader.AtEnd;
        reply = new ScheduleSetReply(created != 0, nextAt);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte(Created ? (byte)1 : (byte)0);
        buffer.WriteInt64(NextAt);
    }
}

/// <summary>
/// Answer to SCHEDULE DESCRIBE. Body: a <see cref="ScheduledMessage"/> then <c>[i64 lastAt][i64 nextAt][body, the
/// rest]</c>; a time that is not is 0.
/// </summary>
public ref struct ScheduleDescribeReply
{
    public ScheduledMessage Message;

    public long LastAt { get; set; }

    public long NextAt { get; set; }

    public ReadOnlySpan<byte> Body { get; set; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScheduleDescribeReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!ScheduledMessage.TryRead(ref reader, out ScheduledMessage message)
            || !reader.TryReadInt64(out long lastAt)
            || !reader.TryReadInt64(out long nextAt))
        {
            return false;
        }

        reply.Message = message;
        reply.LastAt = lastAt;
        reply.NextAt = nextAt;
        reply.Body = reader.TakeRest();
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer)
    {
        Message.Write(buffer);
        buffer.WriteInt64(LastAt);
        buffer.WriteInt64(NextAt);
        buffer.Write(Body);
    }
}
