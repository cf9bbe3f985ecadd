using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Topics;

/// <summary>The options of <c>sub</c> and how they become its settings.</summary>
internal sealed class SubOptions
{
    public static readonly (string Word, SlowPolicy Value)[] Policies =
    [
        ("drop-oldest", SlowPolicy.DropOldest), ("drop-newest", SlowPolicy.DropNewest), ("end", SlowPolicy.End),
    ];

    private readonly Argument<string[]> _filters = new("FILTER")
    {
        Description = "The topics: + is any one level, # at the end is any number of them",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Print each message's topic before it" };

    private readonly Option<long?> _count = Parsers.Number("--count", "Stop after so many messages [no end]", 1);

    private readonly Option<bool> _noRetained = new("--no-retained")
    {
        Description = "Without the last values that are kept of the topics",
    };

    private readonly Option<SlowPolicy?> _whenSlow = Parsers.Choice(
        "--when-slow", "What becomes of messages that this is too slow for [drop-oldest]", Policies);

    private readonly Option<string?> _group = TopicArguments.Group();

    private readonly Option<string?> _more = new("--filters")
    {
        Description = "More filters, a line each, as they come; a line -FILTER takes one back; - is standard input",
        HelpName = "FILE",
    };

    private readonly Option<string?> _willTopic = new("--will")
    {
        Description = "Have a message published to this topic if the connection is lost, but not at the end",
        HelpName = "TOPIC",
    };

    private readonly Option<string?> _willBody = new("--will-body") { Description = "Its body []", HelpName = "TEXT" };

    private readonly Option<bool> _willRetain = new("--will-retain") { Description = "Keep it as the topic's last value" };

    private readonly Option<TimeSpan?> _willDelay = Parsers.Duration(
        "--will-delay", "Only if the connection does not come back within so long [0ms]", mayBeZero: true);

    public SubOptions() => _count.Aliases.Add("-n");

    public void AddTo(Command command)
    {
        command.Add(_filters);
        Option[] all =
        [
            _verbose, _count, _group, _noRetained, _whenSlow, _more, _willTopic, _willBody, _willRetain, _willDelay,
        ];
        Array.ForEach(all, command.Add);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_filters) is not { Tokens.Count: > 0 } && result.GetResult(_more) is null)
            {
                result.AddError("Give a filter; '#' is every topic.");
            }

            Option[] parts = [_willBody, _willRetain, _willDelay];
            if (result.GetResult(_willTopic) is null && parts.Any(part => result.GetResult(part) is { Implicit: false }))
            {
                result.AddError("--will names the topic that --will-body, --will-retain and --will-delay are about.");
            }
        });
        _more.Validators.Add(result => Files.RequireThere(result, "-"));
    }

    public IReadOnlyList<string> Filters(ClientRun run) =>
        [.. (run.Parsed.GetValue(_filters) ?? []).Select(filter => Shared(run, filter))];

    /// <summary>A filter as it is subscribed to.</summary>
    public string Shared(ClientRun run, string filter) => TopicArguments.Shared(filter, run.Get(_group));

    public bool IsVerbose(ClientRun run) => run.Get(_verbose);

    public long CountMax(ClientRun run) => run.Get(_count) ?? long.MaxValue;

    /// <summary>Where more filters come from; null: from nowhere.</summary>
    public Stream? More(ClientRun run) => run.Get(_more) switch
    {
        null => null,
        "-" => run.Console.Input,
        { } path => Files.OpenRead(path),
    };

    public TopicSubscribeOptions Of(ClientRun run, Action<TopicGap> onGap) => new()
    {
        Retained = !run.Get(_noRetained),
        WhenSlow = run.Get(_whenSlow) ?? SlowPolicy.DropOldest,
        OnGap = onGap,
    };

    /// <summary>Sets the will, if one is asked for.</summary>
    public async Task SetWillAsync(ClientRun run)
    {
        if (run.Get(_willTopic) is not { } topic)
        {
            return;
        }

        ReadOnlyMemory<byte> body = BytesArguments.Decode(run.Parsed, run.Get(_willBody) ?? "", "body");
        var options = new TopicWillOptions
        {
            Retain = run.Get(_willRetain),
            Delay = run.Get(_willDelay) ?? TimeSpan.Zero,
        };
        await run.Client.Topics.SetWillAsync(topic, body, options, run.Cancel);
    }
}
