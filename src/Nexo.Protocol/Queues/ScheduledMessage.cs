namespace Nexo.Protocol;

/// <summary>What a schedule does about runs that were missed while the server was down.</summary>
public enum CatchUpKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>One push, however many were missed.</summary>
    Once = 1,
}

/// <summary>The optional parts of a scheduled message, in the order in which they follow.</summary>
[Flags]
public enum ScheduleParts : byte
{
    None = 0,

    /// <summary><c>i64</c>: ms from each push until the message is dropped.</summary>
    Ttl = 1,

    /// <summary><c>blob</c>: the message's group.</summary>
    Group = 2,
}

/// <summary>What else is to be said of a schedule, as bits.</summary>
[Flags]
public enum ScheduleFlags : byte
{
    None = 0,

    /// <summary>It is kept and pushes nothing.</summary>
    Disabled = 1,
}

/// <summary>
/// A message that is pushed again and again, as SCHEDULE SET gives it and SCHEDULE DESCRIBE answers it, without its body:
/// <c>[u8 catchUp][u8 present][u8 priority][u8 flags][u32 length, name][u32 length, cron][u32 length, timeZone][u32
/// length, queue]{i64 ttlMs}{u32 length, group}</c>. The message's headers are the frame's.
/// </summary>
public readonly ref struct ScheduledMessage
{
    private const ScheduleParts AllParts = ScheduleParts.Ttl | ScheduleParts.Group;

    public CatchUpKind CatchUp { get; init; }

    /// <summary>Which of the optional parts below are on the wire.</summary>
    public ScheduleParts Parts { get; init; }

    public byte Priority { get; init; }

    public ScheduleFlags Flags { get; init; }

    public bool IsDisabled => (Flags & ScheduleFlags.Disabled) != 0;

    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>UTF-8: when to push; <c>docs/protocol.md</c> says in which forms.</summary>
    public ReadOnlySpan<byte> Cron { get; init; }

    /// <summary>UTF-8: an IANA name; empty: UTC.</summary>
    public ReadOnlySpan<byte> TimeZone { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    public long TtlMs { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out ScheduledMessage message)
    {
        message = default;
        long ttlMs = 0;
        ReadOnlySpan<byte> group = default;
        if (!reader.TryReadUInt32(out uint head)
            || (ScheduleParts)(byte)(head >> 8) is not (>= ScheduleParts.None and <= AllParts and var parts)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> cron)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> timeZone)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue)
            || ((parts & ScheduleParts.Ttl) != 0 && !reader.TryReadInt64(out ttlMs))
            || ((parts & ScheduleParts.Group) != 0 && !reader.TryReadBlob(out group)))
        {
            return false;
        }

        message = new ScheduledMessage
        {
            CatchUp = (CatchUpKind)(byte)head,
            Parts = parts,
            Priority = (byte)(head >> 16),
            Flags = (ScheduleFlags)(byte)(head >> 24),
            Name = name,
            Cron = cron,
            TimeZone = timeZone,
            Queue = queue,
            TtlMs = ttlMs,
            Group = group,
        };
        return true;
    }

    internal void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32((uint)CatchUp | ((uint)Parts << 8) | ((uint)Priority << 16) | ((uint)Flags << 24));
        buffer.WriteBlob(Name);
        buffer.WriteBlob(Cron);
        buffer.WriteBlob(TimeZone);
        buffer.WriteBlob(Queue);
        if ((Parts & ScheduleParts.Ttl) != 0)
        {
            buffer.WriteInt64(TtlMs);
        }

        if ((Parts & ScheduleParts.Group) != 0)
        {
            buffer.WriteBlob(Group);
        }
    }
}
