using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class HashIncrementCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        Argument<string> field = StoreArguments.Field();
        Argument<long> delta = StoreArguments.Delta();
        var command = new Command("hincr", "Add to a counter in a hash and print what it is now") { key, field, delta };
        command.Aliases.Add("hincrby");
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                long number = await run.Store.HashIncrementAsync(name, run.Bytes(field), run.Get(delta), run.Cancel);
                return StoreResults.Number(run, name, "value", number);
            })
            .WithExamples(
                ("Count a login", "nexo store hincr user:7 logins"),
                ("Subtract", "nexo store hincr user:7 credit -20"));
    }
}
