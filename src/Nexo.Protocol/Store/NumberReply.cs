namespace Nexo.Protocol;

/// <summary>
/// Answer to STORE INCREMENT, HASH INCREMENT (the new number), APPEND (the new length in bytes) and HASH SET (fields
/// that were added). Body: <c>[i64 value][u64 version]</c>.
/// </summary>
public readonly record struct NumberReply(long Value, ulong Version)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out NumberReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadInt64(out long value) || !reader.TryReadUInt64(out ulong version) || !reader.AtEnd)
        {
            return false;
        }

        reply = new NumberReply(value, version);
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteInt64(Value);
        buffer.WriteUInt64(Version);
    }
}

/// <summary>
/// Answer to STORE EXISTS and EXPIRE (0 or 1), LENGTH (bytes, -1 when there is no entry), MULTI DELETE, HASH DELETE,
/// HASH LENGTH, COUNT and CLEAR (how many). Body: <c>[i64 count]</c>.
/// </summary>
public readonly record struct CountReply(long Count)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out CountReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadInt64(out long count) && reader.AtEnd;
        reply = new CountReply(count);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteInt64(Count);
}
