using System.CommandLine;
using System.Runtime.InteropServices;
using Nexo.Bench.Compare.Matching;
using Nexo.Bench.Compare.Mqtt;
using Nexo.Bench.Compare.Queues;
using Nexo.Bench.Compare.Streams;
using Nexo.Bench.Compare.Topics;

namespace Nexo.Bench.Compare;

internal static class Program
{
    private static readonly Option<string?> Binary = new("--nexo")
    {
        Description = "The native binary [out/nexo, published if it is not there]",
        Recursive = true,
    };

    private static readonly Option<bool> Garnet = new("--garnet")
    {
        Description = "Garnet as a third server",
    };

    private static readonly Option<Durability> Kept = new("--durability")
    {
        Description = "memory, interval (Redis: everysec) or fsync (Redis: always); but for memory, Nexo in memory too",
    };

    public static async Task<int> Main(string[] args)
    {
        // An interrupt ends the run in order: every server that was started is stopped.
        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = CancelOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = CancelOn(PosixSignal.SIGTERM, stop);
        var root = new RootCommand("Nexo beside its peers, on this machine, in turn.") { Binary };
        root.Add(Store());
        root.Add(Memory());
        root.Add(Fairness());
        root.Add(Latency());
        root.Add(QueueCommand.New(Binary));
        root.Add(PubSubCommand.New(Binary));
        root.Add(RespCommand.New(Binary, Garnet, Kept));
        root.Add(MqttCommand.New(Binary));
        root.Add(StreamCommand.New(Binary));
        root.Add(MatchingCommand.New());
        try
        {
            // Signals are taken above; the parser's own way would end the process while servers are being stopped.
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await root.Parse(args).InvokeAsync(invocation, stop.Token);
        }
        catch (CompareFailure failure)
        {
            await Console.Error.WriteLineAsync($"compare: {failure.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
    }

    public static Option<T> Number<T>(string name, string description, T defaultValue) =>
        new(name) { Description = description, DefaultValueFactory = _ => defaultValue };

    public static Option<string> List(string name, string description, string defaultValue) =>
        new(name) { Description = description, DefaultValueFactory = _ => defaultValue };

    public static Option<string?> JsonFile() =>
        new("--json") { Description = "Write every round and the medians to this file" };

    /// <summary>Runs it, prints every line and the medians, and writes them to a file if there is one.</summary>
    public static async Task<int> CompareAsync(
        StoreComparisonOptions options, IReadOnlyList<StoreContender> contenders, string? file, CancellationToken cancel)
    {
        StoreReport.Header();
        var comparison = new StoreComparison(options, contenders);
        IReadOnlyList<StoreMeasurement> all = await comparison.RunAsync(StoreReport.Line, cancel);
        IReadOnlyList<StoreMeasurement> medians = StoreReport.Medians(all);
        StoreReport.Summary(medians);
        if (file is not null)
        {
            await StoreReport.WriteJsonAsync(file, all, medians);
        }

        return 0;
    }

    private static Command Store()
    {
        Option<int> rounds = Number("--rounds", "Rounds; the median counts", 5);
        Option<double> seconds = Number("--seconds", "Seconds of load per server, work and round", 4.0);
        Option<int> clients = Number("--clients", "Connections", 50);
        Option<int> size = Number("--size", "Bytes of a value", 64);
        Option<int> keys = Number("--keys", "How many different keys", 100_000);
        Option<string> depths = List("--depths", "Pipeline depths", "1,16,64");
        Option<string> operations = List("--ops", "set, get", "set,get");
        var self = new Option<bool>("--self") { Description = "Each server against itself: the noise of the machine" };
        Option<string?> json = JsonFile();
        var command = new Command("store", "Throughput, latency, processor time and memory of GET and SET")
        {
            rounds, seconds, clients, size, keys, depths, operations, self, json, Garnet, Kept,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            Work[] works =
            [
                .. from operation in parsed.GetValue(operations)!.Split(',')
                   from depth in parsed.GetValue(depths)!.Split(',').Select(int.Parse)
                   select new Work(operation, depth, parsed.GetValue(clients), parsed.GetValue(size), parsed.GetValue(keys)),
            ];
            var options = new StoreComparisonOptions
            {
                Rounds = parsed.GetValue(rounds),
                Seconds = parsed.GetValue(seconds),
                Works = works,
            };
            string? file = parsed.GetValue(json);
            return await CompareAsync(options, await ContendersAsync(parsed, parsed.GetValue(self), cancel), file, cancel);
        });
        return command;
    }

    private static Command Memory()
    {
        Option<int> keys = Number("--keys", "How many keys", 1_000_000);
        Option<int> size = Number("--size", "Bytes of a value", 64);
        var command = new Command("memory", "Resident bytes per key") { keys, size, Garnet, Kept };
        command.SetAction(async (parsed, cancel) =>
        {
            IReadOnlyList<StoreContender> contenders = await ContendersAsync(parsed, self: false, cancel);
            await MemoryComparison.RunAsync(contenders, parsed.GetValue(keys), parsed.GetValue(size), cancel);
            return 0;
        });
        return command;
    }

    private static Command Fairness()
    {
        Option<double> seconds = Number("--seconds", "Seconds of each half", 4.0);
        var command = new Command("fairness", "Latency of a modest load, alone and beside a flooding connection")
        {
            seconds, Kept,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            NexoContender nexo = await Contenders.NexoAsync(parsed.GetValue(Binary), parsed.GetValue(Kept), cancel);
            await FairnessComparison.RunAsync(nexo, parsed.GetValue(seconds), cancel);
            return 0;
        });
        return command;
    }

