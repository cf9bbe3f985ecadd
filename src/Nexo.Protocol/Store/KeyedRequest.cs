namespace Nexo.Protocol;

/// <summary>
/// A key and one operand: STORE APPEND (the bytes to add) and HASH GET (the field).
/// Body: <c>[u32 keyLength][key][operand, the rest]</c>.
/// </summary>
public readonly ref struct KeyedRequest
{
    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Operand { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out KeyedRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> key))
        {
            return false;
        }

        request = new KeyedRequest { Key = key, Operand = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteBlob(Key);
        buffer.Write(Operand);
    }
}
