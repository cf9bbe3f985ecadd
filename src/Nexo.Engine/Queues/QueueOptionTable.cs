using System.Text;

namespace Nexo.Engine.Queues;

/// <summary>One option that is a number: its name for people, its range, and where it is.</summary>
internal sealed record QueueOptionRow(
    QueueOption Option,
    string Name,
    long Min,
    long Max,
    Func<QueueOptions, long> Of,
    Func<QueueOptionSet, long?> Given,
    Func<QueueOptionSet, long, QueueOptionSet> With)
{
    /// <summary>Besides its range: 0.</summary>
    public bool OrZero { get; init; }

    public bool Takes(long value) => (value >= Min && value <= Max) || (OrZero && value == 0);
}

/// <summary>The options of a queue in one table: their ranges, how they are compared, and in which order they are on disk.</summary>
internal static class QueueOptionTable
{
    private const long LeaseMsMin = 1_000;
    private const long LeaseMsMax = 12L * 3_600 * 1_000;
    private const long PauseMsMax = 30L * 24 * 3_600 * 1_000;
    private const long DedupMsMax = 7L * 24 * 3_600 * 1_000;
    private const long CenturyMs = 100L * 365 * 24 * 3_600 * 1_000;

    public static readonly QueueOptionRow[] Numbers =
    [
        new(QueueOption.LeaseMs, "leaseMs", LeaseMsMin, LeaseMsMax,
            of => of.LeaseMs, of => of.LeaseMs, (set, value) => set with { LeaseMs = value }),
        new(QueueOption.DeliveriesMax, "deliveriesMax", 0, 10_000,
            of => of.DeliveriesMax, of => of.DeliveriesMax, (set, value) => set with { DeliveriesMax = (int)value }),
        new(QueueOption.Backoff, "backoff", 0, 2,
            of => (long)of.Backoff, of => (long?)of.Backoff, (set, value) => set with { Backoff = (QueueBackoff)value }),
        new(QueueOption.BackoffMs, "backoffMs", 0, PauseMsMax,
            of => of.BackoffMs, of => of.BackoffMs, (set, value) => set with { BackoffMs = value }),
        new(QueueOption.BackoffMsMax, "backoffMsMax", 0, PauseMsMax,
            of => of.BackoffMsMax, of => of.BackoffMsMax, (set, value) => set with { BackoffMsMax = value }),
        new(QueueOption.MessageTtlMs, "messageTtlMs", 0, CenturyMs,
            of => of.MessageTtlMs, of => of.MessageTtlMs, (set, value) => set with { MessageTtlMs = value }),
        new(QueueOption.MessagesMax, "messagesMax", 0, long.MaxValue,
            of => of.MessagesMax, of => of.MessagesMax, (set, value) => set with { MessagesMax = value }),
        new(QueueOption.BytesMax, "bytesMax", 0, long.MaxValue,
            of => of.BytesMax, of => of.BytesMax, (set, value) => set with { BytesMax = value }),
        new(QueueOption.WhenFull, "whenFull", 0, 1,
            of => (long)of.WhenFull, of => (long?)of.WhenFull, (set, value) => set with { WhenFull = (QueueWhenFull)value }),
        new(QueueOption.DedupWindowMs, "dedupWindowMs", 0, DedupMsMax,
            of => of.DedupWindowMs, of => of.DedupWindowMs, (set, value) => set with { DedupWindowMs = value }),
        new(QueueOption.Durability, "durability", 1, 3,
            of => (long)of.Durability, of => (long?)of.Durability,
            (set, value) => set with { Durability = (QueueDurability)value }),
        new(QueueOption.Priorities, "priorities", 1, 256,
            of => of.Priorities, of => of.Priorities, (set, value) => set with { Priorities = (int)value }),
        new(QueueOption.InFlightPerGroup, "inFlightPerGroup", 0, ushort.MaxValue,
            of => of.InFlightPerGroup, of => of.InFlightPerGroup, (set, value) => set with { InFlightPerGroup = (int)value }),
        new(QueueOption.PerSecondPerGroup, "perSecondPerGroup", 0, 1_000_000,
            of => of.PerSecondPerGroup, of => of.PerSecondPerGroup, (set, value) => set with { PerSecondPerGroup = (int)value }),
        new(QueueOption.UnusedMs, "unusedMs", 1_000, CenturyMs,
            of => of.UnusedMs, of => of.UnusedMs, (set, value) => set with { UnusedMs = value })
            { OrZero = true },
    ];

