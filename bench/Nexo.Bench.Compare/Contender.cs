namespace Nexo.Bench.Compare;

/// <summary>A server in a comparison: how to start it.</summary>
internal abstract class Contender(string name)
{
    public string Name { get; } = name;

    public abstract IReadOnlyList<string> CommandLine(int port, string folder);

    /// <summary>What it prints when it may be used; null: when its port is open.</summary>
    public virtual string? ReadyText => null;
}
