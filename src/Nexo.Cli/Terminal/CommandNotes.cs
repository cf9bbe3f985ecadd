using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Nexo.Cli.Terminal;

/// <summary>An example of a command line, with what it does.</summary>
internal sealed record CommandExample(string Purpose, string Line);

/// <summary>
/// What the help says of a command beyond its symbols. Kept beside the command, so that any command can have it.
/// </summary>
internal static class CommandNotes
{
    private static readonly ConditionalWeakTable<Command, Notes> Table = [];

    /// <summary>Adds examples to the help, in pairs: what it does, the line.</summary>
    public static Command WithExamples(this Command command, params (string Purpose, string Line)[] examples)
    {
        Notes notes = Table.GetOrCreateValue(command);
        notes.Examples.AddRange(examples.Select(example => new CommandExample(example.Purpose, example.Line)));
        return command;
    }

    /// <summary>Adds a paragraph to the help, below the description.</summary>
    public static Command WithDetails(this Command command, string details)
    {
        Table.GetOrCreateValue(command).Details = details;
        return command;
    }

    /// <summary>The heading under which the parent's help lists this command.</summary>
    public static Command InGroup(this Command command, string group)
    {
        Table.GetOrCreateValue(command).Group = group;
        return command;
    }

    /// <summary>The command and those below it talk to no server: their help leaves out how to reach one.</summary>
    public static Command WithoutServer(this Command command)
    {
        Table.GetOrCreateValue(command).IsWithoutServer = true;
        return command;
    }

    public static bool IsWithoutServer(Command command) =>
        Table.TryGetValue(command, out Notes? notes) && notes.IsWithoutServer;

    public static IReadOnlyList<CommandExample> Examples(Command command) =>
        Table.TryGetValue(command, out Notes? notes) ? notes.Examples : [];

    public static string? Details(Command command) =>
        Table.TryGetValue(command, out Notes? notes) ? notes.Details : null;

    public static string Group(Command command) =>
        Table.TryGetValue(command, out Notes? notes) && notes.Group is { } group ? group : "Commands";

    private sealed class Notes
    {
        public List<CommandExample> Examples { get; } = [];

        public string? Details { get; set; }

        public bool IsWithoutServer { get; set; }

        public string? Group { get; set; }
    }
}
