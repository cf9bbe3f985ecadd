using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Keeper;

/// <summary><c>nexo top</c>: what a server does, live.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        Option<TimeSpan?> interval = Parsers.Duration("--interval", "How often to look [1s]");
        interval.Aliases.Add("-i");
        Option<long?> count = Parsers.Number(
            "--count", "Stop after so many looks; 0 is no end [no end on a terminal, else 1]", 0);
        count.Aliases.Add("-n");
        var once = new Option<bool>("--once") { Description = "Look once" };
        var command = new Command("top", "Watch a server live: what all its brokers do, hold and owe") { interval, count, once };
        command.Validators.Add(result =>
        {
            if (result.GetValue(once) && result.GetResult(count) is not null)
            {
                result.AddError("Give either --once or --count, not both.");
            }
        });
        return command
            .OnServer(run =>
            {
                long looks = run.Get(once) ? 1 : run.Get(count) ?? (run.Out.ForPeople ? 0 : 1);
                return new TopSession(run).RunAsync(looks == 0 ? long.MaxValue : looks, run.Get(interval) ?? DefaultInterval);
            })
            .WithDetails(
                "Rates are those since the look before; before the first one it waits for an interval. On a terminal it shows the fullest "
                + "queues and the groups that are furthest behind too. On a pipe one figure a line, its name and its value with a tab "
                + "between; with --json one object a look.")
            .WithExamples(
                ("Until Ctrl-C", "nexo top"),
                ("A look for a script", "nexo top --once --json | jq .requests_per_second"),
                ("A line of figures every minute", "nexo top --json --count 0 --interval 1m >> nexo.jsonl"));
    }
}
