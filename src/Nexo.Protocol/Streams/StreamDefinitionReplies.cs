namespace Nexo.Protocol;

/// <summary>
/// Answer to STREAM CREATE. Body: <c>[bool created][u64 revision]</c> then all options as <see cref="StreamOptionFields"/>.
/// </summary>
public ref struct StreamCreateReply
{
    /// <summary>False: the very same stream was there already.</summary>
    public bool Created { get; private set; }

    /// <summary>Counts up at every change of the definition, from 1.</summary>
    public ulong Revision { get; private set; }

    public StreamOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamCreateReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadByte(out byte created)
            || !reader.TryReadUInt64(out ulong revision)
            || !StreamOptionFields.TryRead(ref reader, out StreamOptionFields options))
        {
            return false;
        }

        reply.Created = created != 0;
        reply.Revision = revision;
        reply.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, bool created, ulong revision)
    {
        buffer.WriteByte(created ? (byte)1 : (byte)0);
        buffer.WriteUInt64(revision);
    }
}

/// <summary>
/// Answer to STREAM UPDATE. Body: <c>[u64 revision]</c> then all options as <see cref="StreamOptionFields"/>.
/// </summary>
public ref struct StreamUpdateReply
{
    public ulong Revision { get; private set; }

    public StreamOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamUpdateReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt64(out ulong revision)
            || !StreamOptionFields.TryRead(ref reader, out StreamOptionFields options))
        {
            return false;
        }

        reply.Revision = revision;
        reply.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, ulong revision) => buffer.WriteUInt64(revision);
}

/// <summary>
/// Answer to STREAM DESCRIBE. Body: <c>[u64 revision][u64 first][u64 next]</c> then all options as
/// <see cref="StreamOptionFields"/>.
/// </summary>
public ref struct StreamDescribeReply
{
    public ulong Revision { get; private set; }

    public OffsetRange Range { get; private set; }

    public StreamOptionFields Options;

    public static bool TryRead(ReadOnlySpan<byte> body, out StreamDescribeReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt64(out ulong revision)
            || !OffsetRange.TryRead(ref reader, out OffsetRange range)
            || !StreamOptionFields.TryRead(ref reader, out StreamOptionFields options))
        {
            return false;
        }

        reply.Revision = revision;
        reply.Range = range;
        reply.Options = options;
        return true;
    }

    /// <summary>Writes what stands before the options.</summary>
    public static void WriteStart(FrameBuffer buffer, ulong revision, OffsetRange range)
    {
        buffer.WriteUInt64(revision);
        range.Write(buffer);
    }
}
