namespace Nexo.Protocol;

/// <summary>
/// Answer to BINDING LIST, whose request is a <see cref="ScanRequest"/>. Body: <c>[u32 cursorLength][cursor][u32 count]</c>
/// then the items, each <c>[u8 target][u32 length, name][u32 length, filter][u32 length, target's name][u64 taken][u64
/// refused]</c>. Only an empty cursor ends the list. Checked whole on reading it, as <see cref="BlobList"/> is.
/// </summary>
public ref struct BindingListReply
{
    private BodyReader _items;

    public ReadOnlySpan<byte> Cursor { get; private init; }

    public uint Count { get; private init; }

    public static bool TryRead(ReadOnlySpan<byte> body, out BindingListReply reply)
    {
        var reader = new BodyReader(body);
        reply = default;
        if (!reader.TryReadBlob(out ReadOnlySpan<byte> cursor) || !reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        reply = new BindingListReply { Cursor = cursor, Count = count, _items = reader };
        for (uint i = 0; i < count; i++)
        {
            if (!BindingListItem.TryRead(ref reader, out _))
            {
                return false;
            }
        }

        return reader.AtEnd;
    }

    /// <summary>Takes the next binding; false at the end.</summary>
    public bool TryTake(out BindingListItem item) => BindingListItem.TryRead(ref _items, out item);

    /// <summary>Writes what stands before the items.</summary>
    public static void WriteStart(FrameBuffer buffer, ReadOnlySpan<byte> cursor, uint count)
    {
        buffer.WriteBlob(cursor);
        buffer.WriteUInt32(count);
    }
}

/// <summary>One binding of a <see cref="BindingListReply"/>, with what became of messages since the server's start.</summary>
public readonly ref struct BindingListItem
{
    public BindingTarget Kind { get; init; }

    public ReadOnlySpan<byte> Name { get; init; }

    public ReadOnlySpan<byte> Filter { get; init; }

    /// <summary>The name of the queue or of the stream.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    public ulong Taken { get; init; }

    public ulong Refused { get; init; }

    internal static bool TryRead(scoped ref BodyReader reader, out BindingListItem item)
    {
        item = default;
        if (!reader.TryReadByte(out byte kind)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> name)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> filter)
            || !reader.TryReadBlob(out ReadOnlySpan<byte> target)
            || !reader.TryReadUInt64(out ulong taken)
            || !reader.TryReadUInt64(out ulong refused))
        {
            return false;
        }

        item = new BindingListItem
        {
            Kind = (BindingTarget)kind,
            Name = name,
            Filter = filter,
            Target = target,
            Taken = taken,
            Refused = refused,
        };
        return true;
    }

    /// <summary>Writes the item behind those that were written before.</summary>
    public void Write(FrameBuffer buffer)
    {
        buffer.WriteByte((byte)Kind);
        buffer.WriteBlob(Name);
        buffer.WriteBlob(Filter);
        buffer.WriteBlob(Target);
        buffer.WriteUInt64(Taken);
        buffer.WriteUInt64(Refused);
    }
}
