using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store;

internal static class TtlCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("ttl", "Print how long a key has to live") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                StoreTtl ttl = await run.Store.TtlAsync(name, run.Cancel);
                return ttl.State == TtlState.NotFound ? run.Missing(name) : Print(run, name, ttl);
            })
            .WithDetails(
                "On a pipe in milliseconds, -1 when it does not expire. Exit code 1 when there is no such key.")
            .WithExamples(("How long is a session good for?", "nexo store ttl session:7"));
    }

    private static int Print(ClientRun run, byte[] key, StoreTtl ttl)
    {
        long remainingMs = (long)ttl.Remaining.TotalMilliseconds;
        bool expires = ttl.State == TtlState.Expires;
        run.Out.Result(
            expires ? $"{remainingMs}" : "-1",
            expires ? DurationText.Format(ttl.Remaining) : "does not expire",
            json =>
            {
                json.WriteBytes("key", key);
                json.WriteBoolean("found", true);
                if (expires)
                {
                    json.WriteNumber("ttl_ms", remainingMs);
                }
                else
                {
                    json.WriteNull("ttl_ms");
                }
            });
        return ExitCode.Ok;
    }
}
