using System.CommandLine;
using Nexo.Bench.Compare.Queues;

namespace Nexo.Bench.Compare.Streams;

/// <summary><c>compare stream</c>.</summary>
internal static class StreamCommand
{
    public static Command New(Option<string?> binary)
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Program.Number("--seconds", "Seconds of appending, alone and beside the reader", 5.0);
        Option<string> sizes = Program.List("--sizes", "Bytes of a value, 16 or more", "256,1024");
        Option<int> window = Program.Number("--window", "Records without a confirm", 1_024);
        Option<int> page = Program.Number("--page", "Records that a reader asks for at once, where it asks", 1_000);
        Option<double> rate = Program.Number("--rate", "Records a second while a reader follows", 10_000.0);
        Option<string> servers = Program.List("--streams", "Which, in this order", StreamContenders.Names);
        Option<string?> json = Program.JsonFile();
        var command = new Command("stream", "Records a second, latency, processor time and memory of streams")
        {
            rounds, seconds, sizes, window, page, rate, servers, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            StreamWork[] works =
            [
                .. parsed.GetValue(sizes)!.Split(',').Select(int.Parse).Select(size => new StreamWork
                {
                    ValueBytes = Math.Max(size, 2 * LatencyRecorder.StampBytes),
                    Window = parsed.GetValue(window),
                    Page = parsed.GetValue(page),
                    Rate = parsed.GetValue(rate),
                    Seconds = parsed.GetValue(seconds),
                }),
            ];
            IReadOnlyList<StreamContender> contenders =
                await StreamContenders.FindAsync(parsed.GetValue(servers)!, parsed.GetValue(binary), cancel);
            StreamReport.Header();
            IReadOnlyList<StreamMeasurement> all =
                await new StreamComparison(works, parsed.GetValue(rounds), contenders).RunAsync(StreamReport.Line, cancel);
            IReadOnlyList<StreamMeasurement> medians = StreamReport.Medians(all);
            StreamReport.Summary(medians);
            if (parsed.GetValue(json) is { } file)
            {
                await StoreReport.WriteJsonAsync(file, all, medians);
            }

            return 0;
        });
        return command;
    }
}
