using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using static Nexo.Cli.Bench.BenchOptions;

namespace Nexo.Cli.Bench.Streams;

/// <summary>The options of <c>nexo bench stream</c> and how they become its settings.</summary>
internal sealed class StreamBenchOptions
{
    private static readonly StreamBenchSettings Defaults = new();

    private readonly Option<long> _size = Parsers.Count("--size", "Bytes of a record's value", 1, Defaults.Size);

    private readonly Option<long> _window = Parsers.Count(
        "--window", "Records of a producer that may be unconfirmed", 1, Defaults.Window);

    private readonly Option<long> _producers = Parsers.Count(
        "--producers", "Connections that append", 1, Defaults.Producers);

    private readonly Option<long> _readers = Parsers.Count(
        "--readers", "Connections that read; with more of them than streams, some read the same", 1, Defaults.Readers);

    private readonly Option<long> _batch = Parsers.Count(
        "--batch", "Records in one append, of which all or none are appended", 1, Defaults.Batch);

    private readonly Option<long> _streams = Parsers.Count(
        "--streams", "Streams that the appends go round", 1, Defaults.Streams);

    private readonly Option<Durability?> _durability = StoreOptions.Durability(
        "What confirms wait for, as the streams are created: memory, interval or fsync [fsync]");

    private readonly Option<double> _seconds = Number(
        "--seconds", "How long to append, alone and again beside readers that follow", Defaults.Duration.TotalSeconds);

    private readonly Option<double> _rate = Number(
        "--rate", "Records a second beside readers that follow, due whether or not there are answers; 0: as fast as it goes", 0);

    public IReadOnlyList<Option> All =>
    [
        _size, _window, _producers, _readers, _batch, _streams, _durability, _seconds, _rate,
    ];

    public StreamBenchSettings SettingsOf(CommandRun run)
    {
        var settings = new StreamBenchSettings
        {
            Size = Whole(run, _size),
            Window = Whole(run, _window),
            Producers = Whole(run, _producers),
            Readers = Whole(run, _readers),
            Batch = Whole(run, _batch),
            Streams = Whole(run, _streams),
            Durability = run.Get(_durability) ?? Defaults.Durability,
            Duration = Seconds(run, _seconds, double.Epsilon),
            Rate = run.Get(_rate),
            ReplyTimeout = run.Settings.Timeout ?? GlobalOptions.DefaultTimeout,
        };
        settings.Validate();
        return settings;
    }
}
