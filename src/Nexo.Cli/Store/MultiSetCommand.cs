using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Store;

internal static class MultiSetCommand
{
    public static Command Create()
    {
        Argument<string[]> pairs = PairArguments.Create("KEY VALUE", "Keys and values in turn");
        Option<TimeSpan?> ttl = Parsers.Duration("--ttl", "All of them live this long");
        var command = new Command("mset", "Store several values") { pairs, ttl };
        return command
            .OnServer(async run =>
            {
                KeyValuePair<NexoKey, ReadOnlyMemory<byte>>[] items = PairArguments.Read(run, pairs, "key");
                IReadOnlyList<StoreSetItem> results =
                    await run.Store.SetManyBytesAsync(items, run.Get(ttl), run.Cancel);
                int stored = results.Count(item => item.Stored);
                StoreResults.Number(run, "stored", stored, $"{StoreResults.Count(stored, "value")} stored");
                return Check(items, results);
            })
            .WithDetails("Each value is stored or not by itself. Many values load faster with 'nexo store load'.")
            .WithExamples(("Three at once", "nexo store mset color blue size 7 weight 12 --ttl 1h"));
    }

    private static int Check(KeyValuePair<NexoKey, ReadOnlyMemory<byte>>[] items, IReadOnlyList<StoreSetItem> results)
    {
        for (int i = 0; i < items.Length; i++)
        {
            if (!results[i].Stored)
            {
                throw new CliFailure(
                    ExitCode.Refused,
                    ClientFailures.SnakeCase($"{results[i].Error}"),
                    $"'{EscapedText.Show(items[i].Key.ToBytes().Span)}' was not stored: {results[i].Error}.",
                    ClientFailures.Hint(results[i].Error));
            }
        }

        return ExitCode.Ok;
    }
}
