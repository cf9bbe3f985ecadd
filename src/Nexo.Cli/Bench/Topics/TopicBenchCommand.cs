using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary><c>nexo bench pubsub</c>.</summary>
internal static class TopicBenchCommand
{
    public static Command Create()
    {
        var options = new TopicBenchOptions();
        var command = new Command("pubsub", "Measure topics: how fast messages reach all their subscribers");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        return command
            .OnRun(run => RunAsync(run, options))
            .WithDetails(
                "Every message goes to every subscriber, and each of them checks that it comes once and in the order of its "
                + "publisher. Publishers wait for the slowest subscriber (--window), so that nothing need be dropped; with "
                + "--window 0 they do not, and what the server has dropped it must have told. Latency is from sending, or from "
                + "when it was due, to the delivery.")
            .WithExamples(
                ("One to a hundred", "nexo bench pubsub --publishers 1 --subscribers 100 --size 64 --seconds 5"),
                ("Ten to ten, through wildcards", "nexo bench pubsub --publishers 10 --subscribers 10 --wildcard"),
                ("Latency at a fixed load, as JSON", "nexo bench pubsub --subscribers 10 --rate 20000 --json"));
    }

    private static async Task<int> RunAsync(CommandRun run, TopicBenchOptions options)
    {
        TopicBenchSettings settings = options.SettingsOf(run);
        var target = BenchTarget.Parse(run.Settings);
        if (target.Protocol is RespProtocol)
        {
            throw CliFailure.Usage("bench pubsub speaks no RESP.", "the URL looks like nexo://, nats:// or mqtt://HOST:PORT");
        }

        if (!OperatingSystem.IsLinux())
        {
            throw CliFailure.Usage("bench needs Linux: its generator is built on epoll.");
        }

        TopicBenchResult result;
        using (var bench = new TopicBench(settings, target))
        {
            var progress = new BenchProgress(run, "deliveries");
            try
            {
                result = await bench.RunAsync(progress.Report, run.Cancel);
            }
            finally
            {
                progress.Clear();
            }
        }

        TopicBenchReport.Write(run.Out, result);
        run.Out.Flush();
        return Verdict(result);
    }

    private static int Verdict(TopicBenchResult result)
    {
        if (result.Interrupted)
        {
            return ExitCode.Interrupted;
        }

        TopicCounts counts = result.Phase.Counts;
        if (result.Tally.Errors > 0)
        {
            throw Wrong("refused", $"The server did not take {result.Tally.Errors} messages: {result.Tally.FirstError}.");
        }

        if (counts.Repeated > 0)
        {
            throw Wrong("disorder", $"{counts.Repeated} messages came twice, or after a later one of their publisher.");
        }

        if (counts.Mismatches > 0)
        {
            throw Wrong("mismatch", $"{counts.Mismatches} messages were not what was sent, or not confirmed for all.");
        }

        // Who asks for a flood gets drops; they must all be told.
        bool dropsAllowed = result.Settings.Window == 0 || result.Settings.Rate > 0;
        return result.Lost == 0 || (dropsAllowed && result.Lost == counts.Missed)
            ? ExitCode.Ok
            : throw Wrong(
                "lost", $"{result.Lost} messages did not reach a subscriber, of which the server told {counts.Missed}.");
    }

    private static CliFailure Wrong(string code, string message) => new(ExitCode.Refused, code, message);
}
