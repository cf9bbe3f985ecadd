namespace Nexo.Protocol;

/// <summary>What a member of a group is. Numbers are append-only.</summary>
public enum MemberState : byte
{
    None = 0,

    /// <summary>It gets records.</summary>
    Active = 1,

    /// <summary>It waits for the active member of an ordered group to go.</summary>
    Standby = 2,

    /// <summary>It is no member any more: another one has its records.</summary>
    Fenced = 3,
}

/// <summary>
/// GROUP JOIN, which opens a subscription. Body: <c>[u32 credits][u32 sessionMs][u32 bytesMax][u32 leaseMs][u32 length,
/// stream][u32 length, group][name, the rest]</c>. The reply is a <see cref="GroupJoinReply"/>; pushes are each a
/// <see cref="GroupDelivery"/> and cost a credit for each record; notices are each a <see cref="GroupState"/>.
/// </summary>
public readonly ref struct GroupJoinRequest
{
    public uint Credits { get; init; }

    /// <summary>Without a sign of life for so long it is no member any more; 0: as long as the connection lives.</summary>
    public uint SessionMs { get; init; }

    /// <summary>Bytes of a push's records; one is given even if it is larger. 0: as the server likes.</summary>
    public uint BytesMax { get; init; }

    /// <summary>How long it has a record of a group that is shared by key; 0: as the group says.</summary>
    public uint LeaseMs { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>For people; may be empty.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupJoinRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint credits)
            || credits > CreditNotice.CreditsMax
            || !reader.TryReadUInt32(out uint sessionMs)
            || !reader.TryReadUInt32(out uint bytesMax)
            || !reader.TryReadUInt32(out uint leaseMs)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> group))
        {
            return false;
        }

        request = new GroupJoinRequest
        {
            Credits = credits,
            SessionMs = sessionMs,
            BytesMax = bytesMax,
            LeaseMs = leaseMs,
            Stream = stream,
            Group = group,
            Name = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt32(Credits);
        buffer.WriteUInt32(SessionMs);
        buffer.WriteUInt32(BytesMax);
        buffer.WriteUInt32(LeaseMs);
        buffer.WriteBlob(Stream);
        buffer.WriteBlob(Group);
        buffer.Write(Name);
    }
}

/// <summary>Answer to GROUP JOIN. Body: <c>[u64 member][u8 mode][u8 0][u16 0]</c> then a <see cref="GroupState"/>.</summary>
/// <param name="Member">A number that it is from now on, and nobody else was or will be in this group.</param>
/// <param name="Mode">The group's.</param>
/// <param name="State">The group and the member at the beginning.</param>
public readonly record struct GroupJoinReply(ulong Member, GroupMode Mode, GroupState State)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out GroupJoinReply reply)
    {
        var reader = new BodyReader(body);
        uint mode = 0;
        bool read = reader.TryReadUInt64(out ulong member) && reader.TryReadUInt32(out mode);
        read &= GroupState.TryRead(reader.TakeRest(), out GroupState state);
        reply = new GroupJoinReply(member, (GroupMode)(byte)mode, state);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Member);
        buffer.WriteUInt32((uint)Mode);
        State.Write(buffer);
    }
}

/// <summary>
/// What a member is told about its group: answer to GROUP HEARTBEAT, and a notice of the server under the correlation of
/// GROUP JOIN, for which no credit is needed. Body: <c>[u64 epoch][u64 position][u8 state]</c>.
/// </summary>
/// <param name="Epoch">What settles and commits must bear.</param>
/// <param name="Position">The offset of the first record that is not done.</param>
/// <param name="State">The member's.</param>
public readonly record struct GroupState(ulong Epoch, ulong Position, MemberState State)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out GroupState state)
    {
        var reader = new BodyReader(body);
        ulong position = 0;
        byte member = 0;
        bool read = reader.TryReadUInt64(out ulong epoch)
            && reader.TryReadUInt64(out position)
            && reader.TryReadByte(out member)
            && reader.AtEnd;
        state = new GroupState(epoch, position, (MemberState)member);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Epoch);
        buffer.WriteUInt64(Position);
        buffer.WriteByte((byte)State);
    }
}
