using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class ExpireCommand
{
    public static Command Create()
    {
        Argument<string> key = StoreArguments.Key();
        var duration = new Argument<TimeSpan?>("DURATION")
        {
            Description = "Lives this long from now: 1500ms, 30s, 5m, 12h, 2d",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => Parsers.ReadDuration(result, "DURATION"),
        };
        Option<DateTimeOffset?> at =
            Parsers.Moment("--at", "Lives until then: ISO 8601 (UTC by default) or Unix milliseconds");
        var command = new Command("expire", "Give a key an expiry") { key, duration, at };
        command.Validators.Add(result =>
        {
            if (result.GetResult(duration) is { Tokens.Count: > 0 } == result.GetResult(at) is not null)
            {
                result.AddError("Give either a DURATION or --at WHEN.");
            }
        });
        return command
            .OnServer(async run =>
            {
                byte[] name = run.Bytes(key);
                bool found = run.Get(at) is { } moment
                    ? await run.Store.ExpireAsync(name, moment, run.Cancel)
                    : await run.Store.ExpireAsync(name, run.Get(duration)!.Value, run.Cancel);
                return StoreResults.YesNo(run, name, "found", found, "done", "no such key");
            })
            .WithDetails("Prints 1, or 0 when there is no such key. A moment that has passed removes the key.")
            .WithExamples(
                ("In half an hour", "nexo store expire session:7 30m"),
                ("At midnight UTC", "nexo store expire offer:1 --at 2030-01-01T00:00:00Z"));
    }
}