    private static Command Latency()
    {
        Option<int> rounds = Number("--rounds", "Rounds; the median counts", 3);
        Option<double> seconds = Number("--seconds", "Seconds of each measurement", 3.0);
        Option<string> operation = List("--op", "set or get", "get");
        Option<int> depth = Number("--depth", "Requests in a batch", 16);
        Option<double> share = Number("--share", "Of the peak, 0 to 1", 0.7);
        var command = new Command("latency", "Latency in an open loop at a share of the peak")
        {
            rounds, seconds, operation, depth, share, Garnet, Kept,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            NexoContender nexo = await Contenders.NexoAsync(parsed.GetValue(Binary), parsed.GetValue(Kept), cancel);
            IReadOnlyList<StoreContender> contenders = await ContendersAsync(parsed, self: false, cancel);
            var comparison = new LatencyComparison(nexo.Generator, contenders, parsed.GetValue(share));
            var work = new Work(parsed.GetValue(operation)!, parsed.GetValue(depth), 50, 64, 100_000);
            await comparison.RunAsync(work, parsed.GetValue(rounds), parsed.GetValue(seconds), cancel);
            return 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<StoreContender>> ContendersAsync(
        ParseResult parsed, bool self, CancellationToken cancel)
    {
        string? binary = parsed.GetValue(Binary);
        Durability durability = parsed.GetValue(Kept);
        List<StoreContender> contenders = [Contenders.Redis(durability)];
        if (self)
        {
            contenders.Add(Contenders.Redis(durability, Contenders.Again("redis")));
        }

        contenders.Add(await Contenders.NexoAsync(binary, durability, cancel));
        if (self)
        {
            contenders.Add(await Contenders.NexoAsync(binary, durability, cancel, Contenders.Again("nexo")));
        }

        if (durability != Durability.Memory)
        {
            contenders.Add(await Contenders.NexoAsync(binary, Durability.Memory, cancel, "in memory"));
        }

        if (parsed.GetValue(Garnet))
        {
            contenders.Add(await Contenders.GarnetAsync(cancel));
        }

        return contenders;
    }

    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
}
