using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Nexo.Cli.Terminal;

/// <summary>The text of <c>--help</c>: what, usage, arguments, options, commands by group, examples.</summary>
internal sealed class HelpScreen(TextWriter output, int width, bool color)
{
    public const string ProgramName = "nexo";
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
        output.WriteLine($"{Spaces(Indent)}{Usage(command)}");
        Section("Arguments", command.Arguments.Where(argument => !argument.Hidden).Select(Row));
        Section("Options", command.Options.Where(option => !option.Hidden && !IsGlobal(option)).Select(Row));
        foreach (IGrouping<string, Command> group in
            command.Subcommands.Where(child => !child.Hidden).GroupBy(CommandNotes.Group))
        {
            Section(group.Key, group.Select(child => (Names(child), child.Description ?? "")));
        }

        Section("Global options", Inherited(command).Select(Row));
        WriteExamples(command);
        if (command is RootCommand)
        {
            Section("Exit codes", ExitCode.Meanings.Select(meaning => ($"{meaning.Code}", meaning.Meaning)));
        }
    }

    /// <summary>The words that lead to a command: <c>nexo store get</c>.</summary>
    public static string Path(Command command)
    {
        if (command is RootCommand)
        {
            return ProgramName;
        }

        Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? command.Name : $"{Path(parent)} {command.Name}";
    }

    private static bool IsGlobal(Option option) => option.Recursive && option is not HelpOption
        && option.Parents.OfType<RootCommand>().Any();

    // An option of the command's own stands in for one of the same name above it.
    private static IEnumerable<Option> Inherited(Command command) => command is RootCommand
        ? command.Options.Where(IsGlobal)
        : Ancestors(command)
            .SelectMany(parent => parent.Options)
            .Where(option => option.Recursive && !option.Hidden)
            .DistinctBy(option => option.Name)
            .Where(option => !TalksToNoServer(command) || !GlobalOptions.ForServers.Contains(option.Name))
            .ExceptBy(command.Options.Select(option => option.Name), option => option.Name);

    private static bool TalksToNoServer(Command command) =>
        Ancestors(command).Prepend(command).Any(CommandNotes.IsWithoutServer);

    private static IEnumerable<Command> Ancestors(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => Ancestors(parent).Prepend(parent));

    private static string Usage(Command command)
    {
        IEnumerable<string> words = command.Arguments
            .Where(argument => !argument.Hidden)
            .Select(Placeholder)
            .Prepend(Path(command));
        if (command.Subcommands.Count > 0)
        {
            words = words.Append("COMMAND");
        }

        return string.Join(' ', words.Append("[OPTIONS]"));
    }

    private static string Placeholder(Argument argument)
    {
        string name = Name(argument);
        string many = argument.Arity.MaximumNumberOfValues > 1 ? $"{name}..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{many}]" : many;
    }

    private static string Name(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    private static string Names(Command command) => string.Join(", ", command.Aliases.Prepend(command.Name));

    private static (string Left, string Right) Row(Argument argument) => (Name(argument), argument.Description ?? "");

    private static (string Left, string Right) Row(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => !alias.StartsWith('/') && alias != "-?")
            .OrderBy(alias => alias.Length).Append(option.Name).Distinct());
        return (option.HelpName is { } value ? $"{names} {value}" : names, option.Description ?? "");
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
