namespace Nexo.Protocol;

/// <summary>What an entry holds.</summary>
public enum EntryKind : byte
{
    Value = 0,
    Hash = 1,
    List = 2,
    Set = 3,
    SortedSet = 4,
}

/// <summary>
/// Answer to STORE SCAN. Body: <c>[u32 cursorLength][cursor][u32 count]([u8 entryKind][u32 length][key])*</c>.
/// A page may be short, even empty, before the end: only an empty cursor ends the scan. Checked whole on reading it, as
/// <see cref="BlobList"/> is.
/// </summary>
public ref struct ScanReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ScanReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new ScanReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!TryReadKey(ref reader, out _, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next key; false at the end.</summary>
    public bool TryTake(out EntryKind kind, out ReadOnlySpan<byte> key) => TryReadKey(ref _items, out kind, out key);

    private static bool TryReadKey(scoped ref BodyReader reader, out EntryKind kind, out ReadOnlySpan<byte> key)
    {
        key = default;
        bool read = reader.TryReadByte(out byte number) && reader.TryReadBlob(out key);
        kind = (EntryKind)number;
        return read;
    }
}
