using System.Text;
using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The options of groups between the wire and the engine.</summary>
internal static class GroupOptionReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>False: the request has been answered with what is wrong. Ranges are the engine's to judge.</summary>
    public static bool TryRead(in Request request, GroupOptionFields fields, out StreamGroupOptionSet options)
    {
        options = new StreamGroupOptionSet();
        while (fields.TryTake(out GroupOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            // What no number of the engine can hold is out of every range that there is.
            long value = (long)Math.Min(number, long.MaxValue);
            switch (tag)
            {
                case GroupOptionTag.DeliveriesMax: options = options with { DeliveriesMax = value }; break;
                case GroupOptionTag.LeaseMs: options = options with { LeaseMs = value }; break;
                case GroupOptionTag.BackoffMs: options = options with { BackoffMs = value }; break;
                case GroupOptionTag.DeadLetterStream when TryText(text, out string name):
                    options = options with { DeadLetterStream = name };
                    break;
                default:
                    Fail(request, tag);
                    return false;
            }
        }

        return true;
    }

    /// <summary>Writes all options of a group.</summary>
    public static void Write(FrameBuffer buffer, StreamGroupOptions options)
    {
        GroupOptionFields.Write(buffer, GroupOptionTag.DeliveriesMax, (ulong)options.DeliveriesMax);
        GroupOptionFields.Write(buffer, GroupOptionTag.DeadLetterStream, Encoding.UTF8.GetBytes(options.DeadLetterStream));
        GroupOptionFields.Write(buffer, GroupOptionTag.LeaseMs, (ulong)options.LeaseMs);
        GroupOptionFields.Write(buffer, GroupOptionTag.BackoffMs, (ulong)options.BackoffMs);
    }

    private static bool TryText(ReadOnlySpan<byte> utf8, out string text)
    {
        try
        {
            text = Strict.GetString(utf8);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = string.Empty;
            return false;
        }
    }

    private static void Fail(in Request request, GroupOptionTag tag)
    {
        (ErrorCode code, string message) = tag == GroupOptionTag.DeadLetterStream
            ? (ErrorCode.NameInvalid, "deadLetterStream: a name is UTF-8.")
            : (ErrorCode.OptionUnknown,
                $"Option {(ushort)tag} is not one that this server knows: they are {(int)GroupOptionTag.DeliveriesMax} to "
                + $"{(int)GroupOptionTag.BackoffMs}.");
        QueueFailures.FailOption(request, code, (ushort)tag, message);
    }
}
