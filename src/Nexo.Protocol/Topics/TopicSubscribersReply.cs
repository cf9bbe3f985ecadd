namespace Nexo.Protocol;

/// <summary>
/// Answer to TOPIC SUBSCRIBERS, whose request is a <see cref="ScanRequest"/> with the beginning of a filter as the prefix.
/// Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each <c>[u64 connection][u32 subscription][u8
/// whenSlow][u8 0][u16 0][u32 filters][u64 delivered][u64 dropped][u64 pendingBytes][u32 length, client][u32 length, first
/// filter]</c>. Only an empty cursor ends the list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct TopicSubscribersReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicSubscribersReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new TopicSubscribersReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!TopicSubscribersItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next subscription; false at the end.</summary>
    public bool TryTake(out TopicSubscribersItem item) => TopicSubscribersItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One subscription of a <see cref="TopicSubscribersReply"/>.</summary>
public readonly ref struct TopicSubscribersItem
{
    /// <summary>A number of its connection, unique in this run of the server.</summary>
    public ulong Connection { get; init; }

    /// <summary>Its correlation there.</summary>
    public uint Subscription { get; init; }

    public SlowPolicy WhenSlow { get; init; }

    /// <summary>How many filters it has.</summary>
    public uint Filters { get; init; }

    public ulong Delivered { get; init; }

    public ulong Dropped { get; init; }

    /// <summary>What waits in its outbox.</summary>
    public ulong PendingBytes { get; init; }

    /// <summary>The name that its client has given in HELLO; may be empty.</summary>
    public ReadOnlySpan<byte> Client { get; init; }

    /// <summary>One of its filters; empty when it has none.</summary>
    public ReadOnlySpan<byte> FirstFilter { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out TopicSubscribersItem item)
    {
        item = default;
        if (!reader.TryReadUInt64(out ulong connection)
            || !reader.TryReadUInt32(out uint subscription)
            || !reader.TryReadUInt32(out uint whenSlow)
            || !reader.TryReadUInt32(out uint filters)
            || !reader.TryReadUInt64(out ulong delivered)
            || !reader.TryReadUInt64(out ulong dropped)
            || !reader.TryReadUInt64(out ulong pendingBytes)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> client)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> firstFilter))
        {
            return false;
        }

        item = new TopicSubscribersItem
        {
            Connection = connection,
            Subscription = subscription,
            WhenSlow = (SlowPolicy)(byte)whenSlow,
            Filters = filters,
            Delivered = delivered,
            Dropped = dropped,
            PendingBytes = pendingBytes,
            Client = client,
            FirstFilter = firstFilter,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteUInt64(Connection);
        buffer.WriteUInt32(Subscription);
        buffer.WriteUInt32((uint)WhenSlow);
        buffer.WriteUInt32(Filters);
        buffer.WriteUInt64(Delivered);
        buffer.WriteUInt64(Dropped);
        buffer.WriteUInt64(PendingBytes);
        buffer.WriteBlob(Client);
        buffer.WriteBlob(FirstFilter);
    }
}
