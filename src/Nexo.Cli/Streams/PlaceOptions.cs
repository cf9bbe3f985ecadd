using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary>The options that name a place in a stream; at most one of them is given.</summary>
internal sealed class PlaceOptions
{
    private readonly Option<StreamFrom?> _place;
    private readonly Option<string?> _since;
    private readonly Option<long?> _last;

    /// <param name="name">Of the option that takes any place.</param>
    /// <param name="description">What the place is for, and in brackets which one it is unless given.</param>
    public PlaceOptions(string name, string description)
    {
        _place = new Option<StreamFrom?>(name)
        {
            Description = description,
            HelpName = "PLACE",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (PlaceText.TryParse(text, out StreamFrom place))
                {
                    return place;
                }

                result.AddError($"{name} needs {PlaceText.Expected}; got '{text}'.");
                return null;
            },
        };
        _place.CompletionSources.Add(PlaceText.Words);
        _since = new Option<string?>("--since")
        {
            Description = "The first record that is not older than so long, or than a moment",
            HelpName = "DURATION|WHEN",
        };
        _since.Validators.Add(result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (!PlaceText.TryParseSince(text, DateTimeOffset.UnixEpoch, out _))
            {
                result.AddError($"--since needs {PlaceText.SinceExpected}; got '{text}'.");
            }
        });
        _last = Parsers.Number("--last", "So many records before the end", 0);
    }

    public Option[] All => [_place, _since, _last];

    public void AddTo(Command command, bool required = false)
    {
        Array.ForEach(All, command.Add);
        command.Validators.Add(result =>
        {
            int given = All.Count(option => result.GetResult(option) is { Implicit: false });
            if (given > 1 || (required && given == 0))
            {
                result.AddError($"Give {(required ? "one" : "at most one")} of {_place.Name}, --since and --last.");
            }
        });
    }

    public bool IsGiven(CommandResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    /// <summary>How many before the end, if it is given so.</summary>
    public long? Last(CommandRun run) => run.Get(_last);

    /// <summary>Null when none is given.</summary>
    public StreamFrom? Of(CommandRun run)
    {
        if (run.Get(_last) is { } last)
        {
            return StreamFrom.Last((ulong)last);
        }

        return run.Get(_since) is { } text && PlaceText.TryParseSince(text, run.Console.Time.GetUtcNow(), out DateTimeOffset since)
            ? StreamFrom.Time(since)
            : run.Get(_place);
    }
}
