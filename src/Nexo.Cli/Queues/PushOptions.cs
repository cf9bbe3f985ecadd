using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

/// <summary>How a message is pushed.</summary>
internal sealed class PushOptions
{
    private readonly Option<long?> _priority = Parsers.Number(
        "--priority", "The higher goes first: 0 to 9 unless the queue has others [0]", 0, byte.MaxValue);

    private readonly Option<TimeSpan?> _delay = Parsers.Duration("--delay", "Not before so long from now");

    private readonly Option<DateTimeOffset?> _due = Parsers.Moment("--due", "Not before this moment");

    private readonly Option<TimeSpan?> _ttl = Parsers.Duration("--ttl", "A dead letter if it is not done after so long");

    private readonly Option<string?> _dedup = new("--dedup")
    {
        Description = "Its dedup id: a second message with the same one is a duplicate, and is not added",
        HelpName = "ID",
    };

    private readonly Option<string?> _group = new("--group")
    {
        Description = "Messages of a group are delivered in their order, one at a time",
        HelpName = "KEY",
    };

    private readonly Option<string[]> _headers = Header();

    public void AddTo(Command command, Option<bool> lines)
    {
        Option[] all = [_priority, _delay, _due, _ttl, _dedup, _group, _headers];
        Array.ForEach(all, command.Add);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_delay) is not null && result.GetResult(_due) is not null)
            {
                result.AddError("Give either --delay or --due, not both.");
            }

            if (result.GetValue(lines) && result.GetResult(_dedup) is not null)
            {
                result.AddError("--dedup does not go with --lines: all but the first would be duplicates.");
            }
        });
    }

    public QueuePushOptions Of(ClientRun run) => new()
    {
        Priority = (int)(run.Get(_priority) ?? 0),
        Delay = run.Get(_delay),
        DueAt = run.Get(_due),
        Ttl = run.Get(_ttl),
        DedupId = Key(run, _dedup, "dedup id"),
        Group = Key(run, _group, "group"),
        Headers = Headers(run, _headers),
    };

    /// <summary>An option that may be given several times.</summary>
    public static Option<string[]> Header()
    {
        var option = new Option<string[]>("--header", "-H")
        {
            Description = "A header that travels with it; may be given several times",
            HelpName = "NAME=VALUE",
            DefaultValueFactory = _ => [],
        };
        option.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (text.IndexOf('=', StringComparison.Ordinal) <= 0)
                {
                    result.AddError($"--header needs NAME=VALUE; got '{text}'.");
                }
                else if (text.Split('=', 2)[0].Any(char.IsUpper))
                {
                    result.AddError($"Names of headers are lower-case; got '{text}'.");
                }
            }
        });
        return option;
    }

    public static IReadOnlyCollection<KeyValuePair<string, string>> Headers(ClientRun run, Option<string[]> option) =>
    [
        .. run.Get(option)!.Select(text => text.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1])),
    ];

    public static NexoKey Key(ClientRun run, Option<string?> option, string what) => run.Get(option) is { } text
        ? BytesArguments.Decode(run.Parsed, text, what) is { Length: > 0 } bytes
            ? bytes
            : throw CliFailure.Usage($"The {what} is empty.")
        : NexoKey.Empty;
}
