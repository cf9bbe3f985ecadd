namespace Nexo.Protocol;

/// <summary>The optional parts of an append, in the order in which they follow. A batch has the first three.</summary>
[Flags]
public enum AppendParts : byte
{
    None = 0,

    /// <summary><c>u64</c>: the offset that the first record must get.</summary>
    ExpectedNext = 1,

    /// <summary>
    /// <c>u64</c>: the version that the key must have, which is the offset of its last record and one, or 0. In a batch the key
    /// follows, a <c>blob</c>.
    /// </summary>
    ExpectedKeyVersion = 2,

    /// <summary><c>u64, u64</c>: an idempotent producer and the sequence of the first record.</summary>
    Producer = 4,

    /// <summary><c>i64</c>: the record's time, in ms since the Unix epoch, by the producer.</summary>
    Timestamp = 8,

    /// <summary><c>blob</c>: the record's key.</summary>
    Key = 16,

    /// <summary>The record says that its key has no value any more; nothing follows, and its own value is empty.</summary>
    Tombstone = 128,
}

/// <summary>
/// STREAM APPEND. Body: <c>[u8 present][u8 0][u16 0][u32 streamLength][stream]{u64 expectedNext}{u64 expectedKeyVersion}{u64
/// producer, u64 sequence}{i64 timestamp}{u32 length, key}[value, the rest]</c>; the record's headers are the frame's. Answer:
/// <see cref="StreamAppendReply"/>.
/// </summary>
public readonly ref struct StreamAppendRequest
{
    private const AppendParts AllParts = AppendParts.ExpectedNext | AppendParts.ExpectedKeyVersion | AppendParts.Producer
        | AppendParts.Timestamp | AppendParts.Key | AppendParts.Tombstone;

    public AppendParts Parts { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ulong ExpectedNext { get; init; }

    /// <summary>Of the record's key.</summary>
    public ulong ExpectedKeyVersion { get; init; }

    public ulong Producer { get; init; }

    public ulong Sequence { get; init; }

    public long Timestamp { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamAppendRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong head)
            || ((uint)head & ~(uint)AllParts) != 0
            || !reader.TryReadBytes((uint)(head >> 32), out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        var parts = (AppendParts)(byte)head;
        if (parts == AppendParts.None)
        {
            request = new StreamAppendRequest { Stream = stream, Value = reader.TakeRest() };
            return true;
        }

        ulong expectedNext = 0;
        ulong expectedKeyVersion = 0;
        ulong producer = 0;
        ulong sequence = 0;
        long timestamp = 0;
        ReadOnlySpan<byte> key = default;
        bool read = ((parts & AppendParts.ExpectedNext) == 0 || reader.TryReadUInt64(out expectedNext))
            && ((parts & AppendParts.ExpectedKeyVersion) == 0 || reader.TryReadUInt64(out expectedKeyVersion))
            && ((parts & AppendParts.Producer) == 0
                || (reader.TryReadUInt64(out producer) && reader.TryReadUInt64(out sequence)))
            && ((parts & AppendParts.Timestamp) == 0 || reader.TryReadInt64(out timestamp))
            && ((parts & AppendParts.Key) == 0 || reader.TryReadBlob(out key));
        request = new StreamAppendRequest
        {
            Parts = parts,
            Stream = stream,
            ExpectedNext = expectedNext,
            ExpectedKeyVersion = expectedKeyVersion,
            Producer = producer,
            Sequence = sequence,
            Timestamp = timestamp,
            Key = key,
            Value = reader.TakeRest(),
        };
        return read && ((parts & AppendParts.Tombstone) == 0 || request.Value.IsEmpty);
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64((byte)Parts | ((ulong)(uint)Stream.Length << 32));
        buffer.Write(Stream);
        WriteNumber(buffer, AppendParts.ExpectedNext, ExpectedNext);
        WriteNumber(buffer, AppendParts.ExpectedKeyVersion, ExpectedKeyVersion);
        WriteNumber(buffer, AppendParts.Producer, Producer);
        WriteNumber(buffer, AppendParts.Producer, Sequence);
        WriteNumber(buffer, AppendParts.Timestamp, (ulong)Timestamp);
        if ((Parts & AppendParts.Key) != 0)
        {
            buffer.WriteBlob(Key);
        }

        buffer.Write(Value);
    }

    private void WriteNumber(FrameBuffer buffer, AppendParts part, ulong number)
    {
        if ((Parts & part) != 0)
        {
            buffer.WriteUInt64(number);
        }
    }
}
