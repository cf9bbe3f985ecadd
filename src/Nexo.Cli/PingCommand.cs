using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;

namespace Nexo.Cli;

/// <summary><c>nexo ping</c>: how long an answer takes.</summary>
internal static class PingCommand
{
    private const int DefaultCount = 4;
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        Option<long> count = Parsers.Count("--count", "Stop after so many; 0 is no end [4]", minimum: 0, DefaultCount);
        count.Aliases.Add("-c");
        Option<TimeSpan?> interval = Parsers.Duration("--interval", "Wait between them [1s]");
        interval.Aliases.Add("-i");
        var command = new Command("ping", "Measure how long the server takes to answer") { count, interval };
        return command
            .OnServer(async run =>
            {
                var times = new PingTimes();
                await PingAsync(run, times, run.Get(count), run.Get(interval) ?? DefaultInterval);
                Summarize(run, times);
                return times.Count > 0 ? ExitCode.Ok : ExitCode.CannotConnect;
            })
            .WithExamples(
                ("Is it there?", "nexo ping -c 1"),
                ("A hundred, quickly, for a program", "nexo ping -c 100 -i 10ms --json"));
    }

    // Ctrl-C ends it like the count does: with the summary.
    private static async Task PingAsync(ClientRun run, PingTimes times, long count, TimeSpan interval)
    {
        try
        {
            for (long i = 1; count == 0 || i <= count; i++)
            {
                TimeSpan time = await run.Client.PingAsync(run.Cancel);
                times.Add(time);
                if (!run.Out.Json && !run.Settings.Quiet)
                {
                    run.Out.Line($"answer from {ClientFailures.Redact(run.Settings.Url)}: seq={i} time={Text(time)}");
                    run.Out.Flush();
                }

                if (i != count)
                {
                    await Task.Delay(interval, run.Console.Time, run.Cancel);
                }
            }
        }
        catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested && times.Count > 0)
        {
            run.Remark("");
        }
    }

    private static void Summarize(ClientRun run, PingTimes times)
    {
        string line = $"{StoreResults.Count(times.Count, "answer")}, min/avg/max/mdev = "
            + $"{times.Min.TotalMilliseconds:F3}/{times.Mean.TotalMilliseconds:F3}/{times.Max.TotalMilliseconds:F3}/"
            + $"{times.Deviation.TotalMilliseconds:F3} ms";
        run.Out.Result(line, run.Out.Bold(line), json =>
        {
            json.WriteNumber("answers", times.Count);
            json.WriteNumber("min_ms", Rounded(times.Min));
            json.WriteNumber("avg_ms", Rounded(times.Mean));
            json.WriteNumber("max_ms", Rounded(times.Max));
            json.WriteNumber("mdev_ms", Rounded(times.Deviation));
        });
    }

    private static string Text(TimeSpan time) => $"{time.TotalMilliseconds:F3} ms";

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>The smallest, largest and mean of round trips, and how far they spread.</summary>
internal sealed class PingTimes
{
    private double _sumMs;
    private double _squaresMs;

    public long Count { get; private set; }

    public TimeSpan Min { get; private set; } = TimeSpan.MaxValue;

    public TimeSpan Max { get; private set; }

    public TimeSpan Mean => TimeSpan.FromMilliseconds(_sumMs / Math.Max(1, Count));

    public TimeSpan Deviation
    {
        get
        {
            double meanMs = _sumMs / Math.Max(1, Count);
            double varianceMs = (_squaresMs / Math.Max(1, Count)) - (meanMs * meanMs);
            return TimeSpan.FromMilliseconds(Math.Sqrt(Math.Max(0, varianceMs)));
        }
    }

    public void Add(TimeSpan time)
    {
        Count++;
        Min = time < Min ? time : Min;
        Max = time > Max ? time : Max;
        _sumMs += time.TotalMilliseconds;
        _squaresMs += time.TotalMilliseconds * time.TotalMilliseconds;
    }
}
