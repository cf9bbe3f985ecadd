using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Queues;

/// <summary><c>nexo queue top</c>: the fullest queues, again and again.</summary>
internal static class TopCommand
{
    private const int DefaultLimit = 50;

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only queues whose names begin with this");
        Option<TimeSpan?> interval = Parsers.Duration("--interval", "How often to look [1s]");
        interval.Aliases.Add("-i");
        Option<long?> count = Parsers.Number(
            "--count", "Stop after so many looks; 0 is no end [no end on a terminal, else 1]", 0);
        count.Aliases.Add("-n");
        Option<long> limit = Parsers.Count(
            "--limit", $"Show so many queues [{DefaultLimit}, and what fits a terminal]", minimum: 1, DefaultLimit);
        var command = new Command("top", "Watch the fullest queues live") { prefix, interval, count, limit };
        return command
            .OnServer(run =>
            {
                long looks = run.Get(count) ?? (run.Out.ForPeople ? 0 : 1);
                var session = new TopSession(run, run.Parsed.GetValue(prefix) ?? "", run.Get(limit));
                return session.RunAsync(looks == 0 ? long.MaxValue : looks, run.Get(interval) ?? DefaultInterval);
            })
            .WithDetails(
                "Those with the most ready messages come first. On a pipe one queue a line: name, ready, leased, delayed, dead, "
                + "pushes and deliveries per second, consumers, with tabs between; with --json all figures of one queue a line.")
            .WithExamples(
                ("All queues, until Ctrl-C", "nexo queue top"),
                ("A look at one tenant's", "nexo queue top tenant-7. --count 1"),
                ("A line for each queue every ten seconds", "nexo queue top --interval 10s --count 0 --json"));
    }
}
