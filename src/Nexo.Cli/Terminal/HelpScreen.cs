using System.CommandLine;
using System.CommandLine.Invocation;

namespace Nexo.Cli.Terminal;

/// <summary>The text of <c>--help</c>: what, usage, arguments, options, commands by group, examples.</summary>
internal sealed class HelpScreen(TextWriter output, int width, bool color)
{
    private const int Indent = 2;
    private const int LeftMax = 34;

    /// <summary>Writes the help of one command.</summary>
    public void Write(Command command)
    {
        output.WriteLine(Wrap(command.Description ?? "", 0));
        if (CommandNotes.Details(command) is { } details)
        {
            output.WriteLine();
            output.WriteLine(Wrap(details, 0));
        }

        Heading("Usage");
        output.WriteLine($"{Spaces(Indent)}{HelpFacts.Usage(command)}");
        Section("Arguments", command.Arguments.Where(argument => !argument.Hidden).Select(HelpFacts.Row));
        Section("Options", command.Options.Where(option => !option.Hidden && !HelpFacts.IsGlobal(option)).Select(HelpFacts.Row));
        foreach (IGrouping<string, Command> group in
            command.Subcommands.Where(child => !child.Hidden).GroupBy(CommandNotes.Group))
        {
            Section(group.Key, group.Select(child => (HelpFacts.Names(child), child.Description ?? "")));
        }

        Section("Global options", HelpFacts.Inherited(command).Select(HelpFacts.Row));
        WriteExamples(command);
        if (command is RootCommand)
        {
            Section("Exit codes", ExitCode.Meanings.Select(meaning => ($"{meaning.Code}", meaning.Meaning)));
        }
    }

    private void WriteExamples(Command command)
    {
        if (CommandNotes.Examples(command).Count == 0)
        {
            return;
        }

        Heading("Examples");
        foreach (CommandExample example in CommandNotes.Examples(command))
        {
            output.WriteLine($"{Spaces(Indent)}{Dim($"# {example.Purpose}")}");
            output.WriteLine($"{Spaces(Indent)}{example.Line}");
        }
    }

    private void Section(string title, IEnumerable<(string Left, string Right)> rows)
    {
        (string Left, string Right)[] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        Heading(title);
        int left = Math.Min(LeftMax, all.Max(row => row.Left.Length)) + Indent;
        foreach ((string name, string text) in all)
        {
            output.Write($"{Spaces(Indent)}{name.PadRight(left)}");
            if (name.Length >= left)
            {
                output.WriteLine();
                output.Write(Spaces(Indent + left));
            }

            output.WriteLine(Wrap(text, Indent + left));
        }
    }

    private void Heading(string title)
    {
        output.WriteLine();
        output.WriteLine(color ? $"\e[1m{title}:\e[0m" : $"{title}:");
    }

    private string Dim(string text) => color ? $"\e[2m{text}\e[0m" : text;

    private string Wrap(string text, int hang)
    {
        const int WidthMin = 30;
        int room = Math.Max(WidthMin, Math.Min(width, 120) - hang - 1);
        return string.Join('\n', text.Split('\n').SelectMany(line => Fold(line, room)))
            .Replace("\n", $"\n{Spaces(hang)}", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Fold(string line, int room)
    {
        while (line.Length > room && line.LastIndexOf(' ', room) is > 0 and int space)
        {
            yield return line[..space];
            line = line[(space + 1)..];
        }

        yield return line;
    }

    private static string Spaces(int count) => new(' ', count);
}

/// <summary>Shows the help of the command that was named.</summary>
internal sealed class ShowHelp : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        CliInvocation invocation = CliInvocation.Of(parseResult);
        CliConsole console = invocation.Console;
        bool color = CliSettings.Of(parseResult).Color && console.OutputIsTerminal;
        new HelpScreen(invocation.Output, console.Width, color).Write(parseResult.CommandResult.Command);
        return ExitCode.Ok;
    }
}
