namespace Nexo.Protocol;

/// <summary>
/// A counted list of byte strings: <c>[u32 count]([u32 length][bytes])*</c>. Keys of MULTI GET and MULTI DELETE, fields
/// of HASH MULTI GET and HASH DELETE, filters of TOPIC SUBSCRIBE and TOPIC FILTERS. Reading it walks the whole list once,
/// so that reading items cannot fail half-way and a claimed count larger than the body is refused before anything is done.
/// </summary>
public ref struct BlobList
{
    /// <summary>Most items that a server takes in one list, of pairs too.</summary>
    public const uint ItemsMax = 65_536;

    private BodyReader _items;

    public uint Count { get; private init; }

    /// <summary>The items that were not taken yet, as they lie: <c>([u32 length][bytes])*</c>.</summary>
    public readonly ReadOnlySpan<byte> Encoded => _items.Rest;

    /// <summary>Reads a list that must be the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out BlobList list)
    {
        list = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        list = new BlobList { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadBlob(out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Reads a list that something follows.</summary>
    internal static bool TryReadPart(scoped ref BodyReader reader, out BlobList list)
    {
        list = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        ReadOnlySpan<byte> items = reader.Rest;
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadBlob(out _))
            {
                return false;
            }
        }

        list = new BlobList { Count = count, _items = new BodyReader(items[..^reader.Rest.Length]) };
        return true;
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out BlobList list)
    {
        var reader = new BodyReader(body);
        return TryRead(ref reader, out list);
    }

    /// <summary>Takes the next item; false at the end.</summary>
    public bool TryTake(out ReadOnlySpan<byte> item) => _items.TryReadBlob(out item);
}
