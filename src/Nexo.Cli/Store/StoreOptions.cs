using System.CommandLine;
using Nexo.Cli.Terminal;
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
        Option<Durability?> option = Parsers.Choice(
            DurabilityName,
            description,
            ("memory", Protocol.Durability.Memory),
            ("interval", Protocol.Durability.Interval),
            ("fsync", Protocol.Durability.Fsync));
        option.Recursive = true;
        return option;
    }

    /// <summary>Null: it was not given, or the command has no such option.</summary>
    public static Durability? DurabilityOf(ParseResult parsed) =>
        parsed.GetResult(DurabilityName) is null ? null : parsed.GetValue<Durability?>(DurabilityName);
}
