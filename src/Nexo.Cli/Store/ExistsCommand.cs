using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class ExistsCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("exists", "Tell whether a key exists") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                bool exists = await run.Store.ExistsAsync(name, run.Cancel);
                return StoreResults.YesNo(run, name, "exists", exists, "yes", "no");
            })
            .WithDetails("Prints 1 or 0; the exit code is 0 or 1.")
            .WithExamples(("In a script", "if nexo store exists lock:job > /dev/null; then echo busy; fi"));
    }
}