    public static bool IsLease(long leaseMs) => leaseMs is >= LeaseMsMin and <= LeaseMsMax;

    /// <summary>The options with those that are given.</summary>
    public static QueueOptions Overlay(QueueOptions options, QueueOptionSet given) => new()
    {
        LeaseMs = given.LeaseMs ?? options.LeaseMs,
        DeliveriesMax = given.DeliveriesMax ?? options.DeliveriesMax,
        Backoff = given.Backoff ?? options.Backoff,
        BackoffMs = given.BackoffMs ?? options.BackoffMs,
        BackoffMsMax = given.BackoffMsMax ?? options.BackoffMsMax,
        DeadLetterQueue = given.DeadLetterQueue ?? options.DeadLetterQueue,
        MessageTtlMs = given.MessageTtlMs ?? options.MessageTtlMs,
        MessagesMax = given.MessagesMax ?? options.MessagesMax,
        BytesMax = given.BytesMax ?? options.BytesMax,
        WhenFull = given.WhenFull ?? options.WhenFull,
        DedupWindowMs = given.DedupWindowMs ?? options.DedupWindowMs,
        Durability = given.Durability ?? options.Durability,
        Priorities = given.Priorities ?? options.Priorities,
        InFlightPerGroup = given.InFlightPerGroup ?? options.InFlightPerGroup,
        PerSecondPerGroup = given.PerSecondPerGroup ?? options.PerSecondPerGroup,
        UnusedMs = given.UnusedMs ?? options.UnusedMs,
    };

    /// <summary>The first that is out of its range; None: all are within.</summary>
    public static QueueOption OutOfRange(QueueOptionSet given, QueueLimits limits, out string message)
    {
        message = string.Empty;
        foreach (QueueOptionRow row in Numbers)
        {
            if (row.Given(given) is { } value && !row.Takes(value))
            {
                message = $"{row.Name} is {value}; it can be {(row.OrZero ? "0, or " : string.Empty)}{row.Min} to {row.Max}";
                return row.Option;
            }
        }

        if (given.DeadLetterQueue is { Length: > 0 } target
            && !EngineNames.IsName(Encoding.UTF8.GetBytes(target), limits.NameBytesMax))
        {
            message = $"deadLetterQueue has to be 1 to {limits.NameBytesMax} bytes of UTF-8 without control characters";
            return QueueOption.DeadLetterQueue;
        }

        return QueueOption.None;
    }

    /// <summary>The first that is given and is not what is there; None: all are.</summary>
    public static QueueOption Difference(QueueOptions there, QueueOptionSet given, out string message)
    {
        message = string.Empty;
        foreach (QueueOptionRow row in Numbers)
        {
            if (row.Given(given) is { } value && value != row.Of(there))
            {
                message = $"{row.Name} is {row.Of(there)}; asked for was {value}";
                return row.Option;
            }
        }

        if (given.DeadLetterQueue is { } target && target != there.DeadLetterQueue)
        {
            message = $"deadLetterQueue is '{there.DeadLetterQueue}'; asked for was '{target}'";
            return QueueOption.DeadLetterQueue;
        }

        return QueueOption.None;
    }

    /// <summary>Adds an option as it was on disk; false: there is none with this number, or not with this value.</summary>
    public static bool TryWith(ref QueueOptionSet set, QueueOption option, long value)
    {
        foreach (QueueOptionRow row in Numbers)
        {
            if (row.Option == option && row.Takes(value))
            {
                set = row.With(set, value);
                return true;
            }
        }

        return false;
    }
}
