namespace Nexo.Protocol;

/// <summary>
/// Answer to QUEUE LIST. Body: <c>[u32 cursorLength][cursor][u32 count]</c> then the items, each
/// <c>[u8 paused][u64 ready][u64 leased][u64 delayed][u64 dead][u32 nameLength][name]</c>. Only an empty cursor ends the
/// list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct QueueListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out QueueListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new QueueListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!QueueListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next queue; false at the end.</summary>
    public bool TryTake(out QueueListItem item) => QueueListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One queue of a <see cref="QueueListReply"/>, with how many messages it has.</summary>
public readonly ref struct QueueListItem
{
    public QueueFlow Paused { get; init; }

    public ulong Ready { get; init; }

    public ulong Leased { get; init; }

    public ulong Delayed { get; init; }

    public ulong Dead { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out QueueListItem item)
    {
        item = default;
        if (!reader.TryReadByte(out byte paused)
            || !reader.TryReadUInt64(out ulong ready)
            || !reader.TryReadUInt64(out ulong leased)
            || !reader.TryReadUInt64(out ulong delayed)
            || !reader.TryReadUInt64(out ulong dead)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name))
        {
            return false;
        }

        item = new QueueListItem
        {
            Paused = (QueueFlow)paused,
            Ready = ready,
            Leased = leased,
            Delayed = delayed,
            Dead = dead,
            Name = name,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Paused);
        buffer.WriteUInt64(Ready);
        buffer.WriteUInt64(Leased);
        buffer.WriteUInt64(Delayed);
        buffer.WriteUInt64(Dead);
        buffer.WriteBlob(Name);
    }
}
