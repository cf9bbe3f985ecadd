using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Options to the wire and back. An option that this version does not know is passed over.</summary>
internal static class OptionFields
{
    public static readonly QueueOptions None = new();

    public static void Write(FrameBuffer body, QueueOptions options)
    {
        Write(body, QueueOptionTag.LeaseMs, options.Lease);
        Write(body, QueueOptionTag.DeliveriesMax, options.DeliveriesMax);
        Write(body, QueueOptionTag.BackoffKind, (byte?)options.Backoff);
        Write(body, QueueOptionTag.BackoffMs, options.BackoffDelay);
        Write(body, QueueOptionTag.BackoffMsMax, options.BackoffDelayMax);
        if (options.DeadLetterQueue is { } deadLetterQueue)
        {
            QueueOptionFields.Write(body, QueueOptionTag.DeadLetterQueue, Encoding.UTF8.GetBytes(deadLetterQueue));
        }

        Write(body, QueueOptionTag.MessageTtlMs, options.MessageTtl);
        Write(body, QueueOptionTag.MessagesMax, options.MessagesMax);
        Write(body, QueueOptionTag.BytesMax, options.BytesMax);
        Write(body, QueueOptionTag.WhenFull, (byte?)options.WhenFull);
        Write(body, QueueOptionTag.DedupWindowMs, options.DedupWindow);
        Write(body, QueueOptionTag.Durability, (byte?)options.Durability);
        Write(body, QueueOptionTag.Priorities, options.Priorities);
        Write(body, QueueOptionTag.GroupInFlightMax, options.GroupInFlightMax);
        Write(body, QueueOptionTag.GroupPerSecondMax, options.GroupPerSecondMax);
        Write(body, QueueOptionTag.UnusedMs, options.UnusedFor);
    }

    public static QueueOptions Read(QueueOptionFields fields)
    {
        var options = new QueueOptions();
        while (fields.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            options = tag == QueueOptionTag.DeadLetterQueue
                ? options with { DeadLetterQueue = Encoding.UTF8.GetString(text) }
                : With(options, tag, number);
        }

        return options;
    }

    private static QueueOptions With(QueueOptions options, QueueOptionTag tag, ulong number)
    {
        long count = (long)Math.Min(number, long.MaxValue);
        int small = (int)Math.Min(number, int.MaxValue);
        TimeSpan time = WireTimes.Duration(number);
        return tag switch
        {
            QueueOptionTag.LeaseMs => options with { Lease = time },
            QueueOptionTag.DeliveriesMax => options with { DeliveriesMax = small },
            QueueOptionTag.BackoffKind => options with { Backoff = (BackoffKind)number },
            QueueOptionTag.BackoffMs => options with { BackoffDelay = time },
            QueueOptionTag.BackoffMsMax => options with { BackoffDelayMax = time },
            QueueOptionTag.MessageTtlMs => options with { MessageTtl = time },
            QueueOptionTag.MessagesMax => options with { MessagesMax = count },
            QueueOptionTag.BytesMax => options with { BytesMax = count },
            QueueOptionTag.WhenFull => options with { WhenFull = (FullQueueAction)number },
            QueueOptionTag.DedupWindowMs => options with { DedupWindow = time },
            QueueOptionTag.Durability => options with { Durability = (Durability)number },
            QueueOptionTag.Priorities => options with { Priorities = small },
            QueueOptionTag.GroupInFlightMax => options with { GroupInFlightMax = small },
            QueueOptionTag.GroupPerSecondMax => options with { GroupPerSecondMax = small },
            QueueOptionTag.UnusedMs => options with { UnusedFor = time },
            _ => options,
        };
    }

    private static void Write(FrameBuffer body, QueueOptionTag tag, TimeSpan? time) =>
        Write(body, tag, time is { } given ? WireTimes.Milliseconds(given) : null);

    // A negative number is sent as the huge one that it is without a sign: the server names the range.
    private static void Write(FrameBuffer body, QueueOptionTag tag, long? number)
    {
        if (number is { } given)
        {
            QueueOptionFields.Write(body, tag, unchecked((ulong)given));
        }
    }
}
