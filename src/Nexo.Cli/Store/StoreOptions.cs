using System.CommandLine;
using Nexo.Protocol;

namespace Nexo.Cli.Store;

/// <summary>What every command of <c>nexo store</c> takes.</summary>
internal static class StoreOptions
{
    private const string DurabilityName = "--durability";

    /// <summary>One for each tree of commands: an option belongs to its command.</summary>
    public static Option<Durability?> Durability(
        string description = "What to wait for: memory, interval, or fsync, the disk [as the server is set]")
    {
        string[] names = ["memory", "interval", "fsync"];
        var option = new Option<Durability?>(DurabilityName)
        {
            Description = description,
            HelpName = string.Join('|', names),
            Recursive = true,
            CustomParser = result =>
            {
                string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                int index = Array.IndexOf(names, text);
                if (index < 0)
                {
                    result.AddError($"{DurabilityName} must be one of {string.Join(", ", names)}; got '{text}'.");
                    return null;
                }

                return (Durability)(index + 1);
            },
        };
        option.CompletionSources.Add(names);
        return option;
    }

    /// <summary>Null: it was not given, or the command has no such option.</summary>
    public static Durability? DurabilityOf(ParseResult parsed) =>
        parsed.GetResult(DurabilityName) is null ? null : parsed.GetValue<Durability?>(DurabilityName);
}
