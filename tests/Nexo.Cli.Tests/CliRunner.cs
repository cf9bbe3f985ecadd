using System.Text;
using System.Text.Json;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Tests;

/// <summary>What a command left behind.</summary>
internal sealed record CliResult(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>The lines of the output, without their ends.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The output as one JSON object.</summary>
    public JsonElement Json => JsonDocument.Parse(OutputBytes).RootElement;

    /// <summary>The error as <c>--json</c> writes it.</summary>
    public JsonElement ErrorJson => JsonDocument.Parse(Error).RootElement.GetProperty("error");
}

/// <summary>
/// Runs commands of the CLI in this process, with streams in place of the terminal. Every test has its own: nothing is
/// shared, neither the console nor the environment.
/// </summary>
internal sealed class CliRunner
{
    /// <summary>Environment variables that the commands see.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>True: the commands believe that standard output and error are a terminal.</summary>
    public bool Terminal { get; init; }

    public int Width { get; init; } = 100;

    /// <summary>Where output goes when it is to misbehave; else it is collected.</summary>
    public Stream? Output { get; init; }

    public static CliRunner For(string url)
    {
        var runner = new CliRunner();
        runner.Environment["NEXO_URL"] = url;
        return runner;
    }

    public Task<CliResult> Run(params string[] args) => Run(args, stdin: null);

    public async Task<CliResult> Run(string[] args, byte[]? stdin, CancellationToken cancel = default)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        var console = new CliConsole
        {
            Input = new MemoryStream(stdin ?? []),
            Output = Output ?? output,
            Error = error,
            OutputIsTerminal = Terminal,
            ErrorIsTerminal = Terminal,
            Width = Width,
            Environment = Environment,
        };
        int exitCode = await CommandLineApp.RunAsync(args, console, Program.Commands(), cancel);
        return new CliResult(exitCode, output.ToArray(), error.ToString());
    }
}
