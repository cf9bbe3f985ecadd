using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class PersistCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("persist", "Take the expiry off a key") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                bool found = await run.Store.PersistAsync(name, run.Cancel);
                return StoreResults.YesNo(run, name, "found", found, "done", "no such key");
            })
            .WithExamples(("Keep it for ever", "nexo store persist session:7"));
    }
}
