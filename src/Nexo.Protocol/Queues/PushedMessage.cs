using System.Numerics;

namespace Nexo.Protocol;

/// <summary>
/// A message on its way into a queue: alone in a <see cref="QueuePushRequest"/>, or one of many in a
/// <see cref="QueuePushBatchRequest"/>, where it is <c>[u32 bytes][u8 present][u8 priority]{i64 delayMs}{i64 dueAt}{i64
/// ttlMs}{u32 length, dedupId}{u32 length, group}[u16 blockBytes][header block][body, to the end of bytes]</c>;
/// <c>bytes</c> counts what follows it.
/// </summary>
public readonly ref struct PushedMessage
{
    private const PushParts AllParts =
        PushParts.Delay | PushParts.DueAt | PushParts.Ttl | PushParts.DedupId | PushParts.Group;

    /// <summary>Which of the optional parts below are on the wire.</summary>
    public PushParts Parts { get; init; }

    /// <summary>A higher one is delivered before lower ones.</summary>
    public byte Priority { get; init; }

    public long DelayMs { get; init; }

    public long DueAt { get; init; }

    public long TtlMs { get; init; }

    public ReadOnlySpan<byte> DedupId { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>
    /// A header block without its leading size, checked. Of a message that is pushed alone it is the frame's, and empty
    /// here.
    /// </summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Reads one message of a batch.</summary>
    internal static bool TryReadItem(scoped ref BodyReader reader, out PushedMessage message)
    {
        message = default;
        if (!reader.TryReadUInt32(out uint bytes) || !reader.TryReadBytes(bytes, out ReadOnlySpan<byte> item))
        {
            return false;
        }

        var inner = new BodyReader(item);
        if (!inner.TryReadByte(out byte present)
            || !inner.TryReadByte(out byte priority)
            || !TryReadParts(ref inner, present, priority, out PushedMessage parts)
            || !HeaderBlock.TryRead(ref inner, out ReadOnlySpan<byte> headers))
        {
            return false;
        }

        message = parts with { Headers = headers, Body = inner.TakeRest() };
        return true;
    }

    internal static bool TryReadParts(
        scoped ref BodyReader reader, byte present, byte priority, out PushedMessage message)
    {
        var parts = (PushParts)present;
        long delayMs = 0;
        long dueAt = 0;
        long ttlMs = 0;
        ReadOnlySpan<byte> dedupId = default;
        ReadOnlySpan<byte> group = default;
        bool read = parts <= AllParts
            && ((parts & PushParts.Delay) == 0 || reader.TryReadInt64(out delayMs))
            && ((parts & PushParts.DueAt) == 0 || reader.TryReadInt64(out dueAt))
            && ((parts & PushParts.Ttl) == 0 || reader.TryReadInt64(out ttlMs))
            && ((parts & PushParts.DedupId) == 0 || reader.TryReadBlob(out dedupId))
            && ((parts & PushParts.Group) == 0 || reader.TryReadBlob(out group));
        message = new PushedMessage
        {
            Parts = parts,
            Priority = priority,
            DelayMs = delayMs,
            DueAt = dueAt,
            TtlMs = ttlMs,
            DedupId = dedupId,
            Group = group,
        };
        return read;
    }

    /// <summary>Bytes that <see cref="WriteItem"/> writes.</summary>
    public long ItemSize =>
        sizeof(uint) + (2 * sizeof(byte)) + PartsSize + sizeof(ushort) + (long)Headers.Length + Body.Length;

    /// <summary>Writes the message behind those of the batch that were written before.</summary>
    /// <exception cref="OverflowException">The message is larger than any frame, or its headers than 65,535 bytes; nothing
    /// was written.</exception>
    public void WriteItem(FrameBuffer buffer)
    {
        uint bytes = checked((uint)(ItemSize - sizeof(uint)));
        _ = checked((ushort)Headers.Length);
        buffer.WriteUInt32(bytes);
        buffer.WriteByte((byte)Parts);
        buffer.WriteByte(Priority);
        WriteParts(buffer);
        HeaderBlock.WriteBlock(buffer, Headers);
        buffer.Write(Body);
    }

    internal void WriteParts(FrameBuffer buffer)
    {
        if (Parts == PushParts.None)
        {
            return;
        }

        WriteNumber(buffer, PushParts.Delay, DelayMs);
        WriteNumber(buffer, PushParts.DueAt, DueAt);
        WriteNumber(buffer, PushParts.Ttl, TtlMs);
        WriteBytes(buffer, PushParts.DedupId, DedupId);
        WriteBytes(buffer, PushParts.Group, Group);
    }

    private long PartsSize =>
        (BitOperations.PopCount((uint)(Parts & (PushParts.Delay | PushParts.DueAt | PushParts.Ttl))) * sizeof(long))
        + ((Parts & PushParts.DedupId) == 0 ? 0 : sizeof(uint) + (long)DedupId.Length)
        + ((Parts & PushParts.Group) == 0 ? 0 : sizeof(uint) + (long)Group.Length);

    private void WriteNumber(FrameBuffer buffer, PushParts part, long number)
    {
        if ((Parts & part) != 0)
        {
            buffer.WriteInt64(number);
        }
    }

    private void WriteBytes(FrameBuffer buffer, PushParts part, ReadOnlySpan<byte> bytes)
    {
        if ((Parts & part) != 0)
        {
            buffer.WriteBlob(bytes);
        }
    }
}
