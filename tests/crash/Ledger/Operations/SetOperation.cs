using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>SET, with an expiry or a condition or neither.</summary>
internal sealed class SetOperation(string key, byte[] value) : KeyOperation(key)
{
    public ConditionKind Condition { get; init; }

    /// <summary>For <see cref="ConditionKind.IfValue"/>.</summary>
    public byte[] Comparand { get; init; } = [];

    /// <summary>For <see cref="ConditionKind.IfVersion"/>.</summary>
    public ulong Version { get; init; }

    /// <summary>0: no expiry.</summary>
    public long TtlMs { get; init; }

    public override Opcode Opcode => Opcode.StoreSet;

    public override void WriteBody(FrameBuffer body) => new SetRequest
    {
        Key = Bytes(Key),
        Value = value,
        Expiry = TtlMs > 0 ? new StoreExpiry(ExpiryKind.After, TtlMs) : default,
        Condition = new StoreCondition { Kind = Condition, Value = Comparand, Version = Version },
    }.Write(body);

    public override bool DidNothing(ReadOnlySpan<byte> body) =>
        SetReply.TryRead(body, out SetReply reply) && !reply.Stored;

    protected override KeyState Apply(KeyState before) => Holds(before)
        ? before.Changed(value, deadline: TtlMs > 0 ? Time.Plus(TtlMs) : null)
        : before;

    protected override string? Check(ReadOnlySpan<byte> body, Step step)
    {
        if (!SetReply.TryRead(body, out SetReply reply))
        {
            return "unreadable";
        }

        return Expect(step.Changes, reply.Stored) ?? step.TakeVersion(reply.Version);
    }

    private bool Holds(KeyState before) => Condition switch
    {
        ConditionKind.IfAbsent => !before.Exists,
        ConditionKind.IfPresent => before.Exists,
        ConditionKind.IfVersion => before.Exists && before.Version == Version,
        ConditionKind.IfValue => before.Value is { } held && held.AsSpan().SequenceEqual(Comparand),
        _ => true,
    };
}
