using System.Text;
using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>Reads the options of a declaration or an update, and refuses what cannot be one.</summary>
internal static class QueueOptionReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>False: the request has been answered with what is wrong. Ranges are the engine's to judge.</summary>
    public static bool TryRead(in Request request, QueueOptionFields fields, out QueueOptionSet options)
    {
        options = new QueueOptionSet();
        while (fields.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            if (!TrySet(request, tag, number, text, ref options))
            {
                return false;
            }
        }

        if (options.Durability is QueueDurability.Fsync or QueueDurability.Interval
            && !request.Connection.Server.Persistence.IsOn)
        {
            QueueFailures.FailOption(
                request,
                ErrorCode.UnsupportedDurability,
                (ushort)QueueOptionTag.Durability,
                "durability: this server keeps nothing on disk (data.directory is none, or queues.durability and "
                + "store.durability are memory); ask for memory, or leave it to the server.");
            return false;
        }

        return true;
    }

    private static bool TrySet(
        in Request request, QueueOptionTag tag, ulong number, ReadOnlySpan<byte> text, ref QueueOptionSet options)
    {
        // What no number of the engine can hold is out of every range that there is.
        long wide = (long)Math.Min(number, long.MaxValue);
        int narrow = (int)Math.Min(number, int.MaxValue);
        switch (tag)
        {
            case QueueOptionTag.LeaseMs: options = options with { LeaseMs = wide }; break;
            case QueueOptionTag.DeliveriesMax: options = options with { DeliveriesMax = narrow }; break;
            case QueueOptionTag.BackoffMs: options = options with { BackoffMs = wide }; break;
            case QueueOptionTag.BackoffMsMax: options = options with { BackoffMsMax = wide }; break;
            case QueueOptionTag.MessageTtlMs: options = options with { MessageTtlMs = wide }; break;
            case QueueOptionTag.MessagesMax: options = options with { MessagesMax = wide }; break;
            case QueueOptionTag.BytesMax: options = options with { BytesMax = wide }; break;
            case QueueOptionTag.DedupWindowMs: options = options with { DedupWindowMs = wide }; break;
            case QueueOptionTag.Priorities: options = options with { Priorities = narrow }; break;
            case QueueOptionTag.GroupInFlightMax: options = options with { InFlightPerGroup = narrow }; break;
            case QueueOptionTag.GroupPerSecondMax: options = options with { PerSecondPerGroup = narrow }; break;
            case QueueOptionTag.UnusedMs: options = options with { UnusedMs = wide }; break;

            case QueueOptionTag.BackoffKind when number <= (ulong)QueueBackoff.Exponential:
                options = options with { Backoff = (QueueBackoff)number };
                break;
            case QueueOptionTag.WhenFull when number <= (ulong)QueueWhenFull.DeadLetter:
                options = options with { WhenFull = (QueueWhenFull)number };
                break;
            case QueueOptionTag.Durability when number is >= (ulong)QueueDurability.Memory and <= (ulong)QueueDurability.Fsync:
                options = options with { Durability = (QueueDurability)number };
                break;
            case QueueOptionTag.DeadLetterQueue when TryText(text, out string name):
                options = options with { DeadLetterQueue = name };
                break;
            default:
                Fail(request, tag);
                return false;
        }

        return true;
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

    private static void Fail(in Request request, QueueOptionTag tag)
    {
        (ErrorCode code, string message) = tag switch
        {
            QueueOptionTag.BackoffKind => (ErrorCode.InvalidArgument, "backoffKind: 0 none, 1 fixed, 2 exponential."),
            QueueOptionTag.WhenFull => (ErrorCode.InvalidArgument, "whenFull: 0 reject, 1 dead letter."),
            QueueOptionTag.Durability => (ErrorCode.InvalidArgument, "durability: 1 memory, 2 interval, 3 fsync."),
            QueueOptionTag.DeadLetterQueue => (ErrorCode.NameInvalid, "deadLetterQueue: a name is UTF-8."),
            _ => (ErrorCode.OptionUnknown,
                $"Option {(ushort)tag} is not one that this server knows: they are {(int)QueueOptionTag.LeaseMs} to "
                + $"{(int)QueueOptionTag.UnusedMs}."),
        };
        QueueFailures.FailOption(request, code, (ushort)tag, message);
    }
}
