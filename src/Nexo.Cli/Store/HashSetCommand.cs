using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class HashSetCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<string[]> pairs = PairArguments.Create("FIELD VALUE", "Fields and values in turn");
        var command = new Command("hset", "Set fields of a hash") { key, pairs };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                long added =
                    await run.Store.HashSetBytesAsync(name, PairArguments.Read(run, pairs, "field"), run.Cancel);
                return StoreResults.Number(
                    run, name, "added", added, $"{run.Out.Good("stored")} {run.Out.Dim($"{added} of them new")}");
            })
            .WithDetails("All fields or none are set. Prints how many are new.")
            .WithExamples(("Two fields of a user", "nexo store hset user:7 name Alice mail alice@example.org"));
    }
}
