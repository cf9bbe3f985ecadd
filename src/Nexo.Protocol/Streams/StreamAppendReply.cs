namespace Nexo.Protocol;

/// <summary>What became of an append. Numbers are append-only.</summary>
public enum AppendOutcome : byte
{
    None = 0,

    Appended = 1,

    /// <summary>Its producer has appended it before: it is there once.</summary>
    Duplicate = 2,

    /// <summary>The stream, or the key, is not where it was expected. Nothing was appended.</summary>
    Conflict = 3,
}

/// <summary>
/// Answer to STREAM APPEND and STREAM APPEND BATCH. Body: <c>[u8 outcome][u64 offset][u64 keyVersion][i64 timestamp]</c>.
/// </summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Offset">
/// Of the first record; of a duplicate that of the first time, <see cref="UnknownOffset"/> when that was too long ago; of a
/// conflict the stream's next.
/// </param>
/// <param name="KeyVersion">
/// Of the key whose version was expected, as it is now; of a single record with a key, its key's; else 0.
/// </param>
/// <param name="Timestamp">Of the first record, in ms since the Unix epoch; of a duplicate 0, of a conflict the server's.</param>
public readonly record struct StreamAppendReply(AppendOutcome Outcome, ulong Offset, ulong KeyVersion, long Timestamp)
{
    /// <summary>An offset that is not known any more.</summary>
    public const ulong UnknownOffset = ulong.MaxValue;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamAppendReply reply)
    {
        var reader = new BodyReader(body);
        ulong offset = 0;
        ulong keyVersion = 0;
        long timestamp = 0;
        bool read = reader.TryReadByte(out byte outcome)
            && reader.TryReadUInt64(out offset)
            && reader.TryReadUInt64(out keyVersion)
            && reader.TryReadInt64(out timestamp)
            && reader.AtEnd;
        reply = new StreamAppendReply((AppendOutcome)outcome, offset, keyVersion, timestamp);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Outcome);
        buffer.WriteUInt64(Offset);
        buffer.WriteUInt64(KeyVersion);
        buffer.WriteInt64(Timestamp);
    }
}
