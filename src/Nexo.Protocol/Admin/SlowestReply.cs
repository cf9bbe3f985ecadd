namespace Nexo.Protocol;

/// <summary>Where the time of a slow operation went. Numbers are append-only.</summary>
public enum SlowCause : byte
{
    /// <summary>It ran, or waited for a lock or the processor.</summary>
    Ran = 0,

    /// <summary>Its answer waited for the disk.</summary>
    Disk = 1,
}

/// <summary>ADMIN SLOWEST. Body: <c>[u32 limit]</c>, most operations to be told.</summary>
public readonly record struct SlowestRequest(uint Limit)
{
    /// <summary>The highest limit.</summary>
    public const uint LimitMax = 1_000;

    public static bool TryRead(ReadOnlySpan<byte> body, out SlowestRequest request)
    {
        var reader = new BodyReader(body);
        bool read = reader.TryReadUInt32(out uint limit) && reader.AtEnd;
        request = new SlowestRequest(limit);
        return read;
    }

    /// <summary>Writes the body into the open frame.</summary>
    public void Write(FrameBuffer buffer) => buffer.WriteUInt32(Limit);
}

/// <summary>
/// Answer to ADMIN SLOWEST, the newest first. Body: <c>[u32 count]</c> then the items, each <c>[u64 id][i64 atMs][u64 microseconds][u8
/// protocol][u8 cause][u16 0][u64 connection]</c> and, with a <c>u32</c> length before each, what was done, with what, the address,
/// user, client name and namespace. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct SlowestReply
{
    private BodyReader _items;

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out SlowestReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new SlowestReply { Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!SlowestItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next operation; false at the end.</summary>
    public bool TryTake(out SlowestItem item) => SlowestItem.TryRead(ref _items, out item);
}

/// <summary>One operation of a <see cref="SlowestReply"/>.</summary>
public readonly ref struct SlowestItem
{
    /// <summary>Counts up in one run of the server.</summary>
    public ulong Id { get; init; }

    /// <summary>When it ended, in Unix milliseconds.</summary>
    public long AtMs { get; init; }

    public ulong Microseconds { get; init; }

    public ConnectionProtocol Protocol { get; init; }

    public SlowCause Cause { get; init; }

    /// <summary>The number of the connection.</summary>
    public ulong Connection { get; init; }

    /// <summary>As the protocol calls it; of several that were handled together, the first and how many more.</summary>
    public ReadOnlySpan<byte> Operation { get; init; }

    /// <summary>The key, queue, topic or the like, cut; may be empty.</summary>
    public ReadOnlySpan<byte> Subject { get; init; }

    /// <summary>Address and port of the client.</summary>
    public ReadOnlySpan<byte> Remote { get; init; }

    /// <summary>Who it is; empty when nobody is asked.</summary>
    public ReadOnlySpan<byte> User { get; init; }

    /// <summary>What the client calls itself; may be empty.</summary>
    public ReadOnlySpan<byte> Client { get; init; }

    /// <summary>What it works in; empty: the default one.</summary>
    public ReadOnlySpan<byte> Namespace { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out SlowestItem item)
    {
        item = default;
        if (!reader.TryReadUInt64(out ulong id)
            || !reader.TryReadInt64(out long atMs)
            || !reader.TryReadUInt64(out ulong microseconds)
            || !reader.TryReadUInt32(out uint kind)
            || !reader.TryReadUInt64(out ulong connection)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> operation)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> subject)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> remote)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> user)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> client)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> space))
        {
            return false;
        }

        item = new SlowestItem
        {
            Id = id,
            AtMs = atMs,
            Microseconds = microseconds,
            Protocol = (ConnectionProtocol)(byte)kind,
            Cause = (SlowCause)(byte)(kind >> 8),
            Connection = connection,
            Operation = operation,
            Subject = subject,
            Remote = remote,
            User = user,
            Client = client,
            Namespace = space,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Id);
        buffer.WriteInt64(AtMs);
        buffer.WriteUInt64(Microseconds);
        buffer.WriteUInt32((byte)Protocol | ((uint)Cause << 8));
        buffer.WriteUInt64(Connection);
        buffer.WriteBlob(Operation);
        buffer.WriteBlob(Subject);
        buffer.WriteBlob(Remote);
        buffer.WriteBlob(User);
        buffer.WriteBlob(Client);
        buffer.WriteBlob(Namespace);
    }
}
