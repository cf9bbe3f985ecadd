using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class TakeCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("take", "Print a value and delete its key, in one step") { key };
        command.Aliases.Add("getdel");
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                return run.Value(name, await run.Store.TakeBytesAsync(name, run.Cancel));
            })
            .WithExamples(("Use a one-time code", "nexo store take code:4711"));
    }
}
