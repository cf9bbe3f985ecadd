namespace Nexo.Protocol;

/// <summary>
/// STREAM APPEND BATCH: all of it is appended or nothing. Body: <c>[u8 present][u8 0][u16 0][u32 streamLength][stream]{u64
/// expectedNext}{u64 expectedKeyVersion, u32 length, key}{u64 producer, u64 sequence}[u32 count]</c> then the records, each as
/// <see cref="NewRecord"/> says. Checked whole on reading it, as <see cref="BlobList"/> is. Answer:
/// <see cref="StreamAppendReply"/>.
/// </summary>
public ref struct StreamAppendBatchRequest
{
    private const AppendParts AllParts =
        AppendParts.ExpectedNext | AppendParts.ExpectedKeyVersion | AppendParts.Producer;

    private BodyReader _items;

    /// <summary>Which of the first three parts there are.</summary>
    public AppendParts Parts { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ulong ExpectedNext { get; init; }

    public ulong ExpectedKeyVersion { get; init; }

    /// <summary>The key whose version is expected.</summary>
    public ReadOnlySpan<byte> ExpectedKey { get; init; }

    public ulong Producer { get; init; }

    /// <summary>Of the first record; the others follow.</summary>
    public ulong Sequence { get; init; }

    public uint Count { get; private set; }

    /// <summary>The records that were not taken yet, as they lie.</summary>
    public readonly ReadOnlySpan<byte> Records => _items.Rest;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamAppendBatchRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong head)
            || ((uint)head & ~(uint)AllParts) != 0
            || !reader.TryReadBytes((uint)(head >> 32), out ReadOnlySpan<byte> stream)
            || !TryReadParts(ref reader, (AppendParts)(byte)head, stream, out request)
            || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        request.Count = count;
        request._items = reader;
        for (uint i = 0; i < count; i++)
        {
            if (!NewRecord.TryReadItem(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next record; false at the end.</summary>
    public bool TryTake(out NewRecord record) => NewRecord.TryReadItem(ref _items, out record);

    /// <summary>
    /// Writes what stands before the records; <see cref="NewRecord.Write"/> follows, <paramref name="count"/> times.
    /// </summary>
    /// <returns>Where the count is in the body, for <see cref="FrameBuffer.PatchUInt32"/> once it is known.</returns>
    public readonly int WriteStart(FrameBuffer buffer, uint count)
    {
        buffer.WriteUInt64((byte)Parts | ((ulong)(uint)Stream.Length << 32));
        buffer.Write(Stream);
        if ((Parts & AppendParts.ExpectedNext) != 0)
        {
            buffer.WriteUInt64(ExpectedNext);
        }

        if ((Parts & AppendParts.ExpectedKeyVersion) != 0)
        {
            buffer.WriteUInt64(ExpectedKeyVersion);
            buffer.WriteBlob(ExpectedKey);
        }

        if ((Parts & AppendParts.Producer) != 0)
        {
            buffer.WriteUInt64(Producer);
            buffer.WriteUInt64(Sequence);
        }

        int countAt = buffer.BodyCount;
        buffer.WriteUInt32(count);
        return countAt;
    }

    private static bool TryReadParts(
        scoped ref BodyReader reader, AppendParts parts, ReadOnlySpan<byte> stream, out StreamAppendBatchRequest request)
    {
        ulong expectedNext = 0;
        ulong expectedKeyVersion = 0;
        ulong producer = 0;
        ulong sequence = 0;
        ReadOnlySpan<byte> key = default;
        bool read = ((parts & AppendParts.ExpectedNext) == 0 || reader.TryReadUInt64(out expectedNext))
            && ((parts & AppendParts.ExpectedKeyVersion) == 0
                || (reader.TryReadUInt64(out expectedKeyVersion) && reader.TryReadBlob(out key)))
            && ((parts & AppendParts.Producer) == 0
                || (reader.TryReadUInt64(out producer) && reader.TryReadUInt64(out sequence)));
        request = new StreamAppendBatchRequest
        {
            Parts = parts,
            Stream = stream,
            ExpectedNext = expectedNext,
            ExpectedKeyVersion = expectedKeyVersion,
            ExpectedKey = key,
            Producer = producer,
            Sequence = sequence,
        };
        return read;
    }
}
