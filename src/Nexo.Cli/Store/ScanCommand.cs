using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store;

internal static class ScanCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = StoreArguments.Prefix();
        Option<long> limit =
            Parsers.Count("--limit", "Stop after so many keys; 0 is no limit", minimum: 0, defaultValue: 0);
        limit.Aliases.Add("-n");
        var command = new Command("scan", "List keys") { prefix, limit };
        command.Aliases.Add("keys");
        return command
            .OnServer(async run =>
            {
                long left = run.Get(limit) is > 0 and long given ? given : long.MaxValue;
                await foreach (StoreKey key in run.Store.ScanAsync(run.Prefix(prefix), run.Cancel))
                {
                    Print(run, key);
                    if (--left == 0)
                    {
                        break;
                    }
                }

                return ExitCode.Ok;
            })
            .WithDetails(
                "One key a line, in no order, while they are found. A key that is there all the time is listed; one "
                + "that comes or goes meanwhile may be.")
            .WithExamples(
                ("Keys under a prefix", "nexo store scan session:"),
                ("A few of all", "nexo store scan --limit 10"),
                ("Keys of any bytes, safely", "nexo store scan --escape"));
    }

    private static void Print(ClientRun run, StoreKey key)
    {
        string kind = NameOf(key.Kind);
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteBytes("key", key.Key.ToBytes().Span);
                json.WriteString("kind", kind);
            });
        }
        else if (run.Out.ForPeople && key.Kind != EntryKind.Value)
        {
            run.Out.Line($"{run.Out.Shown(key.Key.ToBytes().Span)} {run.Out.Dim(kind)}");
        }
        else
        {
            run.Out.Items(key.Key.ToBytes());
        }
    }

    private static string NameOf(EntryKind kind) => kind switch
    {
        EntryKind.Value => "value",
        EntryKind.Hash => "hash",
        EntryKind.List => "list",
        EntryKind.Set => "set",
        EntryKind.SortedSet => "sorted set",
        _ => "other",
    };
}
