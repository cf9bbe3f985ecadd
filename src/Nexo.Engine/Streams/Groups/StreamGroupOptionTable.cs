using System.Text;

namespace Nexo.Engine.Streams;

/// <summary>The options of a group: their ranges, and how they are compared.</summary>
internal static class StreamGroupOptionTable
{
    public const long BackoffMsMost = 60_000;

    private const long DeliveriesMost = 1_000_000;
    private const long LeaseMsMin = 1_000;
    private const long LeaseMsMost = 43_200_000;
    private const long SessionMsMin = 1_000;
    private const long SessionMsMost = 3_600_000;
    private const long DelayMsMost = 366L * 24 * 3_600 * 1_000;

    /// <summary>Whether a name is that of a stream other than this one.</summary>
    public delegate bool StreamCheck(string name, ReadOnlySpan<byte> stream);

    private delegate long? Given(StreamGroupOptionSet of);

    // The dead-letter stream, which is a text, is beside.
    private static readonly (StreamGroupOption Option, string Name, long Min, long Max, Given Of)[] Numbers =
    [
        (StreamGroupOption.DeliveriesMax, "deliveriesMax", 0, DeliveriesMost, of => of.DeliveriesMax),
        (StreamGroupOption.LeaseMs, "leaseMs", LeaseMsMin, LeaseMsMost, of => of.LeaseMs),
        (StreamGroupOption.BackoffMs, "backoffMs", 0, BackoffMsMost, of => of.BackoffMs),
    ];

    public static bool IsDelay(long delayMs) => delayMs is >= 0 and <= DelayMsMost;

    public static bool AreMemberOptions(StreamMemberOptions options, StreamGroupLimits limits) =>
        options.SessionMs is 0 or (>= SessionMsMin and <= SessionMsMost)
        && options.LeaseMs is 0 or (>= LeaseMsMin and <= LeaseMsMost)
        && options.BytesMax >= 0
        && options.Name.Length <= limits.MemberNameBytesMax;

    public static StreamGroupOptions Overlay(StreamGroupOptions options, StreamGroupOptionSet given) => new()
    {
        DeliveriesMax = given.DeliveriesMax ?? options.DeliveriesMax,
        DeadLetterStream = given.DeadLetterStream ?? options.DeadLetterStream,
        LeaseMs = given.LeaseMs ?? options.LeaseMs,
        BackoffMs = given.BackoffMs ?? options.BackoffMs,
    };

    /// <summary>The first that is out of its range; None: all are within.</summary>
    public static StreamGroupOption OutOfRange(
        StreamGroupOptionSet given, StreamCheck isOther, ReadOnlySpan<byte> stream, out string message)
    {
        message = string.Empty;
        foreach ((StreamGroupOption option, string name, long min, long max, Given of) in Numbers)
        {
            if (of(given) is { } value && (value < min || value > max))
            {
                message = $"{name} is {value}; it can be {min} to {max}";
                return option;
            }
        }

        if (given.DeadLetterStream is { Length: > 0 } dead && !isOther(dead, stream))
        {
            message = $"deadLetterStream is '{dead}'; it must be another stream that is there";
            return StreamGroupOption.DeadLetterStream;
        }

        return StreamGroupOption.None;
    }

    /// <summary>The first that is given and is not what is there; None: all are.</summary>
    public static StreamGroupOption Difference(StreamGroupOptions there, StreamGroupOptionSet given, out string message)
    {
        message = string.Empty;
        StreamGroupOptionSet all = ToSet(there);
        foreach ((StreamGroupOption option, string name, _, _, Given of) in Numbers)
        {
            if (of(given) is { } value && value != of(all))
            {
                message = $"{name} is {of(all)}; asked for was {value}";
                return option;
            }
        }

        if (given.DeadLetterStream is { } dead && !string.Equals(dead, there.DeadLetterStream, StringComparison.Ordinal))
        {
            message = $"deadLetterStream is '{there.DeadLetterStream}'; asked for was '{dead}'";
            return StreamGroupOption.DeadLetterStream;
        }

        return StreamGroupOption.None;
    }

    public static byte[] NameOf(StreamGroupOptions options) => Encoding.UTF8.GetBytes(options.DeadLetterStream);

    private static StreamGroupOptionSet ToSet(StreamGroupOptions options) => new()
    {
        DeliveriesMax = options.DeliveriesMax,
        DeadLetterStream = options.DeadLetterStream,
        LeaseMs = options.LeaseMs,
        BackoffMs = options.BackoffMs,
    };
}
