namespace Nexo.Crash.Ledger;

/// <summary>What the server says that a key holds.</summary>
internal sealed class Observation
{
    public byte[]? Value { get; set; }

    public Dictionary<string, byte[]>? Fields { get; set; }

    public ulong Version { get; set; }

    /// <summary>What is left of its time, ms; null: it does not expire.</summary>
    public long? RemainingMs { get; set; }

    /// <summary>When the server was asked.</summary>
    public TimeWindow Time { get; set; }

    public bool Exists => Value is not null || Fields is not null;

    public override string ToString() =>
        (Value is not null ? $"value {Payload.Describe(Value)}"
            : Fields is not null ? $"hash of {Fields.Count}"
            : "absent")
        + (Version > 0 ? $" v{Version}" : string.Empty)
        + (RemainingMs is { } left ? $" for {left} ms" : string.Empty);
}
