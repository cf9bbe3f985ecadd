namespace Nexo.Protocol;

/// <summary>
/// Answer to GROUP DESCRIBE. Body: <c>[u8 mode][u8 0][u16 0][u64 epoch][u64 position][u64 lag][u64 deadLetters][u32 count]</c>,
/// the members, each <c>[u64 member][u8 state][u8 0][u16 0][u32 inFlight][i64 joinedAt][i64 heardAt][u32 length, name]</c>, then
/// all options as <see cref="GroupOptionFields"/>. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct GroupDescribeReply
{
    private BodyReader _members;

    public GroupMode Mode { get; init; }

    public ulong Epoch { get; init; }

    /// <summary>The offset of the first record that is not done.</summary>
    public ulong Position { get; init; }

    /// <summary>Offsets from there to the stream's next, without those that are done.</summary>
    public ulong Lag { get; init; }

    /// <summary>Records that became dead letters, since the server's start.</summary>
    public ulong DeadLetters { get; init; }

    public uint MemberCount { get; private set; }

    public GroupOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupDescribeReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt32(out uint mode)
            || !reader.TryReadUInt64(out ulong epoch)
            || !reader.TryReadUInt64(out ulong position)
            || !reader.TryReadUInt64(out ulong lag)
            || !reader.TryReadUInt64(out ulong deadLetters)
            || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new GroupDescribeReply
        {
            Mode = (GroupMode)(byte)mode,
            Epoch = epoch,
            Position = position,
            Lag = lag,
            DeadLetters = deadLetters,
            MemberCount = count,
        };
        ReadOnlySpan<byte> members = reader.Rest;
        for (uint i = 0; i < count; i++)
        {
            if (!GroupMember.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        reply._members = new BodyReader(members[..^reader.Rest.Length]);
        return GroupOptionFields.TryRead(ref reader, out reply.Options);
    }

    /// <summary>Takes the next member; false at the end.</summary>
    public bool TryTakeMember(out GroupMember member) => GroupMember.TryRead(ref _members, out member);

    /// <summary>
    /// Writes what stands before the members; <see cref="GroupMember.Write"/> follows, <paramref name="members"/> times, and
    /// then the options.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer, uint members)
    {
        buffer.WriteUInt32((uint)Mode);
        buffer.WriteUInt64(Epoch);
        buffer.WriteUInt64(Position);
        buffer.WriteUInt64(Lag);
        buffer.WriteUInt64(DeadLetters);
        buffer.WriteUInt32(members);
    }
}

/// <summary>One member of a <see cref="GroupDescribeReply"/>.</summary>
public readonly ref struct GroupMember
{
    public ulong Member { get; init; }

    public MemberState State { get; init; }

    /// <summary>Records that it has and has not settled.</summary>
    public uint InFlight { get; init; }

    /// <summary>In ms since the Unix epoch, as the next.</summary>
    public long JoinedAt { get; init; }

    /// <summary>When something of it was heard last.</summary>
    public long HeardAt { get; init; }

    /// <summary>What it called itself when it joined; may be empty.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out GroupMember item)
    {
        item = default;
        if (!reader.TryReadUInt64(out ulong member)
            || !reader.TryReadUInt32(out uint state)
            || !reader.TryReadUInt32(out uint inFlight)
            || !reader.TryReadInt64(out long joinedAt)
            || !reader.TryReadInt64(out long heardAt)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name))
        {
            return false;
        }

        item = new GroupMember
        {
            Member = member,
            State = (MemberState)(byte)state,
            InFlight = inFlight,
            JoinedAt = joinedAt,
            HeardAt = heardAt,
            Name = name,
        };
        return true;
    }

    /// <summary>Writes the member behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt32((uint)State);
        buffer.WriteUInt32(InFlight);
        buffer.WriteInt64(JoinedAt);
        buffer.WriteInt64(HeardAt);
        buffer.WriteBlob(Name);
    }
}
