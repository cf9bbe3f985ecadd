namespace Nexo.Protocol;

/// <summary>
/// A record on its way into a stream, one of a <see cref="StreamAppendBatchRequest"/>: <c>[u32 bytes][u8 present]{i64
/// timestamp}{u32 length, key}[u16 blockBytes][header block][value, to the end of bytes]</c>; <c>bytes</c> counts what follows
/// it. What stands behind the timestamp is, byte for byte, what stands there in a <see cref="StreamedRecord"/>.
/// </summary>
public readonly ref struct NewRecord
{
    // 4 + 1.
    private const int FixedSize = 5;

    public RecordParts Parts { get; init; }

    /// <summary>In ms since the Unix epoch, with <see cref="RecordParts.Timestamp"/>.</summary>
    public long Timestamp { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>A header block without its leading size, checked.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public long Size =>
        FixedSize
        + ((Parts & RecordParts.Timestamp) == 0 ? 0 : sizeof(long))
        + RecordForm.SizeOf(Parts, Key.Length, Headers.Length, Value.Length);

    internal static bool TryReadItem(scoped ref BodyReader reader, out NewRecord record)
    {
        record = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        long timestamp = 0;
        if (!inner.TryReadByte(out byte present))
        {
            return false;
        }

        var parts = (RecordParts)present;
        if (!RecordForm.AreKnown(parts)
            || ((parts & RecordParts.Timestamp) != 0 && !inner.TryReadInt64(out timestamp))
            || !RecordForm.TryRead(
                ref inner, parts, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> headers, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        record = new NewRecord { Parts = parts, Timestamp = timestamp, Key = key, Headers = headers, Value = value };
        return true;
    }

    /// <summary>Writes the record behind those of the batch that were written before.</summary>
    /// <exception cref="OverflowException">It is larger than any frame, or its headers than 65,535 bytes; nothing was
    /// written.</exception>
    public void Write(FrameBuffer buffer)
    {
        uint bytes = checked((uint)(Size - sizeof(uint)));
        _ = checked((ushort)Headers.Length);
        buffer.WriteUInt32(bytes);
        buffer.WriteByte((byte)Parts);
        if ((Parts & RecordParts.Timestamp) != 0)
        {
            buffer.WriteInt64(Timestamp);
        }

        RecordForm.Write(buffer, Parts, Key, Headers, Value);
    }
}
