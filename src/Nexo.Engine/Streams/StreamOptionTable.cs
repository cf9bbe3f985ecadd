namespace Nexo.Engine.Streams;

/// <summary>One option: its name for people, its range, and where it is.</summary>
internal sealed record StreamOptionRow(
    StreamOption Option,
    string Name,
    long Min,
    long Max,
    Func<StreamOptions, long> Of,
    Func<StreamOptionSet, long?> Given,
    Func<StreamOptionSet, long, StreamOptionSet> With)
{
    /// <summary>Besides its range: 0.</summary>
    public bool OrZero { get; init; }

    public bool Takes(long value) => (value >= Min && value <= Max) || (OrZero && value == 0);
}

/// <summary>The options of a stream in one table: their ranges, how they are compared, and in which order they are on disk.</summary>
internal static class StreamOptionTable
{
    private const long CenturyMs = 100L * 365 * 24 * 3_600 * 1_000;
    private const int RecordBytesLimit = 1 << 25;

    public static readonly StreamOptionRow[] All =
    [
        new(StreamOption.AgeMs, "ageMs", 1_000, CenturyMs,
            of => of.AgeMs, of => of.AgeMs, (set, value) => set with { AgeMs = value })
            { OrZero = true },
        new(StreamOption.Bytes, "bytes", 0, long.MaxValue,
            of => of.Bytes, of => of.Bytes, (set, value) => set with { Bytes = value }),
        new(StreamOption.Records, "records", 0, long.MaxValue,
            of => of.Records, of => of.Records, (set, value) => set with { Records = value }),
        new(StreamOption.ProtectGroups, "protectGroups", 0, 1,
            of => ToNumber(of.ProtectGroups), of => ToNumber(of.ProtectGroups),
            (set, value) => set with { ProtectGroups = value != 0 }),

        new(StreamOption.Compaction, "compaction", 0, 1,
            of => ToNumber(of.Compaction), of => ToNumber(of.Compaction),
            (set, value) => set with { Compaction = value != 0 }),
        new(StreamOption.Durability, "durability", 1, 3,
            of => (long)of.Durability, of => (long?)of.Durability,
            (set, value) => set with { Durability = (StreamDurability)value }),
        new(StreamOption.RecordBytesMax, "recordBytesMax", 1, RecordBytesLimit,
            of => of.RecordBytesMax, of => of.RecordBytesMax, (set, value) => set with { RecordBytesMax = (int)value }),
        new(StreamOption.TimestampBoundMs, "timestampBoundMs", 0, CenturyMs,
            of => of.TimestampBoundMs, of => of.TimestampBoundMs, (set, value) => set with { TimestampBoundMs = value }),
        new(StreamOption.TombstoneRetentionMs, "tombstoneRetentionMs", 0, CenturyMs,
            of => of.TombstoneRetentionMs, of => of.TombstoneRetentionMs,
            (set, value) => set with { TombstoneRetentionMs = value }),
    ];

    /// <summary>The options with those that are given.</summary>
    public static StreamOptions Overlay(StreamOptions options, StreamOptionSet given) => new()
    {
        AgeMs = given.AgeMs ?? options.AgeMs,
        Bytes = given.Bytes ?? options.Bytes,
        Records = given.Records ?? options.Records,
        ProtectGroups = given.ProtectGroups ?? options.ProtectGroups,
        Compaction = given.Compaction ?? options.Compaction,
        TombstoneRetentionMs = given.TombstoneRetentionMs ?? options.TombstoneRetentionMs,
        Durability = given.Durability ?? options.Durability,
        RecordBytesMax = given.RecordBytesMax ?? options.RecordBytesMax,
        TimestampBoundMs = given.TimestampBoundMs ?? options.TimestampBoundMs,
    };

    /// <summary>The first that is out of its range; None: all are within.</summary>
    public static StreamOption OutOfRange(StreamOptionSet given, StreamLimits limits, out string message)
    {
        message = string.Empty;
        foreach (StreamOptionRow row in All)
        {
            long max = row.Option == StreamOption.RecordBytesMax ? limits.RecordBytesMax : row.Max;
            if (row.Given(given) is { } value && (!row.Takes(value) || value > max))
            {
                message = $"{row.Name} is {value}; it can be {(row.OrZero ? "0, or " : string.Empty)}{row.Min} to {max}";
                return row.Option;
            }
        }

        return StreamOption.None;
    }

    /// <summary>The first that is given and is not what is there; None: all are.</summary>
    public static StreamOption Difference(StreamOptions there, StreamOptionSet given, out string message)
    {
        message = string.Empty;
        foreach (StreamOptionRow row in All)
        {
            if (row.Given(given) is { } value && value != row.Of(there))
            {
                message = $"{row.Name} is {row.Of(there)}; asked for was {value}";
                return row.Option;
            }
        }

        return StreamOption.None;
    }

    /// <summary>Adds an option as it was on disk; false: there is none with this number, or not with this value.</summary>
    public static bool TryWith(ref StreamOptionSet set, StreamOption option, long value)
    {
        foreach (StreamOptionRow row in All)
        {
            if (row.Option == option && row.Takes(value))
            {
                set = row.With(set, value);
                return true;
            }
        }

        return false;
    }

    private static long? ToNumber(bool? value) => value is { } given ? ToNumber(given) : null;

    private static long ToNumber(bool value) => value ? 1 : 0;
}
