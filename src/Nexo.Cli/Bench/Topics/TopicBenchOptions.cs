using System.CommandLine;
using Nexo.Cli.Terminal;
using static Nexo.Cli.Bench.BenchOptions;

namespace Nexo.Cli.Bench.Topics;

/// <summary>The options of <c>nexo bench pubsub</c> and how they become its settings.</summary>
internal sealed class TopicBenchOptions
{
    private static readonly TopicBenchSettings Defaults = new();

    private readonly Option<long> _publishers = Parsers.Count(
        "--publishers", "Connections that publish", 1, Defaults.Publishers);

    private readonly Option<long> _subscribers = Parsers.Count(
        "--subscribers", "Connections that subscribe; each gets every message", 1, Defaults.Subscribers);

    private readonly Option<long> _size = Parsers.Count("--size", "Bytes of a message", 1, Defaults.Size);

    private readonly Option<long> _topics = Parsers.Count(
        "--topics", "Topics that each publisher goes round", 1, Defaults.Topics);

    private readonly Option<bool> _wildcard = new("--wildcard")
    {
        Description = "Each publisher has topics of its own, and subscribers match them with + and #",
    };

    private readonly Option<bool> _confirm = new("--confirm")
    {
        Description = "Have the server confirm each message with the number of its receivers",
    };

    private readonly Option<long> _window = Parsers.Count(
        "--window",
        "Messages that the slowest subscriber may be behind; 0: however many, and what the server drops is counted",
        0,
        Defaults.Window);

    private readonly Option<double> _seconds = Number("--seconds", "How long to publish", Defaults.Duration.TotalSeconds);

    private readonly Option<double> _rate = Number(
        "--rate", "Messages a second of all publishers, due whether or not others have come; 0: as fast as it goes", 0);

    public IReadOnlyList<Option> All =>
        [_publishers, _subscribers, _size, _topics, _wildcard, _confirm, _window, _seconds, _rate];

    public TopicBenchSettings SettingsOf(CommandRun run)
    {
        var settings = new TopicBenchSettings
        {
            Publishers = Whole(run, _publishers),
            Subscribers = Whole(run, _subscribers),
            Size = Whole(run, _size),
            Topics = Whole(run, _topics),
            Wildcard = run.Get(_wildcard),
            Confirm = run.Get(_confirm),
            Window = Whole(run, _window),
            Duration = Seconds(run, _seconds, double.Epsilon),
            Rate = run.Get(_rate),
            ReplyTimeout = run.Settings.Timeout ?? GlobalOptions.DefaultTimeout,
        };
        settings.Validate();
        return settings;
    }
}
