namespace Nexo.Protocol;

/// <summary>
/// STORE DELETE. Body: <c>[u8 condition]{condition operand}[key, the rest]</c>. Conditions: none, version, value.
/// </summary>
public readonly ref struct DeleteRequest
{
    public StoreCondition Condition { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out DeleteRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadByte(out byte kind)
            || (ConditionKind)kind is ConditionKind.IfAbsent or ConditionKind.IfPresent
            || !StoreCondition.TryReadOperand(ref reader, kind, out StoreCondition condition))
        {
            return false;
        }

        request = new DeleteRequest { Condition = condition, Key = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Condition.Kind);
        Condition.WriteOperand(buffer);
        buffer.Write(Key);
    }
}
