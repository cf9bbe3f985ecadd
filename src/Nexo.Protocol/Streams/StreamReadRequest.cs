namespace Nexo.Protocol;

/// <summary>
/// STREAM READ. Body: a <see cref="StreamPosition"/> then <c>[u32 waitMs][u32 recordsMax][u32 bytesMax][u32
/// streamLength][stream][key, the rest]</c>. Answer: <see cref="StreamReadReply"/>.
/// </summary>
public readonly ref struct StreamReadRequest
{
    public StreamPosition From { get; init; }

    /// <summary>How long to wait for a first record; 0: not at all.</summary>
    public uint WaitMs { get; init; }

    /// <summary>Records of the answer, 1 or more.</summary>
    public uint RecordsMax { get; init; }

    /// <summary>Bytes of its records; one is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    /// <summary>Only records with this key; empty: all.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamReadRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!StreamPosition.TryRead(ref reader, out StreamPosition from)
            || !reader.TryReadUInt32(out uint waitMs)
            || !reader.TryReadUInt32(out uint recordsMax)
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new StreamReadRequest
        {
            From = from,
            WaitMs = waitMs,
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Stream = stream,
            Key = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        From.Write(buffer);
        buffer.WriteUInt32(WaitMs);
        buffer.WriteUInt32(RecordsMax);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteBlob(Stream);
        buffer.Write(Key);
    }
}
