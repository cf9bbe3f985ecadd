namespace Nexo.Protocol;

/// <summary>
/// Answer to GROUP LIST, whose request is a <see cref="ScanRequest"/> with the name of the stream in the place of the prefix.
/// Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each <c>[u8 mode][u64 position][u64 lag][u32 members][u32
/// length, group]</c>. Only an empty cursor ends the list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct GroupListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new GroupListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!GroupListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next group; false at the end.</summary>
    public bool TryTake(out GroupListItem item) => GroupListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One group of a <see cref="GroupListReply"/>.</summary>
public readonly ref struct GroupListItem
{
    public GroupMode Mode { get; init; }

    /// <summary>The offset of the first record that is not done.</summary>
    public ulong Position { get; init; }

    /// <summary>Offsets from there to the stream's next, without those that are done.</summary>
    public ulong Lag { get; init; }

    public uint Members { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out GroupListItem item)
    {
        item = default;
        if (!reader.TryReadByte(out byte mode)
            || !reader.TryReadUInt64(out ulong position)
            || !reader.TryReadUInt64(out ulong lag)
            || !reader.TryReadUInt32(out uint members)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> group))
        {
            return false;
        }

        item = new GroupListItem
        {
            Mode = (GroupMode)mode,
            Position = position,
            Lag = lag,
            Members = members,
            Group = group,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Mode);
        buffer.WriteUInt64(Position);
        buffer.WriteUInt64(Lag);
        buffer.WriteUInt32(Members);
        buffer.WriteBlob(Group);
    }
}
