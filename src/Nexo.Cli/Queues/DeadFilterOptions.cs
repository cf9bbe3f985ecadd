using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>Which dead letters are meant: those for which all that is given holds.</summary>
internal sealed class DeadFilterOptions
{
    private readonly Option<string[]> _ids = new("--id")
    {
        Description = "The one with this id; may be given several times",
        HelpName = "ID",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _source = new("--source")
    {
        Description = "Those that died in this queue",
        HelpName = "QUEUE",
    };

    private readonly Option<DeadCause?> _cause = Parsers.Choice("--cause", "Those that died of this", QueueText.Causes);

    private readonly Option<string?> _reason = new("--reason")
    {
        Description = "Those with this text in their reason",
        HelpName = "TEXT",
    };

    private readonly Option<DateTimeOffset?> _from = Parsers.Moment("--from", "Those that died then or later");

    private readonly Option<DateTimeOffset?> _until = Parsers.Moment("--until", "Those that died before then");

    private readonly Option<long?> _attempts = Parsers.Number(
        "--min-attempts", "Those that were delivered so often, or more", 0, uint.MaxValue);

    public DeadFilterOptions() => _ids.Validators.Add(result =>
    {
        foreach (string text in result.Tokens.Select(token => token.Value))
        {
            if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError($"--id needs the number of a message; got '{text}'.");
            }
        }
    });

    private Option[] All => [_ids, _source, _cause, _reason, _from, _until, _attempts];

    public void AddTo(Command command) => Array.ForEach(All, command.Add);

    public bool AnyGiven(CommandResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    public DeadLetterFilter Of(CommandRun run) => new()
    {
        MessageIds = [.. run.Get(_ids)!.Select(text => ulong.Parse(text, CultureInfo.InvariantCulture))],
        Source = run.Get(_source),
        Cause = run.Get(_cause),
        ReasonContains = run.Get(_reason),
        DiedFrom = run.Get(_from),
        DiedTo = run.Get(_until),
        AttemptsMin = run.Get(_attempts),
    };
}
