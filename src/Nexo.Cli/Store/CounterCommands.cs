using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

/// <summary><c>incr</c> and <c>decr</c>.</summary>
internal static class CounterCommands
{
    public static Command CreateIncrement() =>
        Create("incr", "Add to a counter and print what it is now", sign: 1)
            .WithExamples(
                ("Count a visit", "nexo store incr visits"),
                ("Count in a window of a minute", "nexo store incr rate:alice --ttl 1m"),
                ("Add another number, even a negative one", "nexo store incr balance -250"));

    public static Command CreateDecrement() =>
        Create("decr", "Subtract from a counter and print what it is now", sign: -1)
            .WithExamples(("Take two out of stock", "nexo store decr stock:9 2"));

    private static Command Create(string word, string description, int sign)
    {
        Argument<string> key = StoreArguments.Key();
        Argument<long> delta = StoreArguments.Delta();
        Option<TimeSpan?> ttl =
            Parsers.Duration("--ttl", "Lives this long if this creates it; else what it has is kept");
        var command = new Command(word, description) { key, delta, ttl };
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                long amount = run.Get(delta);
                long number = sign > 0
                    ? await run.Store.IncrementAsync(name, amount, run.Get(ttl), run.Cancel)
                    : await run.Store.DecrementAsync(name, amount, run.Get(ttl), run.Cancel);
                return StoreResults.Number(run, name, "value", number);
            })
            .WithDetails("A key that does not exist counts from 0. Counters have 64 bits; running over is an error.");
    }
}
