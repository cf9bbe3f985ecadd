namespace Nexo.Protocol;

/// <summary>
/// Answer to STREAM LIST, whose request is a <see cref="ScanRequest"/>. Body: <c>[u32 cursorLength][cursor][u32 count]</c> then
/// the items, each <c>[u64 first][u64 next][u64 bytes][u32 nameLength][name]</c>. Only an empty cursor ends the list. Checked
/// whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct StreamListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new StreamListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!StreamListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next stream; false at the end.</summary>
    public bool TryTake(out StreamListItem item) => StreamListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One stream of a <see cref="StreamListReply"/>.</summary>
public readonly ref struct StreamListItem
{
    public OffsetRange Range { get; init; }

    /// <summary>What it takes up, in files and in memory.</summary>
    public ulong Bytes { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out StreamListItem item)
    {
        item = default;
        if (!OffsetRange.TryRead(ref reader, out OffsetRange range)
            || !reader.TryReadUInt64(out ulong bytes)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name))
        {
            return false;
        }

        item = new StreamListItem { Range = range, Bytes = bytes, Name = name };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        Range.Write(buffer);
        buffer.WriteUInt64(Bytes);
        buffer.WriteBlob(Name);
    }
}
