using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class CountCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = StoreArguments.Prefix();
        var command = new Command("count", "Count keys") { prefix };
        return command
            .OnServer(
                async run =>
                {
                    byte[] bytes = run.Prefix(prefix);
                    long count = await Spinner.ShowAsync(
                        run, "counting", run.Store.CountAsync(bytes, run.Cancel).AsTask());
                    return StoreResults.Number(
                        run,
                        "count",
                        count,
                        StoreResults.Count(count, "key"),
                        json => json.WriteBytes("prefix", bytes));
                },
                ServerActions.LongTimeout)
            .WithExamples(
                ("All of them", "nexo store count"),
                ("Under a prefix", "nexo store count session:"));
    }
}
