using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench;

/// <summary><c>nexo bench store</c>.</summary>
internal static class StoreBenchCommand
{
    public static Command Create()
    {
        var options = new StoreBenchOptions();
        var command = new Command("store", "Measure GET and SET: throughput and latency");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        return command
            .OnRun(run => RunAsync(run, options))
            .WithDetails(
                "Values are overwritten: the keys of a run are named by --key-prefix and a number. With --rate, latency "
                + "counts from when a request was due, not from when it could be sent.")
            .WithExamples(
                ("SET, 64 deep on 50 connections", "nexo bench store --op set --pipeline 64 --seconds 5"),
                ("A cache's usual mix on favourite keys", "nexo bench store --op mixed --read-ratio 0.9 --distribution zipf"),
                ("Latency at a fixed load, as JSON", "nexo bench store --op get --rate 50000 --json"),
                ("The same load on a Redis server", "nexo bench store --url redis://127.0.0.1:6379 --pipeline 16"));
    }

    private static async Task<int> RunAsync(CommandRun run, StoreBenchOptions options)
    {
        StoreBenchSettings settings = options.SettingsOf(run);
        BenchTarget target = BenchTarget.Parse(run.Settings);
        if (!OperatingSystem.IsLinux())
        {
            throw CliFailure.Usage("bench needs Linux: its generator is built on epoll.");
        }

        StoreBenchResult result;
        using (var bench = new StoreBench(settings, target))
        {
            var progress = new BenchProgress(run);
            try
            {
                result = await bench.RunAsync(progress.Report, run.Cancel);
            }
            finally
            {
                progress.Clear();
            }
        }

        StoreBenchReport.Write(run.Out, result);
        run.Out.Flush();
        return Verdict(result);
    }

    private static int Verdict(StoreBenchResult result)
    {
        BenchTally tally = result.Tally;
        if (tally.Errors > 0)
        {
            throw new CliFailure(
                ExitCode.Refused, "refused", $"The server answered {tally.Errors} requests with errors: {tally.FirstError}.");
        }

        if (tally.Mismatches > 0)
        {
            throw new CliFailure(
                ExitCode.Refused,
                "mismatch",
                $"{tally.Mismatches} replies were not what was written.",
                "were these keys written by something else? try another --key-prefix");
        }

        return result.Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }
}
