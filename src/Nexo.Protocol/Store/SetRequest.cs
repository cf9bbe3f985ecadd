namespace Nexo.Protocol;

/// <summary>
/// STORE SET. Body: <c>[u8 condition][u8 expiry][u8 options][u8 reserved 0][u32 keyLength]{i64 expiryMs}{condition
/// operand}[key][value, the rest]</c>. Options bit 0: send the previous value back.
/// </summary>
public readonly ref struct SetRequest
{
    private const uint OptionReturnPrevious = 1;

    // Places of the kinds and options in the first four bytes, read as one number; the reserved byte is the highest.
    private const int ExpiryShift = 8;
    private const int OptionsShift = 16;

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public StoreCondition Condition { get; init; }

    public StoreExpiry Expiry { get; init; }

    public bool ReturnPrevious { get; init; }

    /// <summary>
    /// Reads a SET without condition, expiry and options, which is most of them, for nothing more than a comparison.
    /// False: it is another one, or malformed.
    /// </summary>
    public static bool TryReadPlain(
        ReadOnlySpan<byte> body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var reader = new BodyReader(body);
        key = default;
        bool isPlain = reader.TryReadUInt64(out ulong head)
            && (uint)head == 0
            && reader.TryReadBytes((uint)(head >> 32), out key);
        value = reader.Rest;
        return isPlain;
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out SetRequest request)
    {
        var reader = new BodyReader(body);
        if (!reader.TryReadUInt64(out ulong head))
        {
            request = default;
            return false;
        }

        return TryReadOptions((uint)head, (uint)(head >> 32), ref reader, out request);
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        uint options = ReturnPrevious ? OptionReturnPrevious : 0u;
        uint kinds = (uint)Condition.Kind | ((uint)Expiry.Kind << ExpiryShift) | (options << OptionsShift);
        buffer.WriteUInt64(kinds | ((ulong)(uint)Key.Length << 32));
        Expiry.WriteOperand(buffer);
        Condition.WriteOperand(buffer);
        buffer.Write(Key);
        buffer.Write(Value);
    }

    private static bool TryReadOptions(
        uint kinds, uint keyLength, scoped ref BodyReader reader, out SetRequest request)
    {
        request = default;
        uint options = kinds >> OptionsShift;
        if (options > OptionReturnPrevious
            || !StoreExpiry.TryReadOperand(ref reader, (byte)(kinds >> ExpiryShift), out StoreExpiry expiry)
            || !StoreCondition.TryReadOperand(ref reader, (byte)kinds, out StoreCondition condition)
            || !reader.TryReadBytes(keyLength, out ReadOnlySpan<byte> key))
        {
            return false;
        }

        request = new SetRequest
        {
            Key = key,
            Value = reader.TakeRest(),
            Condition = condition,
            Expiry = expiry,
            ReturnPrevious = options == OptionReturnPrevious,
        };
        return true;
    }
}
