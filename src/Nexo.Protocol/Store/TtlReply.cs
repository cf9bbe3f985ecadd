namespace Nexo.Protocol;

/// <summary>Whether an entry is there and ends.</summary>
public enum TtlState : byte
{
    NotFound = 0,
    NoExpiry = 1,
    Expires = 2,
}

/// <summary>Answer to STORE TTL. Body: <c>[u8 state][i64 remainingMs]</c>; 0 ms unless the entry expires.</summary>
public readonly record struct TtlReply(TtlState State, long RemainingMs)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out TtlReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte state) || !reader.TryReadInt64(out long remaining) || !reader.AtEnd)
        {
            return false;
        }

        reply = new TtlReply((TtlState)state, remaining);
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)State);
        buffer.WriteInt64(RemainingMs);
    }
}
