namespace Nexo.Protocol;

/// <summary>
/// GROUP HEARTBEAT and GROUP LEAVE. Body: <c>[u64 member][u64 epoch][u32 length, stream][group, the rest]</c>. Answers: a
/// <see cref="GroupState"/>; nothing.
/// </summary>
public readonly ref struct GroupMemberRequest
{
    public ulong Member { get; init; }

    public ulong Epoch { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupMemberRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new GroupMemberRequest { Member = member, Epoch = epoch, Stream = stream, Group = reader.TakeRest() };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt64(Epoch);
        buffer.WriteBlob(Stream);
        buffer.Write(Group);
    }
}

/// <summary>
/// GROUP PULL. Body: <c>[u64 member][u64 epoch][u32 waitMs][u32 recordsMax][u32 bytesMax][u32 length, stream][group, the
/// rest]</c>. Answer: <see cref="GroupDelivery"/>, empty when the wait is over.
/// </summary>
public readonly ref struct GroupPullRequest
{
    public ulong Member { get; init; }

    public ulong Epoch { get; init; }

    /// <summary>How long to wait for a first record; 0: not at all.</summary>
    public uint WaitMs { get; init; }

    /// <summary>Records of the answer, 1 or more.</summary>
    public uint RecordsMax { get; init; }

    /// <summary>Bytes of its records; one is given even if it is larger. 0: as much as a frame holds.</summary>
    public uint BytesMax { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupPullRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadUInt32(out uint waitMs)
            || !reader.TryReadUInt32(out uint recordsMax)
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new GroupPullRequest
        {
            Member = member,
            Epoch = epoch,
            WaitMs = waitMs,
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Stream = stream,
            Group = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt64(Epoch);
        buffer.WriteUInt32(WaitMs);
        buffer.WriteUInt32(RecordsMax);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteBlob(Stream);
        buffer.Write(Group);
    }
}

/// <summary>
/// GROUP COMMIT: all records before an offset are done. Body: <c>[u64 member][u64 epoch][u64 offset][u32 length, stream][group,
/// the rest]</c>. Answer: <see cref="GroupCommitReply"/>.
/// </summary>
public readonly ref struct GroupCommitRequest
{
    public ulong Member { get; init; }

    public ulong Epoch { get; init; }

    /// <summary>Of the first record that is not done.</summary>
    public ulong Offset { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupCommitRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadUInt64(out ulong offset)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream))
        {
            return false;
        }

        request = new GroupCommitRequest
        {
            Member = member,
            Epoch = epoch,
            Offset = offset,
            Stream = stream,
            Group = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt64(Epoch);
        buffer.WriteUInt64(Offset);
        buffer.WriteBlob(Stream);
        buffer.Write(Group);
    }
}

/// <summary>Answer to GROUP COMMIT. Body: <c>[u64 position]</c>, which is the group's now.</summary>
public readonly record struct GroupCommitReply(ulong Position)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out GroupCommitReply reply)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt64(out ulong position) && reader.AtEnd;
        reply = new GroupCommitReply(position);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt64(Position);
}
