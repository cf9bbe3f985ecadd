using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary>The options of <c>read</c> and what they ask for.</summary>
internal sealed class ReadOptions
{
    private readonly PlaceOptions _place = new("--from", "Begin here [beginning; backward: end]");

    private readonly Option<bool> _backward = new("--backward", "-b") { Description = "The records before the place, the last one first" };

    private readonly Option<string?> _key = StreamArguments.Key("Only records with this key");

    private readonly Option<long?> _count = Parsers.Number("--count", "Stop after so many [all there are]", 1);

    private readonly Option<long?> _at = Parsers.Number("--at", "Only the record with this offset", 0);

    private readonly Option<TimeSpan?> _wait = Parsers.Duration("--wait", "Wait so long for a first record");

    private readonly Option<bool> _clamp = new("--clamp")
    {
        Description = "An offset that is not there (any more) stands for the nearest one",
    };

    private readonly PrintOptions _print = new();

    public ReadOptions() => _count.Aliases.Add("-n");

    public void AddTo(Command command)
    {
        _place.AddTo(command);
        Option[] others = [_backward, _key, _count, _wait, _clamp];
        command.Add(_at);
        Array.ForEach(others, command.Add);
        _print.AddTo(command);
        command.Validators.Add(result =>
        {
            bool anyOther = _place.IsGiven(result) || others.Any(option => result.GetResult(option) is { Implicit: false });
            if (result.GetResult(_at) is not null && anyOther)
            {
                result.AddError("--at names one record: it goes with no other option that says which.");
            }

            if (result.GetValue(_backward) && result.GetResult(_wait) is not null)
            {
                result.AddError("--wait is for what comes, which --backward does not read.");
            }
        });
    }

    public RecordPrinter Printer(ClientRun run, string stream) => _print.Of(run, stream);

    public ulong? At(ClientRun run) => (ulong?)run.Get(_at);

    public TimeSpan? Wait(ClientRun run) => run.Get(_wait);

    public long? Count(ClientRun run) => run.Get(_count);

    /// <summary>True: what is read is the last records of a key, in the wrong order.</summary>
    public bool IsLastOfKey(ClientRun run) =>
        run.Key(_key) is not null && _place.Last(run) is not null && !run.Get(_backward);

    public StreamReadOptions Of(ClientRun run)
    {
        // So many before the end are, seen from the end, the first so many.
        long? last = run.Get(_backward) || IsLastOfKey(run) ? _place.Last(run) : null;
        long? count = IsLastOfKey(run) ? null : Count(run);
        return new StreamReadOptions
        {
            From = last is null ? _place.Of(run) : StreamFrom.End,
            Backward = run.Get(_backward) || last is not null,
            Key = run.Key(_key) ?? NexoKey.Empty,
            Max = last is null || count is null ? last ?? count : Math.Min(last.Value, count.Value),
            Clamp = run.Get(_clamp),
        };
    }
}
