using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using static Nexo.Cli.Bench.BenchOptions;

namespace Nexo.Cli.Bench;

/// <summary>The options of <c>nexo bench store</c> and how they become its settings.</summary>
internal sealed class StoreBenchOptions
{
    private static readonly StoreBenchSettings Defaults = new();

    private readonly Option<StoreBenchOperation> _operation = Choice(
        "--op", "set|get|mixed", "What to send", Defaults.Operation);

    private readonly Option<long> _clients = Parsers.Count("--clients", "Connections", 1, Defaults.Clients);

    private readonly Option<long> _pipeline = Parsers.Count(
        "--pipeline", "Requests in flight on each connection", 1, Defaults.Pipeline);

    private readonly Option<long> _size = Parsers.Count("--size", "Bytes of a value", 0, Defaults.Size);

    private readonly Option<long> _keys = Parsers.Count("--keys", "How many different keys", 1, Defaults.Keys);

    private readonly Option<string> _keyPrefix = Text(
        "--key-prefix", "TEXT", "What every key begins with", Defaults.KeyPrefix);

    private readonly Option<long> _keySize = Parsers.Count("--key-size", "Bytes of a key", 1, Defaults.KeySize);

    private readonly Option<KeyDistribution> _distribution = Choice(
        "--distribution", "uniform|zipf", "How often each key is chosen", Defaults.Distribution);

    private readonly Option<double> _zipfExponent = Number("--zipf-exponent", "How uneven zipf is", Defaults.ZipfExponent);

    private readonly Option<double> _readRatio = Number("--read-ratio", "Share of reads in mixed, 0 to 1", Defaults.ReadRatio);

    private readonly Option<double> _seconds = Number("--seconds", "How long to measure", Defaults.Duration.TotalSeconds);

    private readonly Option<double> _warmUp = Number(
        "--warm-up", "Seconds of load before measuring", Defaults.WarmUp.TotalSeconds);

    private readonly Option<double> _rate = Number(
        "--rate", "Requests per second in all, sent whether or not there are answers (open loop); 0: as fast as it goes", 0);

    private readonly Option<TimeSpan?> _ttl = Parsers.Duration("--ttl", "How long what is written lives");

    private readonly Option<Durability?> _durability = StoreOptions.Durability();

    private readonly Option<long> _threads = Parsers.Count(
        "--threads", "Threads that drive the connections", 1, Defaults.Threads);

    private readonly Option<bool?> _prefill = new("--prefill")
    {
        Description = "Write all keys first [true unless --op set]",
        HelpName = "true|false",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Compare the content of every value that is read",
    };

    private readonly Option<long> _seed = Parsers.Count("--seed", "Chooses the keys; the same seed, the same order", 0, 1);

    public IReadOnlyList<Option> All =>
    [
        _operation, _clients, _pipeline, _size, _keys, _keyPrefix, _keySize, _distribution, _zipfExponent, _readRatio,
        _seconds, _warmUp, _rate, _ttl, _durability, _threads, _prefill, _verify, _seed,
    ];

    public StoreBenchSettings SettingsOf(CommandRun run)
    {
        var settings = new StoreBenchSettings
        {
            Operation = run.Get(_operation),
            Clients = Whole(run, _clients),
            Pipeline = Whole(run, _pipeline),
            Size = Whole(run, _size),
            Keys = Whole(run, _keys),
            KeyPrefix = run.Get(_keyPrefix)!,
            KeySize = Whole(run, _keySize),
            Distribution = run.Get(_distribution),
            ZipfExponent = run.Get(_zipfExponent),
            ReadRatio = run.Get(_readRatio),
            Duration = Seconds(run, _seconds, double.Epsilon),
            WarmUp = Seconds(run, _warmUp, 0),
            Rate = run.Get(_rate),
            Ttl = run.Get(_ttl),
            Durability = run.Get(_durability) ?? default,
            Threads = Whole(run, _threads),
            Prefill = run.Get(_prefill),
            Verify = run.Get(_verify),
            Seed = (ulong)run.Get(_seed),
            ReplyTimeout = run.Settings.Timeout ?? GlobalOptions.DefaultTimeout,
        };
        settings.Validate();
        return settings;
    }
}
