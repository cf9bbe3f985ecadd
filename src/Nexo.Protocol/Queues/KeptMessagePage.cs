namespace Nexo.Protocol;

/// <summary>
/// Answer to QUEUE PEEK and QUEUE DEAD LIST. Body: <c>[u32 cursorLength][cursor][u32 count]</c> then each message as
/// <see cref="KeptMessage"/> says. A page may be short, even empty, before the end: only an empty cursor ends the list.
/// Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct KeptMessagePage
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out KeptMessagePage page)
    {
        var reader = new BodyReader(body);
        page = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        page = new KeptMessagePage { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!KeptMessage.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next message; false at the end.</summary>
    public bool TryTake(out KeptMessage message) => KeptMessage.TryReadItem(ref _items, out message);

    /// <summary>
    /// Writes what stands before the messages; <see cref="KeptMessage.Write"/> follows, count times.
    /// </summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}
