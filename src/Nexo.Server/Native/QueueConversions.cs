using System.Text;
using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>The queues' messages and options between the wire and the engine.</summary>
internal static class QueueConversions
{
    // Longer than any key may be.
    private static readonly byte[] Invalid = new byte[64 * 1_024];

    public static QueueMessage ToEngine(this scoped in PushedMessage message, ReadOnlySpan<byte> headers) => new()
    {
        Priority = message.Priority,
        DelayMs = (message.Parts & PushParts.Delay) == 0 ? null : message.DelayMs,
        DueAtMs = (message.Parts & PushParts.DueAt) == 0 ? null : message.DueAt,
        TtlMs = (message.Parts & PushParts.Ttl) == 0 ? null : message.TtlMs,
        DedupId = Given(message.DedupId, (message.Parts & PushParts.DedupId) != 0),
        Group = Given(message.Group, (message.Parts & PushParts.Group) != 0),
        Headers = headers,
        Body = message.Body,
    };

    public static DeliveredMessage ToWire(scoped in QueueDelivery delivery) => new()
    {
        MessageId = delivery.MessageId,
        Lease = delivery.Lease,
        EnqueuedAt = delivery.EnqueuedAtMs,
        LeaseEndsAt = delivery.LeaseEndsAtMs,
        Attempt = delivery.Attempt,
        Parts = delivery.Group.IsEmpty ? DeliveryParts.None : DeliveryParts.Group,
        Priority = (byte)delivery.Priority,
        Flags = delivery.IsRedelivered ? DeliveryFlags.Redelivered : DeliveryFlags.None,
        Group = delivery.Group,
        Headers = delivery.Headers,
        Body = delivery.Body,
    };

    public static KeptMessage ToWire(scoped in QueueKept message) => new()
    {
        MessageId = message.MessageId,
        EnqueuedAt = message.EnqueuedAtMs,
        Attempts = message.Attempts,
        Failures = (uint)message.Failures,
        Parts = (message.Group.IsEmpty ? KeptParts.None : KeptParts.Group)
            | (message.VisibleAtMs == 0 ? KeptParts.None : KeptParts.VisibleAt)
            | (message.ExpiresAtMs == 0 ? KeptParts.None : KeptParts.ExpiresAt)
            | (message.Cause == QueueDeadCause.None ? KeptParts.None : KeptParts.Dead),
        Priority = (byte)message.Priority,
        Group = message.Group,
        VisibleAt = message.VisibleAtMs,
        ExpiresAt = message.ExpiresAtMs,
        DiedAt = message.DiedAtMs,
        Cause = (DeadCause)message.Cause,
        Source = message.Source,
        Reason = message.Reason,
        Headers = message.Headers,
        Body = message.Body,
    };

    /// <summary>Writes all options of a definition.</summary>
    public static void Write(FrameBuffer buffer, QueueOptions options)
    {
        Number(QueueOptionTag.LeaseMs, options.LeaseMs);
        Number(QueueOptionTag.DeliveriesMax, options.DeliveriesMax);
        Number(QueueOptionTag.BackoffKind, (long)options.Backoff);
        Number(QueueOptionTag.BackoffMs, options.BackoffMs);
        Number(QueueOptionTag.BackoffMsMax, options.BackoffMsMax);
        QueueOptionFields.Write(
            buffer, QueueOptionTag.DeadLetterQueue, Encoding.UTF8.GetBytes(options.DeadLetterQueue));
        Number(QueueOptionTag.MessageTtlMs, options.MessageTtlMs);
        Number(QueueOptionTag.MessagesMax, options.MessagesMax);
        Number(QueueOptionTag.BytesMax, options.BytesMax);
        Number(QueueOptionTag.WhenFull, (long)options.WhenFull);
        Number(QueueOptionTag.DedupWindowMs, options.DedupWindowMs);
        Number(QueueOptionTag.Durability, (long)options.Durability);
        Number(QueueOptionTag.Priorities, options.Priorities);
        Number(QueueOptionTag.GroupInFlightMax, options.InFlightPerGroup);
        Number(QueueOptionTag.GroupPerSecondMax, options.PerSecondPerGroup);
        Number(QueueOptionTag.UnusedMs, options.UnusedMs);

        void Number(QueueOptionTag tag, long value) => QueueOptionFields.Write(buffer, tag, (ulong)value);
    }

    /// <summary>Writes the figures of a queue.</summary>
    public static void Write(FrameBuffer buffer, QueueStats stats)
    {
        ReadOnlySpan<(QueueStat Stat, long Value)> figures =
        [
            (QueueStat.Ready, stats.Ready),
            (QueueStat.Leased, stats.Leased),
            (QueueStat.Delayed, stats.Delayed),
            (QueueStat.Dead, stats.Dead),
            (QueueStat.OldestAgeMs, stats.OldestAgeMs),
            (QueueStat.Consumers, stats.Consumers),
            (QueueStat.MemoryBytes, stats.MemoryBytes),
            (QueueStat.DiskBytes, stats.DiskBytes),
            (QueueStat.PushedTotal, stats.Pushed),
            (QueueStat.DeliveredTotal, stats.Delivered),
            (QueueStat.AckedTotal, stats.Acked),
            (QueueStat.NackedTotal, stats.Nacked),
            (QueueStat.LeasesExpiredTotal, stats.LeasesExpired),
            (QueueStat.DeadLetteredTotal, stats.DeadLettered),
            (QueueStat.DuplicatesTotal, stats.Duplicates),
            (QueueStat.RejectedTotal, stats.Rejected),
            (QueueStat.Paused, (long)stats.Paused),
            (QueueStat.Groups, stats.Groups),
            (QueueStat.PushedPerSecondMilli, Milli(stats.PushedPerSecond)),
            (QueueStat.DeliveredPerSecondMilli, Milli(stats.DeliveredPerSecond)),
            (QueueStat.AckedPerSecondMilli, Milli(stats.AckedPerSecond)),
            (QueueStat.RedeliveredTotal, stats.Redelivered),
            (QueueStat.MessagesExpiredTotal, stats.Expired),
            (QueueStat.MessageBytes, stats.MessageBytes),
        ];
        QueueStatsReply.WriteStart(buffer, (uint)figures.Length);
        foreach ((QueueStat stat, long value) in figures)
        {
            QueueStatsReply.WriteItem(buffer, stat, (ulong)value);
        }
    }

    // To the engine an empty key is none; one that was sent empty is refused as one that is too long is.
    private static ReadOnlySpan<byte> Given(ReadOnlySpan<byte> key, bool isGiven) =>
        isGiven && key.IsEmpty ? Invalid : key;

    private static long Milli(double perSecond) => (long)Math.Round(perSecond * 1_000);
}
