namespace Nexo.Protocol;

/// <summary>
/// Answer to SCHEDULE LIST. Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each <c>[u8 flags][i64
/// lastAt][i64 nextAt][u32 length, name][u32 length, cron][u32 length, timeZone][u32 length, queue]</c>. Only an empty
/// cursor ends the list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct ScheduleListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScheduleListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new ScheduleListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!ScheduleListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next schedule; false at the end.</summary>
    public bool TryTake(out ScheduleListItem item) => ScheduleListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One schedule of a <see cref="ScheduleListReply"/>; a time that is not is 0.</summary>
public readonly ref struct ScheduleListItem
{
    public ScheduleFlags Flags { get; init; }

    public bool IsDisabled => (Flags & ScheduleFlags.Disabled) != 0;

    /// <summary>When its last run was due, in ms since the Unix epoch.</summary>
    public long LastAt { get; init; }

    public long NextAt { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public ReadOnlySpan<byte> Cron { get; init; }

    public ReadOnlySpan<byte> TimeZone { get; init; }

    public ReadOnlySpan<byte> Queue { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out ScheduleListItem item)
    {
        item = default;
        if (!reader.TryReadByte(out byte flags)
            || !reader.TryReadInt64(out long lastAt)
            || !reader.TryReadInt64(out long nextAt)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> cron)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> timeZone)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> queue))
        {
            return false;
        }

        item = new ScheduleListItem
        {
            Flags = (ScheduleFlags)flags,
            LastAt = lastAt,
            NextAt = nextAt,
            Name = name,
            Cron = cron,
            TimeZone = timeZone,
            Queue = queue,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Flags);
        buffer.WriteInt64(LastAt);
        buffer.WriteInt64(NextAt);
        buffer.WriteBlob(Name);
        buffer.WriteBlob(Cron);
        buffer.WriteBlob(TimeZone);
        buffer.WriteBlob(Queue);
    }
}
