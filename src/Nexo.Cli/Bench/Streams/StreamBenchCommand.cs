using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Streams;

/// <summary><c>nexo bench stream</c>.</summary>
internal static class StreamBenchCommand
{
    public static Command Create()
    {
        var options = new StreamBenchOptions();
        var command = new Command("stream", "Measure streams: appending, reading all of it, and following");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        return command
            .OnRun(run => RunAsync(run, options))
            .WithDetails(
                "Appends for --seconds, reads everything from the beginning, then appends for --seconds while readers follow. The "
                + "streams are the run's own. Every record that was confirmed must come, at the offset that its append was told, "
                + "with the value that was sent.")
            .WithExamples(
                ("Confirmed when they are on disk", "nexo bench stream --durability fsync --seconds 5"),
                ("A hundred records in each append", "nexo bench stream --batch 100 --window 10000"),
                ("A hundred busy streams", "nexo bench stream --streams 100 --producers 4"),
                ("Latency at a fixed load, as JSON", "nexo bench stream --rate 20000 --json"));
    }

    private static async Task<int> RunAsync(CommandRun run, StreamBenchOptions options)
    {
        StreamBenchSettings settings = options.SettingsOf(run);
        BenchTarget target = BenchTarget.Parse(run.Settings);
        if (!target.IsNexo)
        {
            throw CliFailure.Usage("bench stream speaks the Nexo protocol only.", "the URL looks like nexo://HOST:PORT");
        }

        if (!OperatingSystem.IsLinux())
        {
            throw CliFailure.Usage("bench needs Linux: its generator is built on epoll.");
        }

        StreamBenchResult result;
        using (var bench = new StreamBench(settings, target))
        {
            var progress = new BenchProgress(run, "records");
            try
            {
                result = await bench.RunAsync(progress.Report, run.Cancel);
            }
            finally
            {
                progress.Clear();
            }
        }

        StreamBenchReport.Write(run.Out, result);
        run.Out.Flush();
        return Verdict(result);
    }

    private static int Verdict(StreamBenchResult result)
    {
        if (result.Interrupted)
        {
            return ExitCode.Interrupted;
        }

        StreamTraffic traffic = result.Traffic;
        if (traffic.Errors > 0)
        {
            throw Wrong("refused", $"The server did not take {traffic.Errors} records: {traffic.FirstError}.");
        }

        if (result.Missing > 0)
        {
            throw Wrong("lost", $"{result.Missing} records were confirmed and did not come.");
        }

        if (traffic.Mismatches > 0)
        {
            throw Wrong("mismatch", $"{traffic.Mismatches} records were not what was appended, or not where.");
        }

        return result.Extra == 0
            ? ExitCode.Ok
            : throw Wrong("extra", $"{result.Extra} records are there beside those that were confirmed.");
    }

    private static CliFailure Wrong(string code, string message) => new(ExitCode.Refused, code, message);
}
