namespace Nexo.Engine.Store;

/// <summary>When a write applies.</summary>
public enum StoreConditionKind : byte
{
    /// <summary>Always.</summary>
    None,

    /// <summary>Only if there is no entry.</summary>
    IfAbsent,

    /// <summary>Only if there is an entry.</summary>
    IfPresent,

    /// <summary>Only if the entry has exactly this version.</summary>
    IfVersion,

    /// <summary>Only if the entry is a value of exactly these bytes.</summary>
    IfValue,
}

/// <summary>A condition on a write, with the operand that its kind needs.</summary>
public readonly ref struct StoreCondition
{
    public StoreConditionKind Kind { get; init; }

    /// <summary>For <see cref="StoreConditionKind.IfVersion"/>.</summary>
    public ulong Version { get; init; }

    /// <summary>For <see cref="StoreConditionKind.IfValue"/>.</summary>
    public ReadOnlySpan<byte> Value { get; init; }
}
