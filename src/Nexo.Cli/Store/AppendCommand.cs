using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class AppendCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var value = new ValueInput();
        var command = new Command("append", "Add bytes to the end of a value and print its new length") { key };
        value.AddTo(command);
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                long length = await run.Store.AppendAsync(name, await value.ReadAsync(run), run.Cancel);
                return StoreResults.Number(run, name, "length", length, $"{StoreResults.Count(length, "byte")} now");
            })
            .WithExamples(
                ("Add to a value", "nexo store append log:today 'started; '"),
                ("Add a file", "nexo store append archive --file part2.bin"));
    }
}
