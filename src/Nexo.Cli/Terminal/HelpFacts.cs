using System.CommandLine;
using System.CommandLine.Help;

namespace Nexo.Cli.Terminal;

/// <summary>What the help and the manual say of a command, in words.</summary>
internal static class HelpFacts
{
    public const string ProgramName = "nexo";

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

    public static bool IsGlobal(Option option) => option.Recursive && option is not HelpOption
        && option.Parents.OfType<RootCommand>().Any();

    // An option of the command's own stands in for one of the same name above it.
    public static IEnumerable<Option> Inherited(Command command) => command is RootCommand
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

    /// <summary>The line that a command is called with.</summary>
    public static string Usage(Command command)
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

    public static string Names(Command command) => string.Join(", ", command.Aliases.Prepend(command.Name));

    public static (string Left, string Right) Row(Argument argument) => (Name(argument), argument.Description ?? "");

    public static (string Left, string Right) Row(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => !alias.StartsWith('/') && alias != "-?")
            .OrderBy(alias => alias.Length).Append(option.Name).Distinct());
        return (option.HelpName is { } value ? $"{names} {value}" : names, option.Description ?? "");
    }
}
