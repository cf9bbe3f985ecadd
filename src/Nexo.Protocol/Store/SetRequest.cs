namespace Nexo.Protocol;

/// <summary>
/// STORE SET. Body: <c>[u8 condition][u8 expiry][u8 options][u8 reserved 0][u32 keyLength]{i64 expiryMs}{condition
/// operand}[key][value, the rest]</c>. Options bit 0: send the previous value back.
/// </summary>
public readonly ref struct SetRequest
{
    private const byte OptionReturnPrevious = 1;

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public StoreCondition Condition { get; init; }

    public StoreExpiry Expiry { get; init; }

    public bool ReturnPrevious { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out SetRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadByte(out byte conditionKind)
            || !reader.TryReadByte(out byte expiryKind)
            || !reader.TryReadByte(out byte options)
            || options > OptionReturnPrevious
            || !reader.TryReadByte(out byte reserved)
            || reserved != 0
            || !reader.TryReadUInt32(out uint keyLength)
            || !StoreExpiry.TryReadOperand(ref reader, expiryKind, out StoreExpiry expiry)
            || !StoreCondition.TryReadOperand(ref reader, conditionKind, out StoreCondition condition)
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

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Condition.Kind);
        buffer.WriteByte((byte)Expiry.Kind);
        buffer.WriteByte(ReturnPrevious ? OptionReturnPrevious : (byte)0);
        buffer.WriteByte(0);
        buffer.WriteUInt32((uint)Key.Length);
        Expiry.WriteOperand(buffer);
        Condition.WriteOperand(buffer);
        buffer.Write(Key);
        buffer.Write(Value);
    }
}
