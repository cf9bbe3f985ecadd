using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Streams;

/// <summary>The options of a stream's definition. What is not given is left to the server.</summary>
internal sealed class StreamDefinitionOptions
{
    private readonly Option<TimeSpan?> _age = Parsers.Duration(
        "--max-age", "Records that are older go, from 1s on; 0s: they stay [0s]", mayBeZero: true);

    private readonly Option<long?> _bytes = Parsers.Number("--max-bytes", "Bytes beyond which the first records go; 0: no limit [0]", 0);

    private readonly Option<long?> _records = Parsers.Number(
        "--max-records", "Records beyond which the first ones go; 0: no limit [0]", 0);

    private readonly Option<Toggle?> _protectGroups = Switch(
        "--protect-groups", "Nothing goes by itself that a group has not done [off]");

    private readonly Option<Toggle?> _compaction = Switch(
        "--compaction", "The last record of each key stays, those before it go in time; every record needs a key [off]");

    private readonly Option<TimeSpan?> _tombstoneRetention = Parsers.Duration(
        "--tombstone-retention", "How long a tombstone stays once compaction has removed what it ends [1d]", mayBeZero: true);

    private readonly Option<Durability?> _durability = StoreOptions.Durability(
        "What an append waits for: memory, interval, or fsync, the disk [fsync]");

    private readonly Option<long?> _recordBytesMax = Parsers.Number(
        "--max-record-bytes", "Bytes that a record may have, key and headers included [16646144]", 1);

    private readonly Option<TimeSpan?> _timestampBound = Parsers.Duration(
        "--timestamp-bound", "How far a producer's time may be off; 0s: he may give none [7d]", mayBeZero: true);

    private IReadOnlyList<Option> All =>
        [_age, _bytes, _records, _protectGroups, _compaction, _tombstoneRetention, _durability, _recordBytesMax, _timestampBound];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    public bool AnyGiven(CommandResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    public StreamOptions Of(CommandRun run) => new()
    {
        Age = run.Get(_age),
        Bytes = run.Get(_bytes),
        Records = run.Get(_records),
        ProtectGroups = IsOn(run.Get(_protectGroups)),
        Compaction = IsOn(run.Get(_compaction)),
        TombstoneRetention = run.Get(_tombstoneRetention),
        Durability = run.Get(_durability),
        RecordBytesMax = run.Get(_recordBytesMax),
        TimestampBound = run.Get(_timestampBound),
    };

    /// <summary>Adds options to what is told of a stream, by the words that these options take.</summary>
    public static FactSheet Describe(FactSheet sheet, StreamOptions options) => sheet
        .Duration("max_age", options.Age, "for ever")
        .Number("max_bytes", options.Bytes ?? 0, options.Bytes == 0 ? "no limit" : null)
        .Number("max_records", options.Records ?? 0, options.Records == 0 ? "no limit" : null)
        .Flag("protect_groups", options.ProtectGroups ?? false)
        .Flag("compaction", options.Compaction ?? false)
        .Duration("tombstone_retention", options.TombstoneRetention, "none")
        .Text("durability", QueueText.WordOf(QueueText.Durabilities, options.Durability ?? Durability.ServerDefault))
        .Number("max_record_bytes", options.RecordBytesMax ?? 0)
        .Duration("timestamp_bound", options.TimestampBound, "no time of a producer");

    private static Option<Toggle?> Switch(string name, string description) =>
        Parsers.Choice(name, description, ("on", Toggle.On), ("off", Toggle.Off));

    private static bool? IsOn(Toggle? toggle) => toggle is { } given ? given == Toggle.On : null;

    // The parser takes no other words for a bool than its own.
    private enum Toggle
    {
        Off,
        On,
    }
}
