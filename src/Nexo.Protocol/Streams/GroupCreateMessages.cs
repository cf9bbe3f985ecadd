namespace Nexo.Protocol;

/// <summary>How the members of a group share a stream. Numbers are append-only.</summary>
public enum GroupMode : byte
{
    None = 0,

    /// <summary>One member is active and gets all records in their order; it commits how far it has come.</summary>
    Ordered = 1,

    /// <summary>All members get records, of each key one at a time; each record is settled for itself.</summary>
    SharedByKey = 2,
}

/// <summary>
/// GROUP CREATE. Body: <c>[u8 mode][u8 0][u16 0]</c>, a <see cref="StreamPosition"/>, <c>[u32 length, stream][u32 length,
/// group]</c>, then <see cref="GroupOptionFields"/>; an option that is not there has its default. Answer:
/// <see cref="GroupCreateReply"/>.
/// </summary>
public ref struct GroupCreateRequest
{
    public GroupMode Mode { get; init; }

    /// <summary>Where it begins; of a group that is there already it means nothing.</summary>
    public StreamPosition From { get; init; }

    public ReadOnlySpan<byte> Stream { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public GroupOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupCreateRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint mode)
            || mode is 0 or > (uint)GroupMode.SharedByKey
            || !StreamPosition.TryRead(ref reader, out StreamPosition from)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> stream)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> group)
            || !GroupOptionFields.TryRead(ref reader, out GroupOptionFields options))
        {
            return false;
        }

        request = new GroupCreateRequest
        {
            Mode = (GroupMode)mode,
            From = from,
            Stream = stream,
            Group = group,
            Options = options,
        };
        return true;
    }

    /// <summary>
    /// Writes what stands before the options; <see cref="GroupOptionFields.Write(FrameBuffer, GroupOptionTag, ulong)"/>
    /// follows, once for each.
    /// </summary>
    public readonly void WriteStart(FrameBuffer buffer)
    {
        buffer.WriteUInt32((uint)Mode);
        From.Write(buffer);
        buffer.WriteBlob(Stream);
        buffer.WriteBlob(Group);
    }
}

/// <summary>
/// Answer to GROUP CREATE. Body: <c>[bool created][u64 position]</c> then all options as <see cref="GroupOptionFields"/>.
/// </summary>
public ref struct GroupCreateReply
{
    /// <summary>False: the very same group was there already.</summary>
    public bool Created { get; private set; }

    /// <summary>The offset of the first record that is not done.</summary>
    public ulong Position { get; private set; }

    public GroupOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out GroupCreateReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte created)
            || !reader.TryReadUInt64(out ulong position)
            || !GroupOptionFields.TryRead(ref reader, out GroupOptionFields options))
        {
            return false;
        }

        reply.Created = created != 0;
        reply.Position = position;
        reply.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, bool created, ulong position)
    {
        buffer.WriteByte(created ? (byte)1 : (byte)0);
        buffer.WriteUInt64(position);
    }
}
