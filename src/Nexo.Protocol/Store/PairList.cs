namespace Nexo.Protocol;

/// <summary>
/// A counted list of pairs of byte strings: <c>[u32 count]([u32 firstLength][u32 secondLength][first][second])*</c>.
/// Keys and values of MULTI SET, fields and values of HASH SET and of the answer to HASH GET ALL. Checked whole on
/// reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct PairList
{
    private BodyReader _items;

    public uint Count { get; private init; }

    /// <summary>Reads a list that must be the rest of the body.</summary>
    public static bool TryRead(scoped ref BodyReader reader, out PairList list)
    {
        list = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        list = new PairList { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!TryReadPair(ref reader, out _, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next pair; false at the end.</summary>
    public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second) =>
        TryReadPair(ref _items, out first, out second);

    public static void WriteItem(FrameBuffer buffer, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        buffer.WriteUInt32((uint)first.Length);
        buffer.WriteUInt32((uint)second.Length);
        buffer.Write(first);
        buffer.Write(second);
    }

    private static bool TryReadPair(
        scoped ref BodyReader reader, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        first = default;
        second = default;
        return reader.TryReadUInt32(out uint firstLength)
            && reader.TryReadUInt32(out uint secondLength)
            && reader.TryReadBytes(firstLength, out first)
            && reader.TryReadBytes(secondLength, out second);
    }
}
