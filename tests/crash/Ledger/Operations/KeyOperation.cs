namespace Nexo.Crash.Ledger;

/// <summary>An operation on one key.</summary>
internal abstract class KeyOperation(string key) : Operation
{
    public string Key { get; } = key;

    public sealed override IEnumerable<string> Keys(IEnumerable<string> existing) => [Key];

    public sealed override KeyState Apply(string key, KeyState before) => Apply(before);

    public sealed override string? Check(ReadOnlySpan<byte> body, IReadOnlyList<Step> steps) => Check(body, steps[0]);

    public override string ToString() => $"{base.ToString()} {Key}";

    protected abstract KeyState Apply(KeyState before);

    protected abstract string? Check(ReadOnlySpan<byte> body, Step step);
}
