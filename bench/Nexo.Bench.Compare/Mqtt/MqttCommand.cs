using System.CommandLine;
using System.Net.Sockets;
using Nexo.Bench.Compare.Topics;
using Nexo.Cli.Bench;
using Nexo.Cli.Bench.Topics;
using Nexo.Cli.Terminal;

namespace Nexo.Bench.Compare.Mqtt;

/// <summary><c>compare mqtt</c>: fan-out with QoS 0, publishing with QoS 1, and QoS 1 through to a subscriber.</summary>
internal static class MqttCommand
{
    private const string FanOut = "fanout";
    private const string Publish = "publish";
    private const string Through = "through";
    private const int Subscribers = 100;
    private const double WarmUpShare = 0.25;
    private const double Million = 1e6;
    private const double MegabyteBytes = 1e6;

    public static Command New(Option<string?> binary)
    {
        Option<int> rounds = Program.Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Program.Number("--seconds", "Seconds of load per server, work and round", 4.0);
        Option<int> size = Program.Number("--size", $"Bytes of a message, {TopicMessageHead.Size} or more", 64);
        Option<int> window = Program.Number("--window", "Messages with QoS 1 that are not confirmed yet, or not delivered", 100);
        Option<string> works = Program.List("--works", $"{FanOut}: 1 to {Subscribers} with QoS 0; the others with QoS 1", $"{FanOut},{Publish},{Through}");
        Option<string> servers = Program.List("--servers", "Which, in this order", MqttContenders.Names);
        var command = new Command("mqtt", "The same load on servers that speak MQTT 3.1.1") { rounds, seconds, size, window, works, servers };
        command.SetAction(async (parsed, cancel) =>
        {
            int bodyBytes = Math.Max(parsed.GetValue(size), TopicMessageHead.Size);
            IReadOnlyList<TopicContender> contenders =
                await MqttContenders.FindAsync(parsed.GetValue(servers)!, parsed.GetValue(binary), cancel);
            var all = new List<TopicMeasurement>();
            TopicReport.Header();
            foreach (string work in parsed.GetValue(works)!.Split(','))
            {
                all.AddRange(work == FanOut
                    ? await FanOutAsync(contenders, bodyBytes, parsed.GetValue(rounds), parsed.GetValue(seconds), cancel)
                    : await AckAsync(
                        contenders, work, bodyBytes, parsed.GetValue(window), parsed.GetValue(rounds), parsed.GetValue(seconds), cancel));
            }

            TopicReport.Summary(TopicReport.Medians(all));
            return 0;
        });
        return command;
    }

    private static Task<IReadOnlyList<TopicMeasurement>> FanOutAsync(
        IReadOnlyList<TopicContender> contenders, int bodyBytes, int rounds, double seconds, CancellationToken cancel)
    {
        const int WindowMax = 4_096;
        const int BatchMax = 256;
        var options = new TopicComparisonOptions
        {
            Works = [TopicWork.FanOut(1, Subscribers, bodyBytes)],
            Rounds = rounds,
            Seconds = seconds,
            Window = WindowMax,
            BatchMax = BatchMax,
            PacedShare = 0,
        };
        return new TopicComparison(options, contenders).RunAsync(TopicReport.Line, cancel);
    }

    private static async Task<IReadOnlyList<TopicMeasurement>> AckAsync(
        IReadOnlyList<TopicContender> contenders, string work, int bodyBytes, int window, int rounds, double seconds, CancellationToken cancel)
    {
        if (work is not (Publish or Through))
        {
            throw new CompareFailure($"\"{work}\" is no work; there are {FanOut}, {Publish} and {Through}.");
        }

        var all = new List<TopicMeasurement>();
        for (int round = 1; round <= rounds; round++)
        {
            foreach (TopicContender contender in contenders)
            {
                try
                {
                    TopicMeasurement row = await MeasureAsync(contender, work, bodyBytes, window, round, seconds, cancel);
                    TopicReport.Line(row);
                    all.Add(row);
                }
                catch (Exception failure) when (!contender.IsNexo
                    && failure is CliFailure or CompareFailure or SocketException or IOException or TimeoutException)
                {
                    await Console.Error.WriteLineAsync($"{contender.Name}, round {round}: {failure.Message} Left out.");
                }
            }
        }

        return all.Any(row => row.Wrong > 0 && row.Contender == "nexo")
            ? throw new CompareFailure("nexo did not deliver exactly what was published.")
            : all;
    }

    private static async Task<TopicMeasurement> MeasureAsync(
        TopicContender contender, string work, int bodyBytes, int window, int round, double seconds, CancellationToken cancel)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(contender, cancel);
        BenchConnector connector = contender.Connector(server.Port);
        using var load = new MqttAckLoad(() => connector.Connect(out _).Socket, bodyBytes, window, withSubscriber: work == Through);
        load.Run(TimeSpan.FromSeconds(seconds * WarmUpShare));
        double serverBefore = server.CpuSeconds;
        double clientBefore = ProcessFacts.CpuSeconds(Environment.ProcessId);
        MqttAckResult result = load.Run(TimeSpan.FromSeconds(seconds));
        long counted = work == Through ? result.Delivered : result.Confirmed;
        return new TopicMeasurement
        {
            Contender = contender.Name,
            Work = work == Through ? $"QoS 1 to one, window {window}" : $"QoS 1 publish, window {window}",
            Rate = 0,
            Round = round,
            PublishedPerSecond = result.Confirmed / result.Seconds,
            DeliveredPerSecond = counted / result.Seconds,
            P50Us = result.LatencyUs(50),
            P99Us = result.LatencyUs(99),
            P999Us = result.LatencyUs(99.9),
            ServerCpuPerMillion = (server.CpuSeconds - serverBefore) * Million / counted,
            ClientCpuPerMillion = (ProcessFacts.CpuSeconds(Environment.ProcessId) - clientBefore) * Million / counted,
            ResidentMegabytes = server.ResidentBytes / MegabyteBytes,
            ResidentMegabytesMax = server.ResidentBytesMax / MegabyteBytes,
            Wrong = result.Wrong,
        };
    }
}
