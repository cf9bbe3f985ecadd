using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How a value is set. At most one of <see cref="Ttl"/>, <see cref="ExpiresAt"/> and
/// <see cref="KeepTtl"/>.</summary>
public readonly record struct StoreSetOptions
{
    /// <summary>The entry lives this long: one millisecond or more.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>The entry lives until then; a moment that has passed removes it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The expiry that the entry has, if any, stays.</summary>
    public bool KeepTtl { get; init; }

    /// <summary>The condition; always unless it is given.</summary>
    public StoreWhen When { get; init; }

    internal StoreExpiry ToExpiry()
    {
        int given = (Ttl is null ? 0 : 1) + (ExpiresAt is null ? 0 : 1) + (KeepTtl ? 1 : 0);
        if (given > 1)
        {
            throw new ArgumentException("Give at most one of Ttl, ExpiresAt and KeepTtl.");
        }

        return KeepTtl ? new StoreExpiry(ExpiryKind.Keep, 0)
            : ExpiresAt is { } at ? Expiry.At(at)
            : Expiry.AfterOrNone(Ttl);
    }
}

/// <summary>When a write or a delete applies.</summary>
public readonly struct StoreWhen : IEquatable<StoreWhen>
{
    private StoreWhen(ConditionKind kind, ulong version = 0, ReadOnlyMemory<byte> value = default)
    {
        Kind = kind;
        Version = version;
        Value = value;
    }

    /// <summary>Unconditionally.</summary>
    public static StoreWhen Always => default;

    /// <summary>Only if there is no such key. Not for deletes.</summary>
    public static StoreWhen IfAbsent => new(ConditionKind.IfAbsent);

    /// <summary>Only if the key exists. Not for deletes.</summary>
    public static StoreWhen IfPresent => new(ConditionKind.IfPresent);

    /// <summary>The kind of the condition.</summary>
    public ConditionKind Kind { get; }

    /// <summary>The version to compare with.</summary>
    public ulong Version { get; }

    /// <summary>The value to compare with.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>Whether both are the same condition.</summary>
    public static bool operator ==(StoreWhen left, StoreWhen right) => left.Equals(right);

    /// <summary>Whether the conditions differ.</summary>
    public static bool operator !=(StoreWhen left, StoreWhen right) => !left.Equals(right);

    /// <summary>Only if the key exists at this version (compare and set, compare and delete).</summary>
    public static StoreWhen IfVersion(ulong version) => new(ConditionKind.IfVersion, version);

    /// <summary>Only if the key exists and holds exactly these bytes.</summary>
    public static StoreWhen IfValue(ReadOnlyMemory<byte> value) => new(ConditionKind.IfValue, 0, value);

    /// <inheritdoc/>
    public bool Equals(StoreWhen other) =>
        Kind == other.Kind && Version == other.Version && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StoreWhen other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Version, Value.Length);

    internal StoreCondition ToCondition() => new() { Kind = Kind, Version = Version, Value = Value.Span };
}
