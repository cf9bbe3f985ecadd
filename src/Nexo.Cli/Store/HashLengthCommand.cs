using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class HashLengthCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("hlen", "Print how many fields a hash has") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                long fields = await run.Store.HashLengthAsync(name, run.Cancel);
                return StoreResults.Number(run, name, "fields", fields, StoreResults.Count(fields, "field"));
            })
            .WithDetails("0 when there is no such key.")
            .WithExamples(("How many?", "nexo store hlen user:7"));
    }
}
