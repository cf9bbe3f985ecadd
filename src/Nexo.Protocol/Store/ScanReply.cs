namespace Nexo.Protocol;

/// <summary>What an entry holds.</summary>
public enum EntryKind : byte
{
    Value = 0,
    Hash = 1,
}

/// <summary>
/// Answer to STORE SCAN. Body: <c>[u32 cursorLength][cursor][u32 count]([u8 entryKind][u32 length][key])*</c>.
/// A page may be short, even empty, before the end: only an empty cursor ends the scan.
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
        return true;
    }

    /// <summary>Takes the next key; false after <see cref="Count"/> of them, or when the body is too short.</summary>
    public bool TryTake(out EntryKind kind, out ReadOnlySpan<byte> key)
    {
        key = default;
        bool read = _items.TryReadByte(out byte number) && _items.TryReadBlob(out key);
        kind = (EntryKind)number;
        return read;
    }
}
