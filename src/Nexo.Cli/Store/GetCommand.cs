using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class GetCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var command = new Command("get", "Print the value of a key") { key };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                return run.Value(name, await run.Store.GetBytesAsync(name, run.Cancel));
            })
            .WithDetails("On a pipe the output is the value, byte for byte; exit code 1 when there is no such key.")
            .WithExamples(
                ("Print a value", "nexo store get greeting"),
                ("Save a binary value", "nexo store get photo:1 > photo.jpg"),
                ("Its version too", "nexo store get greeting --json"));
    }
}
