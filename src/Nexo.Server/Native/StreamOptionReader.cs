using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>Reads the options of a creation or an update, and refuses what cannot be one.</summary>
internal static class StreamOptionReader
{
    /// <summary>False: the request has been answered with what is wrong. Ranges are the engine's to judge.</summary>
    public static bool TryRead(in Request request, StreamOptionFields fields, out StreamOptionSet options)
    {
        options = new StreamOptionSet();
        while (fields.TryTake(out StreamOptionTag tag, out ulong number, out _))
        {
            if (!TrySet(request, tag, number, ref options))
            {
                return false;
            }
        }

        if (options.Durability is StreamDurability.Fsync or StreamDurability.Interval
            && !request.Connection.Server.Persistence.IsOn)
        {
            QueueFailures.FailOption(
                request,
                ErrorCode.UnsupportedDurability,
                (ushort)StreamOptionTag.Durability,
                "durability: this server keeps nothing on disk (data.directory is none, or the durability of all brokers is "
                + "memory); ask for memory, or leave it to the server.");
            return false;
        }

        return true;
    }

    private static bool TrySet(in Request request, StreamOptionTag tag, ulong number, ref StreamOptionSet options)
    {
        // What no number of the engine can hold is out of every range that there is.
        long wide = (long)Math.Min(number, long.MaxValue);
        int narrow = (int)Math.Min(number, int.MaxValue);
        switch (tag)
        {
            case StreamOptionTag.AgeMs: options = options with { AgeMs = wide }; break;
            case StreamOptionTag.Bytes: options = options with { Bytes = wide }; break;
            case StreamOptionTag.Records: options = options with { Records = wide }; break;
            case StreamOptionTag.RecordBytesMax: options = options with { RecordBytesMax = narrow }; break;
            case StreamOptionTag.TombstoneRetentionMs: options = options with { TombstoneRetentionMs = wide }; break;
            case StreamOptionTag.TimestampBoundMs: options = options with { TimestampBoundMs = wide }; break;

            case StreamOptionTag.ProtectGroups when number <= 1:
                options = options with { ProtectGroups = number == 1 };
                break;
            case StreamOptionTag.Compaction when number <= 1:
                options = options with { Compaction = number == 1 };
                break;
            case StreamOptionTag.Durability when number is >= (ulong)StreamDurability.Memory and <= (ulong)StreamDurability.Fsync:
                options = options with { Durability = (StreamDurability)number };
                break;
            default:
                Fail(request, tag);
                return false;
        }

        return true;
    }

    private static void Fail(in Request request, StreamOptionTag tag)
    {
        (ErrorCode code, string message) = tag switch
        {
            StreamOptionTag.ProtectGroups => (ErrorCode.InvalidArgument, "protectGroups: 0 or 1."),
            StreamOptionTag.Compaction => (ErrorCode.InvalidArgument, "compaction: 0 or 1."),
            StreamOptionTag.Durability => (ErrorCode.InvalidArgument, "durability: 1 memory, 2 interval, 3 fsync."),
            _ => (ErrorCode.OptionUnknown,
                $"Option {(ushort)tag} is not one that this server knows: they are {(int)StreamOptionTag.AgeMs} to "
                + $"{(int)StreamOptionTag.TombstoneRetentionMs}."),
        };
        QueueFailures.FailOption(request, code, (ushort)tag, message);
    }
}
