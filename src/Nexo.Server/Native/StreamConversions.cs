using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The streams' options, places and figures between the wire and the engine.</summary>
internal static class StreamConversions
{
    public static OffsetRange ToWire(this in StreamRange range) => new((ulong)range.First, (ulong)range.Next);

    public static StreamPlace ToEngine(this in StreamPosition position) =>
        new((StreamFrom)position.Kind, position.Value, (position.Flags & PositionFlags.Clamp) != 0);

    public static GroupState ToWire(this in StreamGroupState state) =>
        new(state.Epoch, (ulong)state.Position, (MemberState)state.State);

    /// <summary>Writes all options of a definition.</summary>
    public static void Write(FrameBuffer buffer, StreamOptions options)
    {
        Number(StreamOptionTag.AgeMs, options.AgeMs);
        Number(StreamOptionTag.Bytes, options.Bytes);
        Number(StreamOptionTag.Records, options.Records);
        Number(StreamOptionTag.ProtectGroups, options.ProtectGroups ? 1 : 0);
        Number(StreamOptionTag.Compaction, options.Compaction ? 1 : 0);
        Number(StreamOptionTag.Durability, (long)options.Durability);
        Number(StreamOptionTag.RecordBytesMax, options.RecordBytesMax);
        Number(StreamOptionTag.TimestampBoundMs, options.TimestampBoundMs);
        Number(StreamOptionTag.TombstoneRetentionMs, options.TombstoneRetentionMs);

        void Number(StreamOptionTag tag, long value) => StreamOptionFields.Write(buffer, tag, (ulong)value);
    }

    /// <summary>Writes the figures of a stream, or of all.</summary>
    public static void Write(FrameBuffer buffer, StreamStats stats)
    {
        ReadOnlySpan<(StreamStat Stat, long Value)> figures =
        [
            (StreamStat.Streams, stats.Streams),
            (StreamStat.Records, stats.Records),
            (StreamStat.Bytes, stats.Bytes),
            (StreamStat.Segments, stats.Segments),
            (StreamStat.PendingBytes, stats.PendingBytes),
            (StreamStat.Readers, stats.Readers),
            (StreamStat.Groups, stats.Groups),
            (StreamStat.Producers, stats.Producers),
            (StreamStat.Keys, stats.Keys),
            (StreamStat.AppendedTotal, stats.Appended),
            (StreamStat.AppendedBytesTotal, stats.AppendedBytes),
            (StreamStat.ReadTotal, stats.Read),
            (StreamStat.ReadBytesTotal, stats.ReadBytes),
            (StreamStat.DuplicatesTotal, stats.Duplicates),
            (StreamStat.ConflictsTotal, stats.Conflicts),
            (StreamStat.TrimmedTotal, stats.Trimmed),
            (StreamStat.AppendedPerSecondMilli, Milli(stats.AppendedPerSecond)),
            (StreamStat.ReadPerSecondMilli, Milli(stats.ReadPerSecond)),
            (StreamStat.SavedBytes, Math.Max(0, stats.SavedBytes)),
            (StreamStat.CompactedTotal, stats.Compacted),
            (StreamStat.CompactedAtMs, stats.CompactedAtMs),
        ];
        StreamStatsReply.WriteStart(buffer, (uint)figures.Length);
        foreach ((StreamStat stat, long value) in figures)
        {
            StreamStatsReply.WriteItem(buffer, stat, (ulong)value);
        }
    }

    private static long Milli(double perSecond) => (long)Math.Round(perSecond * 1_000);
}
