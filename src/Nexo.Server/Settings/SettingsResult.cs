namespace Nexo.Server.Settings;

/// <summary>What was read. The options are only to be used when there are no problems.</summary>
public sealed record SettingsResult(
    NexoServerOptions Options,
    IReadOnlyList<EffectiveSetting> Effective,
    IReadOnlyList<string> Problems)
{
    /// <summary>So many problems, the first ones, are that something cannot be read; the others, that it does not go together.</summary>
    public int UnreadableCount { get; init; }
}

/// <summary>One setting as it is in force.</summary>
/// <param name="Value">As people read it; secrets are masked.</param>
/// <param name="Source">Where it came from: <c>default</c>, a file, a variable or a flag.</param>
public sealed record EffectiveSetting(string Name, string Value, string Default, string Source, string Description);
