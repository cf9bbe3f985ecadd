namespace Nexo.Protocol;

/// <summary>
/// Answer to RETAINED LIST. Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each <c>[i64 setAt][i64
/// expiresAt][u32 length, topic][u16 blockBytes][header block][u32 length, body]</c>. Only an empty cursor ends the list.
/// Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct RetainedListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out RetainedListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new RetainedListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!RetainedListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out RetainedListItem item) => RetainedListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One message of a <see cref="RetainedListReply"/>.</summary>
public readonly ref struct RetainedListItem
{
    // 8 + 8 + 4 + 2 + 4.
    private const int FixedSize = 26;

    /// <summary>When it was published, in ms since the Unix epoch.</summary>
    public long SetAt { get; init; }

    /// <summary>When it goes, in ms since the Unix epoch; 0: when it is replaced.</summary>
    public long ExpiresAt { get; init; }

    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public long Size => FixedSize + (long)Topic.Length + Headers.Length + Body.Length;

    internal static bool TryRead(scoped ref BodyReader reader, out RetainedListItem item)
    {
        item = default;
        if (!reader.TryReadInt64(out long setAt)
            || !reader.TryReadInt64(out long expiresAt)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> topic)
            || !HeaderBlock.TryRead(ref reader, out ReadOnlySpan<byte> headers)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> body))
        {
            return false;
        }

        item = new RetainedListItem
        {
            SetAt = setAt,
            ExpiresAt = expiresAt,
            Topic = topic,
            Headers = headers,
            Body = body,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    /// <exception cref="OverflowException">Its headers have more than 65,535 bytes; nothing was written.</exception>
    public void Write(FrameBuffer buffer)
    {
        _ = checked((ushort)Headers.Length);
        buffer.WriteInt64(SetAt);
        buffer.WriteInt64(ExpiresAt);
        buffer.WriteBlob(Topic);
        HeaderBlock.WriteBlock(buffer, Headers);
        buffer.WriteBlob(Body);
    }
}
