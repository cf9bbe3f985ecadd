using System.CommandLine;
using System.Text;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Manual;

/// <summary>A manual page in roff with the man macros (man(7), groff_man(7)): a command, and under it those below it.</summary>
internal sealed class ManPage
{
    private readonly StringBuilder _text = new();

    private ManPage()
    {
    }

    /// <summary>The page of the program or one of its commands.</summary>
    public static string Of(Command command, string version)
    {
        var page = new ManPage();
        string name = HelpFacts.Path(command).Replace(' ', '-');
        page.Line($".TH {Text(name.ToUpperInvariant())} 1 \"\" \"nexo {version}\" \"Nexo\"");
        page.Section("Name");
        page.Line($"{Text(name)} \\- {Text(Sentence(command.Description))}");
        page.Section("Synopsis");
        page.Line($"\\fB{Text(HelpFacts.Usage(command))}\\fR");
        page.Section("Description");
        page.Paragraphs(CommandNotes.Details(command) ?? command.Description ?? "");
        page.Rows("Arguments", command.Arguments.Where(argument => !argument.Hidden).Select(HelpFacts.Row));
        page.Rows("Options", OptionsOf(command));
        if (command is RootCommand)
        {
            page.Commands(command);
        }
        else
        {
            page.Below(command);
        }

        page.Rows("Global options", HelpFacts.Inherited(command).Select(HelpFacts.Row));
        page.Examples(command);
        if (command is RootCommand)
        {
            page.Rows("Exit status", ExitCode.Meanings.Select(meaning => ($"{meaning.Code}", meaning.Meaning)));
        }

        page.Section("See also");
        page.Line(Text(SeeAlso(command)));
        return page._text.ToString();
    }

    private static string SeeAlso(Command command) => command is RootCommand
        ? string.Join(", ", command.Subcommands.Where(child => !child.Hidden).Select(child => $"nexo-{child.Name}(1)"))
        : "nexo(1)";

    private static IEnumerable<(string Left, string Right)> OptionsOf(Command command) =>
        command.Options.Where(option => !option.Hidden && !HelpFacts.IsGlobal(option)).Select(HelpFacts.Row);

    private void Commands(Command root)
    {
        foreach (IGrouping<string, Command> group in root.Subcommands.Where(child => !child.Hidden).GroupBy(CommandNotes.Group))
        {
            Rows(group.Key, group.Select(child => ($"nexo-{child.Name}(1)", child.Description ?? "")));
        }
    }

    private void Below(Command command)
    {
        if (!command.Subcommands.Any(child => !child.Hidden))
        {
            return;
        }

        Section("Commands");
        foreach (Command child in Descendants(command))
        {
            Line($".SS \"{Text(HelpFacts.Usage(child))}\"");
            Paragraphs(child.Description ?? "");
            if (CommandNotes.Details(child) is { } details)
            {
                Line(".PP");
                Paragraphs(details);
            }

            Rows(null, child.Arguments.Where(argument => !argument.Hidden).Select(HelpFacts.Row));
            Rows(null, OptionsOf(child));
            foreach (CommandExample example in CommandNotes.Examples(child))
            {
                Example(example);
            }
        }
    }

    private static IEnumerable<Command> Descendants(Command command) => command.Subcommands
        .Where(child => !child.Hidden)
        .SelectMany(child => child.Subcommands.Count == 0 ? [child] : Descendants(child));

    private void Rows(string? heading, IEnumerable<(string Left, string Right)> rows)
    {
        (string Left, string Right)[] all = [.. rows];
        if (all.Length > 0 && heading is not null)
        {
            Section(heading);
        }

        foreach ((string left, string right) in all)
        {
            Line(".TP");
            Line($"\\fB{Text(left)}\\fR");
            Paragraphs(right);
        }
    }

    private void Examples(Command command)
    {
        if (CommandNotes.Examples(command).Count > 0)
        {
            Section("Examples");
        }

        foreach (CommandExample example in CommandNotes.Examples(command))
        {
            Example(example);
        }
    }

    private void Example(CommandExample example)
    {
        Line(".PP");
        Line($"{Text(Sentence(example.Purpose))}:");
        Line(".PP");
        Line(".nf");
        Line($".RS 4\n{Text(example.Line)}\n.RE");
        Line(".fi");
    }

    private void Section(string title) => Line($".SH \"{Text(title.ToUpperInvariant())}\"");

    private void Paragraphs(string text) => Line(string.Join("\n.br\n", text.Split('\n').Select(Text)));

    private void Line(string line) => _text.Append(line).Append('\n');

    private static string Sentence(string? text) => (text ?? "").TrimEnd('.');

    // What roff would take for its own, what would be a request at the beginning of a line, and what is not ASCII.
    private static string Text(string text)
    {
        var escaped = new StringBuilder(text.StartsWith('.') || text.StartsWith('\'') ? "\\&" : "");
        foreach (Rune rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '"' => "\\(dq",
                '^' => "\\(ha",
                '~' => "\\(ti",
                '`' => "\\(ga",
                > 0x7F => $"\\[u{rune.Value:X4}]",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }
}
