using System.CommandLine;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store;

internal static class WatchCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = StoreArguments.Prefix();
        Option<long> count =
            Parsers.Count("--count", "Stop after so many changes; 0 is no end", minimum: 0, defaultValue: 0);
        count.Aliases.Add("-n");
        var command = new Command("watch", "Follow changes of keys as they happen") { prefix, count };
        return command
            .OnServer(async run =>
            {
                long left = run.Get(count) is > 0 and long given ? given : long.MaxValue;
                StoreWatch watch = await run.Store.OpenWatchAsync(run.Prefix(prefix), run.Cancel);
                await using (watch)
                {
                    run.Remark("watching; Ctrl-C ends");
                    run.Client.StateChanged += (_, change) => Tell(run, change.Current);
                    await foreach (StoreChangeEvent change in watch.ReadAllAsync(run.Cancel))
                    {
                        Print(run, change);
                        run.Out.Flush();
                        if (--left == 0)
                        {
                            break;
                        }
                    }
                }

                return ExitCode.Ok;
            })
            .WithDetails(
                "One line a change: set, deleted, expired or evicted, the version, and the key, with tabs between. "
                + "'missed' tells how many changes this reader was too slow for, -1 if nobody knows.")
            .WithExamples(
                ("Everything", "nexo store watch"),
                ("Wait for the next change of a prefix", "nexo store watch job: --count 1"),
                ("For a program", "nexo store watch session: --json"));
    }

    // A watch may be silent for hours: who looks at it is to know whether it still watches.
    private static void Tell(ClientRun run, NexoConnectionState state)
    {
        if (state == NexoConnectionState.Connecting)
        {
            run.Remark("the connection is lost; trying again");
        }
        else if (state == NexoConnectionState.Connected)
        {
            run.Remark("connected again");
        }
    }

    private static void Print(ClientRun run, StoreChangeEvent change)
    {
        string name = change.Change.ToString().ToLowerInvariant();
        ReadOnlyMemory<byte> key = change.Key.ToBytes();
        long number = change.IsGap ? change.Missed : (long)change.Version;
        if (run.Out.Json)
        {
            run.Out.Object(json => PrintJson(json, name, change));
        }
        else if (run.Out.ForPeople)
        {
            string painted = run.Out.Paint(name.PadRight(8), change.Change == StoreChange.Set ? "32" : "33");
            run.Out.Line($"{painted} {run.Out.Shown(key.Span)} {run.Out.Dim($"{number}")}");
        }
        else
        {
            run.Out.Items(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes($"{number}"), key);
        }
    }

    private static void PrintJson(System.Text.Json.Utf8JsonWriter json, string name, StoreChangeEvent change)
    {
        json.WriteString("change", name);
        if (change.IsGap)
        {
            json.WriteNumber("missed", change.Missed);
            return;
        }

        json.WriteBytes("key", change.Key.ToBytes().Span);
        json.WriteNumber("version", change.Version);
    }
}
