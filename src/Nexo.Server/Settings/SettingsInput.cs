using System.Collections;

namespace Nexo.Server.Settings;

/// <summary>Everything that settings are read from, taken as arguments so that nothing here looks at the process.</summary>
public sealed record SettingsInput
{
    /// <summary>The file that <c>--config</c> names; null: <c>NEXO_CONFIG</c>, else <c>nexo.json</c> where it exists.</summary>
    public string? File { get; init; }

    /// <summary>Where a relative file name begins.</summary>
    public string WorkingDirectory { get; init; } = Environment.CurrentDirectory;

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<FlagValue> Flags { get; init; } = [];

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> ProcessVariables() =>
        Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? string.Empty);
}

/// <summary>A value from the command line.</summary>
/// <param name="Name">The setting, as it was written.</param>
/// <param name="Flag">The flag that it came with, such as <c>--port</c> or <c>--set</c>.</param>
public sealed record FlagValue(string Name, string Value, string Flag);
