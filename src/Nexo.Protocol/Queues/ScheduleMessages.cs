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
            || message.CatchUp > CatchUpKind.Once
            || message.Flags > ScheduleFlags.Disabled)
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
/// Answer to SCHEDULE DESCRIBE. Body: a <see cref="ScheduledMessage"/> then <c>[i64 lastAt][i64 nextAt][u64 runs][u64
/// failed][u64 missed][u16 lastError][body, the rest]</c>; a time that is not is 0.
/// </summary>
public ref struct ScheduleDescribeReply
{
    public ScheduledMessage Message;

    /// <summary>When its last run was due, in ms since the Unix epoch.</summary>
    public long LastAt { get; set; }

    public long NextAt { get; set; }

    /// <summary>Runs that were due and tried, those that failed among them.</summary>
    public ulong Runs { get; set; }

    /// <summary>Runs whose push was refused.</summary>
    public ulong Failed { get; set; }

    /// <summary>Runs that were passed over, because the server was down.</summary>
    public ulong Missed { get; set; }

    /// <summary>Why the last run failed; none: it was pushed.</summary>
    public ErrorCode LastError { get; set; }

    public ReadOnlySpan<byte> Body { get; set; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScheduleDescribeReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!ScheduledMessage.TryRead(ref reader, out ScheduledMessage message)
            || !reader.TryReadInt64(out long lastAt)
            || !reader.TryReadInt64(out long nextAt)
            || !reader.TryReadUInt64(out ulong runs)
            || !reader.TryReadUInt64(out ulong failed)
            || !reader.TryReadUInt64(out ulong missed)
            || !reader.TryReadUInt16(out ushort lastError))
        {
            return false;
        }

        reply.Message = message;
        reply.LastAt = lastAt;
        reply.NextAt = nextAt;
        reply.Runs = runs;
        reply.Failed = failed;
        reply.Missed = missed;
        reply.LastError = (ErrorCode)lastError;
        reply.Body = reader.TakeRest();
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public readonly void Write(FrameBuffer buffer)
    {
        Message.Write(buffer);
        buffer.WriteInt64(LastAt);
        buffer.WriteInt64(NextAt);
        buffer.WriteUInt64(Runs);
        buffer.WriteUInt64(Failed);
        buffer.WriteUInt64(Missed);
        buffer.WriteUInt16((ushort)LastError);
        buffer.Write(Body);
    }
}
