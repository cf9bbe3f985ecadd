using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Nexo.Engine.Queues;

/// <summary>What can be said of a command's arguments without looking at a queue.</summary>
internal static class QueueChecks
{
    /// <summary>Lengths, delay, time to live; and its dedup id is hashed here, before any lock is taken.</summary>
    public static QueueStatus Message(in QueueMessage message, QueueContext context, out PushCheck check)
    {
        check = default;
        QueueLimits limits = context.Limits;
        if (message.Body.Length > limits.BodyBytesMax || message.Headers.Length > limits.HeaderBytesMax)
        {
            return QueueStatus.MessageTooLarge;
        }

        if (message.Group.Length > limits.GroupBytesMax)
        {
            return QueueStatus.GroupInvalid;
        }

        if (message.DedupId.Length > limits.DedupIdBytesMax)
        {
            return QueueStatus.DedupIdInvalid;
        }

        if (message.TtlMs is { } ttl && (ttl < 1 || ttl > limits.DelayMsMax))
        {
            return QueueStatus.TtlOutOfRange;
        }

        if (!TryDelay(message, context, out long delayMs))
        {
            return QueueStatus.DelayOutOfRange;
        }

        check.DelayMs = delayMs;
        check.HasDedup = !message.DedupId.IsEmpty;
        check.Dedup = check.HasDedup ? HashOf(message.DedupId) : 0;
        return QueueStatus.Ok;
    }

    public static bool DelayIsIn(long delayMs, QueueLimits limits) => delayMs >= 0 && delayMs <= limits.DelayMsMax;

    /// <summary>The first 128 bits of its SHA-256: ids that collide cannot be made up.</summary>
    private static UInt128 HashOf(ReadOnlySpan<byte> dedupId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(dedupId, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static bool TryDelay(in QueueMessage message, QueueContext context, out long delayMs)
    {
        delayMs = message.DelayMs ?? 0;
        if (message.DueAtMs is not { } dueAtMs)
        {
            return DelayIsIn(delayMs, context.Limits);
        }

        // People mean the wall clock by a moment; from here on only the time until then counts.
        long wallMs = context.Clock.WallMs;
        delayMs = dueAtMs <= wallMs ? 0 : dueAtMs - wallMs;
        return message.DelayMs is null && DelayIsIn(delayMs, context.Limits);
    }
}
