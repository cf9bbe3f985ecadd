using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Unicode;

namespace Nexo.Engine.Queues;

/// <summary>What can be said of a command's arguments without looking at a queue.</summary>
internal static class QueueChecks
{
    public static bool IsName(ReadOnlySpan<byte> name, int bytesMax) =>
        name.Length >= 1 && name.Length <= bytesMax && Utf8.IsValid(name) && !HasControls(name);

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

    /// <summary>Valid UTF-8 holds U+0000 to 1F and 7F as one byte, and 80 to 9F behind a byte C2.</summary>
    private static bool HasControls(ReadOnlySpan<byte> name)
    {
        byte before = 0;
        foreach (byte at in name)
        {
            if (at is < 0x20 or 0x7F || (before == 0xC2 && at < 0xA0))
            {
                return true;
            }

            before = at;
        }

        return false;
    }
}
