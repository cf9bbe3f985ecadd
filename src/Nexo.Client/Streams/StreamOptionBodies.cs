using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Options of streams to the wire and back. An option that this version does not know is passed over.</summary>
internal static class StreamOptionBodies
{
    public static void Write(FrameBuffer body, StreamOptions options)
    {
        Write(body, StreamOptionTag.AgeMs, Milliseconds(options.Age));
        Write(body, StreamOptionTag.Bytes, options.Bytes);
        Write(body, StreamOptionTag.Records, options.Records);
        Write(body, StreamOptionTag.ProtectGroups, Flag(options.ProtectGroups));
        Write(body, StreamOptionTag.Compaction, Flag(options.Compaction));
        Write(body, StreamOptionTag.Durability, (byte?)options.Durability);
        Write(body, StreamOptionTag.RecordBytesMax, options.RecordBytesMax);
        Write(body, StreamOptionTag.TimestampBoundMs, Milliseconds(options.TimestampBound));
        Write(body, StreamOptionTag.TombstoneRetentionMs, Milliseconds(options.TombstoneRetention));
    }

    public static StreamOptions Read(StreamOptionFields fields)
    {
        var options = new StreamOptions();
        while (fields.TryTake(out StreamOptionTag tag, out ulong number, out _))
        {
            options = With(options, tag, number);
        }

        return options;
    }

    private static StreamOptions With(StreamOptions options, StreamOptionTag tag, ulong number)
    {
        long count = (long)Math.Min(number, long.MaxValue);
        return tag switch
        {
            StreamOptionTag.AgeMs => options with { Age = WireTimes.Duration(number) },
            StreamOptionTag.Bytes => options with { Bytes = count },
            StreamOptionTag.Records => options with { Records = count },
            StreamOptionTag.ProtectGroups => options with { ProtectGroups = number != 0 },
            StreamOptionTag.Compaction => options with { Compaction = number != 0 },
            StreamOptionTag.Durability => options with { Durability = (Durability)number },
            StreamOptionTag.RecordBytesMax => options with { RecordBytesMax = count },
            StreamOptionTag.TimestampBoundMs => options with { TimestampBound = WireTimes.Duration(number) },
            StreamOptionTag.TombstoneRetentionMs => options with { TombstoneRetention = WireTimes.Duration(number) },
            _ => options,
        };
    }

    private static long? Milliseconds(TimeSpan? time) => time is { } given ? WireTimes.Milliseconds(given) : null;

    private static long? Flag(bool? flag) => flag is { } given ? given ? 1 : 0 : null;

    // A negative number is sent as the huge one that it is without a sign: the server names the range.
    private static void Write(FrameBuffer body, StreamOptionTag tag, long? number)
    {
        if (number is { } given)
        {
            StreamOptionFields.Write(body, tag, unchecked((ulong)given));
        }
    }
}
