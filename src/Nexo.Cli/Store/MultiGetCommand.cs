using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

internal static class MultiGetCommand
{
    public static Command Create()
    {
        Argument<string[]> keys = StoreArguments.Keys();
        var command = new Command("mget", "Print the values of several keys") { keys };
        return command
            .OnServer(async run =>
            {
                byte[][] names = run.Bytes(keys);
                IReadOnlyList<StoreItem<ReadOnlyMemory<byte>>> items =
                    await run.Store.GetManyBytesAsync([.. names.Select(name => new NexoKey(name))], run.Cancel);
                return ItemList.Print(run, "key", names, items);
            })
            .WithDetails(
                "One line for each key that exists: the key, a tab, the value. Exit code 1 when any is missing.")
            .WithExamples(("Three at once", "nexo store mget color size weight"));
    }
}
