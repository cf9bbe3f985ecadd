namespace Nexo.Protocol;

/// <summary>What becomes of a record that failed. Numbers are append-only; the first four are <see cref="NackAction"/>'s.</summary>
public enum RecordNackAction : byte
{
    /// <summary>It is delivered again after the group's backoff.</summary>
    Backoff = 0,

    /// <summary>At once.</summary>
    Now = 1,

    /// <summary>After <see cref="GroupNackRequest.DelayMs"/>.</summary>
    AfterDelay = 2,

    /// <summary>At once, and it is no failure: the record was not worked on.</summary>
    GiveBack = 3,

    /// <summary>Never: it is a dead letter.</summary>
    DeadLetter = 4,
}

/// <summary>
/// GROUP ACK. Body: <c>[u64 member][u64 epoch][u32 length, stream][u32 length, group]</c> then a <see cref="LeaseList"/> of
/// offsets. Answer: <see cref="PerItemReply"/>.
/// </summary>
public ref struct GroupAckRequest
{
    public ulong Member { get; init; }

    public ulong Epoch { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>Offsets of records in the place of ids of messages.</summary>
    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupAckRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> group)
            || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request = new GroupAckRequest { Member = member, Epoch = epoch, Stream = stream, Group = group, Leases = leases };
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, <paramref name="count"/> times.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer, uint count)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt64(Epoch);
        buffer.WriteBlob(Stream);
        buffer.WriteBlob(Group);
        buffer.WriteUInt32(count);
    }
}

/// <summary>
/// GROUP NACK. Body: <c>[u8 action][u8 0][u16 0][i64 delayMs][u64 member][u64 epoch][u32 length, stream][u32 length, group][u32
/// length, reason]</c> then a <see cref="LeaseList"/> of offsets. Answer: <see cref="PerItemReply"/>.
/// </summary>
public ref struct GroupNackRequest
{
    public RecordNackAction Action { get; init; }

    /// <summary>Without meaning but for <see cref="RecordNackAction.AfterDelay"/>.</summary>
    public long DelayMs { get; init; }

    public ulong Member { get; init; }

    public ulong Epoch { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>UTF-8, for people; may be empty.</summary>
    public ReadOnlySpan<byte> Reason { get; init; }

    /// <summary>Offsets of records in the place of ids of messages.</summary>
    public LeaseList Leases;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupNackRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint action)
            || action > (uint)RecordNackAction.DeadLetter
            || !reader.TryReadInt64(out long delayMs)
            || !reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> group)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> reason)
            || !LeaseList.TryRead(ref reader, out LeaseList leases))
        {
            return false;
        }

        request = new GroupNackRequest
        {
            Action = (RecordNackAction)action,
            DelayMs = delayMs,
            Member = member,
            Epoch = epoch,
            Stream = stream,
            Group = group,
            Reason = reason,
            Leases = leases,
        };
        return true;
    }

    /// <summary>
    /// Writes what stands before the items; <see cref="LeaseList.WriteItem"/> follows, <paramref name="count"/> times.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer, uint count)
    {
        buffer.WriteUInt32((uint)Action);
        buffer.WriteInt64(DelayMs);
        buffer.WriteUInt64(Member);
        buffer.WriteUInt64(Epoch);
        buffer.WriteBlob(Stream);
        buffer.WriteBlob(Group);
        buffer.WriteBlob(Reason);
        buffer.WriteUInt32(count);
    }
}
