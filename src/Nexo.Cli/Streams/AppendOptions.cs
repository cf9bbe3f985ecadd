using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary>The options of <c>append</c> and what they ask for.</summary>
internal sealed class AppendOptions
{
    private readonly Option<bool> _lines = new("--lines", "-l")
    {
        Description = "Every line of standard input, or of --file, is a record",
    };

    private readonly Option<string?> _keyField = new("--key-field")
    {
        Description = "Every line is a JSON object, and the text of this field its key",
        HelpName = "NAME",
    };

    private readonly Option<bool> _ndjson = new("--ndjson")
    {
        Description = "Every line is a record as read --json writes it",
    };

    private readonly Option<bool> _noTimes = new("--no-times")
    {
        Description = "With --ndjson: without their times, each gets the server's",
    };

    private readonly Option<string?> _key = StreamArguments.Key("What it is about: records can be read and compacted by key");

    private readonly Option<string[]> _headers = PushOptions.Header();

    private readonly Option<DateTimeOffset?> _timestamp = Parsers.Moment("--timestamp", "Its time [the server's]");

    private readonly Option<bool> _tombstone = new("--tombstone") { Description = "The key has no value any more" };

    private readonly Option<long?> _expect = Parsers.Number(
        "--expect", "Only if it gets this offset, so if nobody has appended since", 0);

    private readonly Option<long?> _expectKeyVersion = Parsers.Number(
        "--expect-key-version", "Only if the key has this version: the offset of its last record plus 1; 0: none", 0);

    public ValueInput Value { get; } = new();

    public void AddTo(Command command)
    {
        Value.AddTo(command, IsLines, result => result.GetValue(_tombstone));
        Option[] all =
        [
            _lines, _keyField, _ndjson, _noTimes, _key, _headers, _timestamp, _tombstone, _expect, _expectKeyVersion,
        ];
        Array.ForEach(all, command.Add);
        command.Validators.Add(Check);
    }

    public bool IsLines(CommandRun run) => IsLines(run.Parsed.CommandResult);

    /// <summary>The offset that the first record must get.</summary>
    public ulong? Expected(CommandRun run) => (ulong?)run.Get(_expect);

    public bool IsTombstone(CommandRun run) => run.Get(_tombstone);

    public StreamAppendOptions One(ClientRun run) => new()
    {
        Key = run.Key(_key),
        Headers = PushOptions.Headers(run, _headers),
        Timestamp = run.Get(_timestamp),
        IsTombstone = run.Get(_tombstone),
        ExpectedNext = Expected(run),
        ExpectedKeyVersion = (ulong?)run.Get(_expectKeyVersion),
    };

    /// <summary>How lines are read.</summary>
    public IRecordLines Lines(ClientRun run)
    {
        var options = new StreamRecordOptions
        {
            Key = run.Key(_key),
            Headers = PushOptions.Headers(run, _headers),
            Timestamp = run.Get(_timestamp),
        };
        return run.Get(_ndjson) ? new JsonLines(options, withTimes: !run.Get(_noTimes))
            : run.Get(_keyField) is { } field ? new KeyedLines(field, options)
            : new PlainLines(options);
    }

    private bool IsLines(CommandResult result) =>
        result.GetValue(_lines) || result.GetValue(_ndjson) || result.GetResult(_keyField) is not null;

    private void Check(CommandResult result)
    {
        bool HasOption(Option option) => result.GetResult(option) is { Implicit: false };
        if (HasOption(_ndjson) && (HasOption(_keyField) || HasOption(_lines)))
        {
            result.AddError("--ndjson says what lines are: it does not go with --lines and --key-field.");
        }

        if (HasOption(_noTimes) && !HasOption(_ndjson))
        {
            result.AddError("--no-times goes with --ndjson.");
        }

        if (HasOption(_key) && HasOption(_keyField))
        {
            result.AddError("Give either --key or --key-field, not both.");
        }

        if (HasOption(_tombstone) && (IsLines(result) || !HasOption(_key)))
        {
            result.AddError("--tombstone is one record: it needs --key, and does not go with lines.");
        }

        if (HasOption(_expectKeyVersion) && (IsLines(result) || !HasOption(_key)))
        {
            result.AddError("--expect-key-version is about one record: it needs --key, and does not go with lines.");
        }
    }
}
