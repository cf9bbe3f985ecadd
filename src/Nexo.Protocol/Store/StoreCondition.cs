namespace Nexo.Protocol;

/// <summary>When a write applies.</summary>
public enum ConditionKind : byte
{
    /// <summary>Always.</summary>
    None = 0,

    /// <summary>Only if the key does not exist (NX).</summary>
    IfAbsent = 1,

    /// <summary>Only if the key exists (XX).</summary>
    IfPresent = 2,

    /// <summary>Only if the key exists at this version. Operand: <c>[u64 version]</c>.</summary>
    IfVersion = 3,

    /// <summary>Only if the key exists and holds exactly these bytes. Operand: <c>[u32 length][bytes]</c>.</summary>
    IfValue = 4,
}

/// <summary>
/// A condition on a write; its kind and its operand travel apart, at places that each message states.
/// </summary>
public readonly ref struct StoreCondition
{
    public ConditionKind Kind { get; init; }

    public ulong Version { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    internal static bool TryReadOperand(scoped ref BodyReader reader, byte kind, out StoreCondition condition)
    {
        condition = new StoreCondition { Kind = (ConditionKind)kind };
        switch (condition.Kind)
        {
            case ConditionKind.None or ConditionKind.IfAbsent or ConditionKind.IfPresent:
                return true;
            case ConditionKind.IfVersion:
                bool hasVersion = reader.TryReadUInt64(out ulong version);
                condition = new StoreCondition { Kind = ConditionKind.IfVersion, Version = version };
                return hasVersion;
            case ConditionKind.IfValue:
                bool hasValue = reader.TryReadBlob(out ReadOnlySpan<byte> value);
                condition = new StoreCondition { Kind = ConditionKind.IfValue, Value = value };
                return hasValue;
            default:
                return false;
        }
    }

    internal void WriteOperand(FrameBuffer buffer)
    {
        if (Kind == ConditionKind.IfVersion)
        {
            buffer.WriteUInt64(Version);
        }
        else if (Kind == ConditionKind.IfValue)
        {
            buffer.WriteBlob(Value);
        }
    }
}
