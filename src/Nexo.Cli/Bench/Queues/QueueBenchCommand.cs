using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Queues;

/// <summary><c>nexo bench queue</c>.</summary>
internal static class QueueBenchCommand
{
    public static Command Create()
    {
        var options = new QueueBenchOptions();
        var command = new Command("queue", "Measure queues: publishing, draining and both at once");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        return command
            .OnRun(run => RunAsync(run, options))
            .WithDetails(
                "Publishes for --seconds, drains what is there, then publishes and consumes at once for --seconds. The queues "
                + "are the run's own. Every message that was confirmed must come; messages that come twice are counted.")
            .WithExamples(
                ("Confirmed when they are on disk", "nexo bench queue --durability fsync --seconds 5"),
                ("A hundred messages in each push", "nexo bench queue --batch 100 --window 1000"),
                ("A backlog of a million, and what the server takes for it", "nexo bench queue --backlog 1000000 --size 16"),
                ("Latency at a fixed load, as JSON", "nexo bench queue --rate 20000 --json"));
    }

    private static async Task<int> RunAsync(CommandRun run, QueueBenchOptions options)
    {
        QueueBenchSettings settings = options.SettingsOf(run);
        BenchTarget target = BenchTarget.Parse(run.Settings);
        if (!target.IsNexo)
        {
            throw CliFailure.Usage("bench queue speaks the Nexo protocol only.", "the URL looks like nexo://HOST:PORT");
        }

        if (!OperatingSystem.IsLinux())
        {
            throw CliFailure.Usage("bench needs Linux: its generator is built on epoll.");
        }

        QueueBenchResult result;
        using (var bench = new QueueBench(settings, target))
        {
            var progress = new BenchProgress(run, "messages");
            try
            {
                result = await bench.RunAsync(progress.Report, run.Cancel);
            }
            finally
            {
                progress.Clear();
            }
        }

        QueueBenchReport.Write(run.Out, result);
        run.Out.Flush();
        return Verdict(result);
    }

    private static int Verdict(QueueBenchResult result)
    {
        if (result.Interrupted)
        {
            return ExitCode.Interrupted;
        }

        QueueTraffic traffic = result.Traffic;
        if (traffic.Errors > 0)
        {
            throw Wrong("refused", $"The server did not take {traffic.Errors} messages: {traffic.FirstError}.");
        }

        if (result.Missing > 0)
        {
            throw Wrong("lost", $"{result.Missing} messages were confirmed and did not come.");
        }

        if (traffic.Mismatches > 0)
        {
            throw Wrong("mismatch", $"{traffic.Mismatches} messages were not what was sent.");
        }

        return result.Empty.Messages == 0
            ? ExitCode.Ok
            : throw Wrong("left", $"{result.Empty.Messages} messages are still there after all were settled.");
    }

    private static CliFailure Wrong(string code, string message) => new(ExitCode.Refused, code, message);
}
