using System.CommandLine;

namespace Nexo.Cli.Topics;

/// <summary>The arguments that topic commands share.</summary>
internal static class TopicArguments
{
    public static Argument<string> Topic() => new("TOPIC") { Description = "The topic: levels with / between them" };

    public static Argument<string> Filter() => new("FILTER")
    {
        Description = "The topics: + is any one level, # at the end is any number of them",
    };

    /// <summary>Absent: every topic.</summary>
    public static Argument<string> FilterOrAll(string description) => new("FILTER")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "#",
    };

    public static Option<string?> Group()
    {
        var group = new Option<string?>("--group", "-g")
        {
            Description = "Share the messages with all who give this group: each goes to one of them",
            HelpName = "NAME",
        };
        group.Validators.Add(result =>
        {
            if (result.Tokens is [var name] && (name.Value.Length == 0 || name.Value.AsSpan().ContainsAny('/', '+', '#')))
            {
                result.AddError($"--group needs a name without '/', '+' and '#'; got '{name.Value}'.");
            }
        });
        return group;
    }

    /// <summary>The filter as a member of a group subscribes to it.</summary>
    public static string Shared(string filter, string? group) => group is null ? filter : $"$share/{group}/{filter}";
}
