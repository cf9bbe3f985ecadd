using System.Collections.Immutable;

namespace Nexo.Crash.Ledger;

/// <summary>What a key holds in the ledger's opinion.</summary>
internal sealed record KeyState
{
    public static KeyState Absent { get; } = new();

    /// <summary>The bytes, of a value.</summary>
    public byte[]? Value { get; init; }

    /// <summary>The fields, of a hash.</summary>
    public ImmutableSortedDictionary<string, byte[]>? Fields { get; init; }

    /// <summary>0: not known, or no entry.</summary>
    public ulong Version { get; init; }

    /// <summary>The highest version that this key was ever seen with: every later one is above it.</summary>
    public ulong VersionSeen { get; init; }

    public TimeWindow? Deadline { get; init; }

    public bool Exists => Value is not null || Fields is not null;

    /// <summary>True when the entry's time may have come.</summary>
    public bool MayBeExpired(long now) => Deadline is { } deadline && now >= deadline.From - TimeWindow.SlackMs;

    /// <summary>The state after a change of what the key holds; its version is not known yet.</summary>
    public KeyState Changed(
        byte[]? value = null, ImmutableSortedDictionary<string, byte[]>? fields = null, TimeWindow? deadline = null) =>
        new()
        {
            Value = value,
            Fields = fields is { IsEmpty: true } ? null : fields,
            Deadline = deadline,
            VersionSeen = Math.Max(Version, VersionSeen),
        };

    public override string ToString() =>
        (Value is not null ? $"value {Payload.Describe(Value)}"
            : Fields is not null ? $"hash of {Fields.Count}"
            : "absent")
        + (Version > 0 ? $" v{Version}" : string.Empty)
        + (Deadline is { } at ? $" until {at.From}–{at.Until}" : string.Empty);
}
