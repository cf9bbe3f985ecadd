namespace Nexo.Protocol;

/// <summary>
/// STORE INCREMENT. Body: <c>[i64 delta][u8 expiry]{i64 expiryMs}[key, the rest]</c>. An absent key counts from 0;
/// the expiry is given to the entry only when this request creates it, else what it has is kept.
/// </summary>
public readonly ref struct IncrementRequest
{
    public long Delta { get; init; }

    public StoreExpiry Expiry { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out IncrementRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadInt64(out long delta)
            || !reader.TryReadByte(out byte kind)
            || !StoreExpiry.TryReadOperand(ref reader, kind, out StoreExpiry expiry))
        {
            return false;
        }

        request = new IncrementRequest { Delta = delta, Expiry = expiry, Key = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteInt64(Delta);
        buffer.WriteByte((byte)Expiry.Kind);
        Expiry.WriteOperand(buffer);
        buffer.Write(Key);
    }
}
