using System.Collections;

namespace Nexo.Cli.Terminal;

/// <summary>Everything a command sees of the outside, so that tests can stand in for it.</summary>
internal sealed class CliConsole
{
    private const int DefaultWidth = 80;
    private const int DefaultHeight = 24;

    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public int Width { get; init; } = DefaultWidth;

    public int Height { get; init; } = DefaultHeight;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The value of an environment variable; null when it is not set or empty.</summary>
    public string? Variable(string name) =>
        Environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>
    /// The console of this process. Only streams, and none of <see cref="Console"/>'s conveniences: those write
    /// control sequences to the terminal.
    /// </summary>
    public static CliConsole OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        Output = StandardOutput.Open(),
        Error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true },
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Width = TerminalSize.Width() ?? DefaultWidth,
        Height = TerminalSize.Height() ?? DefaultHeight,
        Environment = ProcessEnvironment(),
    };

    private static Dictionary<string, string> ProcessEnvironment() =>
        System.Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
