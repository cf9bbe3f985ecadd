using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Net.Sockets;

namespace Nexo.Cli.Terminal;

/// <summary>Runs a command line against a console and turns whatever happens into an exit code and a message.</summary>
internal static class CommandLineApp
{
    // Arguments are data: '@name' is not the name of a response file.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> RunAsync(
        string[] args, CliConsole console, IEnumerable<Command> commands, CancellationToken cancel = default)
    {
        var globals = new GlobalOptions();
        RootCommand root = Root(globals, commands);
        ParseResult parsed = root.Parse(args, Parser);
        var invocation = new CliInvocation(console, globals);
        bool json = args.TakeWhile(arg => arg != "--").Contains("--json");
        bool color = !args.Contains("--no-color") && console.Variable("NO_COLOR") is null;
        try
        {
            return await InvokeAsync(parsed, invocation, cancel);
        }
        catch (OutputClosedException)
        {
            return ExitCode.OutputClosed;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failure)
        {
            return FailureReport.Write(console, json, color, Explain(failure));
        }
    }

    private static async Task<int> InvokeAsync(ParseResult parsed, CliInvocation invocation, CancellationToken cancel)
    {
        bool wantsHelp = parsed.Action is ShowHelp;
        if (!wantsHelp && NeedsCommand(parsed))
        {
            Command command = parsed.CommandResult.Command;
            new HelpScreen(invocation.Error, invocation.Console.Width, color: false).Write(command);
            return ExitCode.Usage;
        }

        bool isSuggestion = parsed.Tokens.Count > 0 && parsed.Tokens[0].Type == TokenType.Directive;
        if (!wantsHelp && !isSuggestion && UsageCheck.Find(parsed, invocation.Globals) is { } failure)
        {
            throw failure;
        }

        return await parsed.InvokeAsync(invocation, cancel);
    }

    // 'nexo' and 'nexo store' alone: show what there is, but tell a script that nothing was done.
    private static bool NeedsCommand(ParseResult parsed) =>
        parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 }
        && parsed.UnmatchedTokens.Count == 0
        && parsed.Tokens.All(token => token.Type == TokenType.Command);

    private static RootCommand Root(GlobalOptions globals, IEnumerable<Command> commands)
    {
        var root = new RootCommand("Nexo: the store, queue, pub/sub and streams of one machine, in one binary.");
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Description = "Show this help";
            help.Aliases.Clear();
            help.Aliases.Add("-h");
            help.Action = new ShowHelp();
        }

        // The framework's own refuses to stand beside --json.
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        root.Add(new Option<bool>("--version")
        {
            Description = "Show the version",
            Action = new VersionCommand.ShowVersion(),
        });

        foreach (Option option in globals.All)
        {
            root.Add(option);
        }

        foreach (Command command in commands)
        {
            root.Add(command);
        }

        root.WithExamples(
            ("Start a server", "nexo serve"),
            (
                "Keep a value for five minutes, and read it",
                "nexo store set greeting hello --ttl 5m && nexo store get greeting"),
            ("Follow what happens to keys", "nexo store watch session:"),
            ("Push a message, and work on it", "nexo queue push emails hello && nexo queue consume emails --exec ./send-mail"),
            ("Listen to topics, and publish to one", "nexo sub 'rooms/#' -v & nexo pub rooms/kitchen/temperature 21.5 --retain"));
        return root;
    }

    private static CliFailure Explain(Exception failure) => failure switch
    {
        CliFailure known => known,
        SocketException => new(ExitCode.CannotConnect, "io", failure.Message, null, failure),
        IOException or UnauthorizedAccessException => new(ExitCode.Usage, "io", failure.Message, null, failure),
        _ => new(
            ExitCode.Defect,
            "defect",
            $"unexpected {failure.GetType().Name}: {failure.Message}",
            "this is a defect of nexo; NEXO_DEBUG=1 shows where it happened",
            failure),
    };
}
