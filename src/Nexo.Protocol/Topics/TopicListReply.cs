namespace Nexo.Protocol;

/// <summary>
/// Answer to TOPIC LIST, whose request is a <see cref="ScanRequest"/> with a filter in the place of the prefix. Body: <c>[u32
/// cursorLength][cursor][u32 count]</c> then the items, each <c>[u32 length, topic][u64 subscriptions][u64 messages][u64
/// bytes]</c>. Only an empty cursor ends the list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct TopicListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new TopicListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!TopicListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next topic; false at the end.</summary>
    public bool TryTake(out TopicListItem item) => TopicListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One topic of a <see cref="TopicListReply"/>, to which something was published lately.</summary>
public readonly ref struct TopicListItem
{
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>Subscriptions that get its messages; shared ones all count.</summary>
    public ulong Subscriptions { get; init; }

    /// <summary>Messages since the server has the topic in mind, which is not for ever.</summary>
    public ulong Messages { get; init; }

    /// <summary>Bytes of their topics, headers and bodies.</summary>
    public ulong Bytes { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out TopicListItem item)
    {
        item = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> topic)
            || !reader.TryReadUInt64(out ulong subscriptions)
            || !reader.TryReadUInt64(out ulong messages)
            || !reader.TryReadUInt64(out ulong bytes))
        {
            return false;
        }

        item = new TopicListItem { Topic = topic, Subscriptions = subscriptions, Messages = messages, Bytes = bytes };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteBlob(Topic);
        buffer.WriteUInt64(Subscriptions);
        buffer.WriteUInt64(Messages);
        buffer.WriteUInt64(Bytes);
    }
}
