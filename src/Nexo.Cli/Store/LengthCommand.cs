using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class LengthCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("length", "Print how many bytes a value has") { key };
        command.Aliases.Add("strlen");
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                return await run.Store.LengthAsync(name, run.Cancel) is { } length
                    ? StoreResults.Number(run, name, "length", length, StoreResults.Count(length, "byte"))
                    : run.Missing(name);
            })
            .WithExamples(("How large is it?", "nexo store length photo:1"));
    }
}
