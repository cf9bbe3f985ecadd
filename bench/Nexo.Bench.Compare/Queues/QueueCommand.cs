using System.CommandLine;

namespace Nexo.Bench.Compare.Queues;

/// <summary><c>compare queue</c>.</summary>
internal static class QueueCommand
{
    public static Command New(Option<string?> binary)
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Program.Number("--seconds", "Seconds of publishing, alone and end to end", 5.0);
        Option<int> size = Program.Number("--size", "Bytes of a message, 8 or more", 256);
        Option<int> window = Program.Number("--window", "Messages without a confirm", 256);
        Option<int> consumers = Program.Number("--consumers", "Connections that consume", 4);
        Option<int> prefetch = Program.Number("--prefetch", "Messages in one consumer's hands", 100);
        Option<string> servers = Program.List("--queues", "Which, in this order", QueueContenders.Names);
        Option<string?> json = Program.JsonFile();
        var command = new Command("queue", "Messages a second, latency, processor time and memory of queues")
        {
            rounds, seconds, size, window, consumers, prefetch, servers, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var work = new QueueWork
            {
                BodyBytes = Math.Max(parsed.GetValue(size), LatencyRecorder.StampBytes),
                Window = parsed.GetValue(window),
                Consumers = parsed.GetValue(consumers),
                Prefetch = parsed.GetValue(prefetch),
                Seconds = parsed.GetValue(seconds),
            };
            IReadOnlyList<QueueContender> contenders =
                await QueueContenders.FindAsync(parsed.GetValue(servers)!, parsed.GetValue(binary), cancel);
            QueueReport.Header();
            IReadOnlyList<QueueMeasurement> all =
                await new QueueComparison(work, parsed.GetValue(rounds), contenders).RunAsync(QueueReport.Line, cancel);
            IReadOnlyList<QueueMeasurement> medians = QueueReport.Medians(all);
            QueueReport.Summary(medians);
            if (parsed.GetValue(json) is { } file)
            {
                await StoreReport.WriteJsonAsync(file, all, medians);
            }

            return 0;
        });
        return command;
    }
}
