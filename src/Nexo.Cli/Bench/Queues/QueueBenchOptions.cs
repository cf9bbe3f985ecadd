using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using static Nexo.Cli.Bench.BenchOptions;

namespace Nexo.Cli.Bench.Queues;

/// <summary>The options of <c>nexo bench queue</c> and how they become its settings.</summary>
internal sealed class QueueBenchOptions
{
    private static readonly QueueBenchSettings Defaults = new();

    private readonly Option<long> _size = Parsers.Count("--size", "Bytes of a message", 1, Defaults.Size);

    private readonly Option<long> _window = Parsers.Count(
        "--window", "Messages of a publisher that may be unconfirmed", 1, Defaults.Window);

    private readonly Option<long> _publishers = Parsers.Count(
        "--publishers", "Connections that publish", 1, Defaults.Publishers);

    private readonly Option<long> _consumers = Parsers.Count(
        "--consumers", "Connections that consume", 1, Defaults.Consumers);

    private readonly Option<long> _prefetch = Parsers.Count(
        "--prefetch", "Messages that a consumer may hold unsettled", 1, Defaults.Prefetch);

    private readonly Option<long> _batch = Parsers.Count("--batch", "Messages in one push", 1, Defaults.Batch);

    private readonly Option<long> _queues = Parsers.Count("--queues", "Queues that the messages go round", 1, Defaults.Queues);

    private readonly Option<Durability?> _durability = StoreOptions.Durability(
        "What confirms wait for, as the queues are declared: memory, interval or fsync [fsync]");

    private readonly Option<double> _seconds = Number(
        "--seconds", "How long to publish, alone and again beside the consumers", Defaults.Duration.TotalSeconds);

    private readonly Option<long> _backlog = Parsers.Count(
        "--backlog", "Publish so many messages, then drain them, and no more; 0: as --seconds says", 0, Defaults.Backlog);

    private readonly Option<double> _rate = Number(
        "--rate", "Messages a second beside the consumers, due whether or not there are answers; 0: as fast as it goes", 0);

    private readonly Option<bool> _verify = new("--verify") { Description = "Compare the whole body of every message" };

    public IReadOnlyList<Option> All =>
    [
        _size, _window, _publishers, _consumers, _prefetch, _batch, _queues, _durability, _seconds, _backlog, _rate, _verify,
    ];

    public QueueBenchSettings SettingsOf(CommandRun run)
    {
        var settings = new QueueBenchSettings
        {
            Size = Whole(run, _size),
            Window = Whole(run, _window),
            Publishers = Whole(run, _publishers),
            Consumers = Whole(run, _consumers),
            Prefetch = Whole(run, _prefetch),
            Batch = Whole(run, _batch),
            Queues = Whole(run, _queues),
            Durability = run.Get(_durability) ?? Defaults.Durability,
            Duration = Seconds(run, _seconds, double.Epsilon),
            Backlog = run.Get(_backlog),
            Rate = run.Get(_rate),
            Verify = run.Get(_verify),
            ReplyTimeout = run.Settings.Timeout ?? GlobalOptions.DefaultTimeout,
        };
        settings.Validate();
        return settings;
    }
}
