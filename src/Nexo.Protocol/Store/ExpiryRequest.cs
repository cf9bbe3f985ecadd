namespace Nexo.Protocol;

/// <summary>
/// STORE EXPIRE and STORE TOUCH. Body: <c>[u8 expiry]{i64 expiryMs}[key, the rest]</c>. Expiry none is PERSIST;
/// keep is not accepted.
/// </summary>
public readonly ref struct ExpiryRequest
{
    public StoreExpiry Expiry { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out ExpiryRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadByte(out byte kind)
            || (ExpiryKind)kind == ExpiryKind.Keep
            || !StoreExpiry.TryReadOperand(ref reader, kind, out StoreExpiry expiry))
        {
            return false;
        }

        request = new ExpiryRequest { Expiry = expiry, Key = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Expiry.Kind);
        Expiry.WriteOperand(buffer);
        buffer.Write(Key);
    }
}
