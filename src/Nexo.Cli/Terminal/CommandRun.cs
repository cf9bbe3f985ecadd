using System.CommandLine;

namespace Nexo.Cli.Terminal;

/// <summary>One run of a command: its options, its console, and where its result goes.</summary>
internal class CommandRun : IDisposable
{
    public CommandRun(ParseResult parsed, CancellationToken cancel)
    {
        Parsed = parsed;
        Cancel = cancel;
        Console = CliInvocation.Of(parsed).Console;
        Settings = CliSettings.Of(parsed);
        Out = OutputOf(parsed);
    }

    public ParseResult Parsed { get; }

    public CancellationToken Cancel { get; }

    public CliConsole Console { get; }

    public CliSettings Settings { get; }

    public CliOutput Out { get; }

    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>
    /// A remark for people: on standard error, only on a terminal, never with <c>--json</c> or <c>--quiet</c>.
    /// </summary>
    public void Remark(string text)
    {
        if (Console.ErrorIsTerminal && !Settings.Quiet && !Settings.Json)
        {
            Console.Error.WriteLine(Settings.Color ? $"\e[2m{text}\e[0m" : text);
        }
    }

    public void Dispose() => Out.Dispose();

    public static CliOutput OutputOf(ParseResult parsed)
    {
        CliSettings settings = CliSettings.Of(parsed);
        return new CliOutput(
            CliInvocation.Of(parsed).Console, settings.Json, settings.Color, BytesArguments.UseEscapes(parsed));
    }
}

/// <summary>Gives commands their action.</summary>
internal static class CommandActions
{
    /// <summary>Runs without a server.</summary>
    public static Command OnRun(this Command command, Func<CommandRun, Task<int>> action)
    {
        command.SetAction(async (parsed, cancel) =>
        {
            using var run = new CommandRun(parsed, cancel);
            int exitCode = await action(run);
            run.Out.Flush();
            return exitCode;
        });
        return command;
    }
}
