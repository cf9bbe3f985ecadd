namespace Nexo.Protocol;

/// <summary>What a record has, as bits; the same in a new one and in one that was appended.</summary>
[Flags]
public enum RecordParts : byte
{
    None = 0,

    /// <summary>Its time is the producer's. In a new record it follows, <c>i64</c> in ms since the Unix epoch.</summary>
    Timestamp = 1,

    /// <summary><c>blob</c>; an empty key is one.</summary>
    Key = 2,

    /// <summary>It says that its key has no value any more. Its own value is empty.</summary>
    Tombstone = 128,
}

/// <summary>What the two forms of a record have in common: what stands behind offset and time.</summary>
internal static class RecordForm
{
    private const RecordParts AllParts = RecordParts.Timestamp | RecordParts.Key | RecordParts.Tombstone;

    public static bool AreKnown(RecordParts parts) => (parts & ~AllParts) == 0;

    /// <summary>Reads <c>{u32 length, key}[u16 blockBytes][header block][value, the rest]</c>.</summary>
    public static bool TryRead(
        scoped ref BodyReader reader,
        RecordParts parts,
        out ReadOnlySpan<byte> key,
        out ReadOnlySpan<byte> headers,
        out ReadOnlySpan<byte> value)
    {
        key = default;
        headers = default;
        value = default;
        if (((parts & RecordParts.Key) != 0 && !reader.TryReadBlob(out key)) || !HeaderBlock.TryRead(ref reader, out headers))
        {
            return false;
        }

        value = reader.TakeRest();
        return (parts & RecordParts.Tombstone) == 0 || value.IsEmpty;
    }

    public static long SizeOf(RecordParts parts, int keyBytes, int headerBytes, int valueBytes) =>
        ((parts & RecordParts.Key) == 0 ? 0 : sizeof(uint) + (long)keyBytes) + sizeof(ushort) + headerBytes + valueBytes;

    public static void Write(
        FrameBuffer buffer,
        RecordParts parts,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> headers,
        ReadOnlySpan<byte> value)
    {
        if ((parts & RecordParts.Key) != 0)
        {
            buffer.WriteBlob(key);
        }

        HeaderBlock.WriteBlock(buffer, headers);
        buffer.Write(value);
    }
}
