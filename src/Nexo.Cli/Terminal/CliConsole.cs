using System.Collections;

namespace Nexo.Cli.Terminal;

/// <summary>Everything a command sees of the outside, so that tests can stand in for it.</summary>
internal sealed class CliConsole
{
    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public int Width { get; init; } = 80;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The value of an environment variable; null when it is not set or empty.</summary>
    public string? Variable(string name) =>
        Environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>The console of this process.</summary>
    public static CliConsole OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        Output = StandardOutput.Open(),
        Error = Console.Error,
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Width = TerminalWidth(),
        Environment = ProcessEnvironment(),
    };

    private static int TerminalWidth()
    {
        const int Default = 80;
        if (Console.IsOutputRedirected && Console.IsErrorRedirected)
        {
            return Default;
        }

        // A terminal without a size, such as a bare pty, answers 0.
        return Console.WindowWidth is > 0 and int width ? width : Default;
    }

    private static Dictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
