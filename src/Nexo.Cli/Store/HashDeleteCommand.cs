using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

internal static class HashDeleteCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<string[]> fields = StoreArguments.Fields();
        var command = new Command("hdel", "Delete fields of a hash") { key, fields };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                NexoKey[] names = [.. run.Bytes(fields).Select(field => new NexoKey(field))];
                long deleted = await run.Store.HashDeleteAsync(name, names, run.Cancel);
                StoreResults.Number(run, name, "deleted", deleted, $"{StoreResults.Count(deleted, "field")} deleted");
                return deleted > 0 ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails(
                "Prints how many there were; exit code 1 when there was none. The last field takes the hash along.")
            .WithExamples(("Forget a field", "nexo store hdel user:7 mail"));
    }
}
