namespace Nexo.Engine.Queues;

/// <summary>
/// <c>[u32 queue][i64 moment][u64 firstId][u32 count]</c> and so many messages, whose ids follow each other: <c>[u8 flags][u8
/// priority][u8 groupBytes][u16 headersBytes][u32 bodyBytes]{i64 due}{i64 expires}{16 B dedup}{u16 cause}[group][headers][body]</c>.
/// What is in braces is there if its flag is: 1, 2, 4, 8; with 16 it is a dead letter that moves to another queue, with 32 it went
/// to the backlog of its priority.
/// </summary>
internal ref struct PushedRecord
{
    public const int HeaderBytes = 24;

    private const int ItemHeaderBytes = 9;
    private const int ItemOptionsBytes = 8 + 8 + DedupTable.HashBytes + 2;

    private RecordReader _items;
    private ulong _nextId;

    [Flags]
    private enum ItemFlags : byte
    {
        None = 0,
        Due = 1,
        Expires = 2,
        Dedup = 4,
        Dead = 8,
        Moves = 16,
        Backlogged = 32,
        All = 63,
    }

    public uint Queue { get; private set; }

    public long MomentMs { get; private set; }

    /// <summary>Messages that have not been read yet.</summary>
    public uint Left { get; private set; }

    public static long ItemBytesMax(long contentBytes) => ItemHeaderBytes + ItemOptionsBytes + contentBytes;

    public static unsafe long ItemBytes(MessageSlot* message, bool hasDedup)
    {
        ItemFlags flags = FlagsOf(message, hasDedup);
        return ItemHeaderBytes
            + ((flags & ItemFlags.Due) != 0 ? sizeof(long) : 0)
            + ((flags & ItemFlags.Expires) != 0 ? sizeof(long) : 0)
            + ((flags & ItemFlags.Dedup) != 0 ? DedupTable.HashBytes : 0)
            + ((flags & ItemFlags.Dead) != 0 ? sizeof(ushort) : 0)
            + message->ContentBytes;
    }

    /// <summary>The place for the messages.</summary>
    public static Span<byte> WriteHeader(Span<byte> payload, uint queue, long momentMs, ulong firstId, int count)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.I64(momentMs);
        writer.U64(firstId);
        writer.U32((uint)count);
        return writer.Rest;
    }

    /// <summary>Bytes written. The message has the state that it is to have.</summary>
    public static unsafe int WriteItem(Span<byte> target, MessageSlot* message, in PushPlan plan)
    {
        ItemFlags flags = FlagsOf(message, plan.HasDedup) | (plan.IsBacklogged ? ItemFlags.Backlogged : 0);
        var writer = new RecordWriter(target);
        writer.U8((byte)flags);
        writer.U8(message->Priority);
        writer.U8(message->GroupLength);
        writer.U16(message->HeadersLength);
        writer.U32(message->BodyLength);
        if ((flags & ItemFlags.Due) != 0)
        {
            writer.I64(message->Stamp);
        }

        if ((flags & ItemFlags.Expires) != 0)
        {
            writer.I64(message->ExpiresAtMs);
        }

        if ((flags & ItemFlags.Dedup) != 0)
        {
            writer.U128(plan.Dedup);
        }

        if ((flags & ItemFlags.Dead) != 0)
        {
            writer.U16(message->Cause);
        }

        writer.Bytes(MessageSlot.Content(message));
        return target.Length - writer.Rest.Length;
    }

    public static int WaitingBytes(in BacklogMessage message) =>
        ItemHeaderBytes
        + (message.ExpiresAtMs != 0 ? sizeof(long) : 0)
        + message.Headers.Length
        + message.Body.Length;

    /// <summary>As <see cref="WriteItem"/>, of a message that waits on disk.</summary>
    public static int WriteWaiting(Span<byte> target, byte priority, in BacklogMessage message)
    {
        var writer = new RecordWriter(target);
        writer.U8((byte)(ItemFlags.Backlogged | (message.ExpiresAtMs != 0 ? ItemFlags.Expires : ItemFlags.None)));
        writer.U8(priority);
        writer.U8(0);
        writer.U16((ushort)message.Headers.Length);
        writer.U32((uint)message.Body.Length);
        if (message.ExpiresAtMs != 0)
        {
            writer.I64(message.ExpiresAtMs);
        }

        writer.Bytes(message.Headers);
        writer.Bytes(message.Body);
        return target.Length - writer.Rest.Length;
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out PushedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new PushedRecord
        {
            Queue = reader.U32(),
            MomentMs = reader.I64(),
            _nextId = reader.U64(),
            Left = reader.U32(),
        };
        reader.Require(record.Left > 0 && record._nextId > 0);
        record._items = reader;
        return reader.Valid;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        PushedRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _);
        }

        return valid;
    }

    /// <summary>The next message; false: it is not valid, or the last was not the end.</summary>
    public bool TryNext(out PushedItem item)
    {
        RecordReader reader = _items;
        var flags = (ItemFlags)reader.U8();
        byte priority = reader.U8();
        byte group = reader.U8();
        ushort headers = reader.U16();
        uint body = reader.U32();
        bool dead = (flags & ItemFlags.Dead) != 0;
        item = new PushedItem
        {
            Id = _nextId++,
            Priority = priority,
            DueAtMs = (flags & ItemFlags.Due) != 0 ? reader.I64() : 0,
            ExpiresAtMs = (flags & ItemFlags.Expires) != 0 ? reader.I64() : 0,
            HasDedup = (flags & ItemFlags.Dedup) != 0,
            Dedup = (flags & ItemFlags.Dedup) != 0 ? reader.U128() : 0,
            Cause = dead ? (QueueDeadCause)reader.U16() : QueueDeadCause.None,
            State = !dead
                ? (flags & ItemFlags.Due) != 0 ? MessageState.Delayed : MessageState.Ready
                : (flags & ItemFlags.Moves) != 0 ? MessageState.Dying : MessageState.Dead,
            IsBacklogged = (flags & ItemFlags.Backlogged) != 0,
            Group = reader.Bytes(group),
            Headers = reader.Bytes(headers),
            Body = reader.Bytes(body),
        };
        reader.Require((flags & ~ItemFlags.All) == 0 && item.Cause <= QueueDeadCause.ConsumerLost);
        reader.Require(!item.IsBacklogged || (item.State == MessageState.Ready && item.Group.IsEmpty));
        Left--;
        _items = reader;
        return Left == 0 ? reader.AtEnd : reader.Valid;
    }

    private static unsafe ItemFlags FlagsOf(MessageSlot* message, bool hasDedup) =>
        (message->ExpiresAtMs != 0 ? ItemFlags.Expires : 0)
        | (hasDedup ? ItemFlags.Dedup : 0)
        | message->State switch
        {
            MessageState.Delayed => ItemFlags.Due,
            MessageState.Dead => ItemFlags.Dead,
            MessageState.Dying => ItemFlags.Dead | ItemFlags.Moves,
            _ => ItemFlags.None,
        };
}

/// <summary>A message of a <see cref="PushedRecord"/>.</summary>
internal readonly ref struct PushedItem
{
    public ulong Id { get; init; }

    public MessageState State { get; init; }

    public byte Priority { get; init; }

    public long DueAtMs { get; init; }

    public long ExpiresAtMs { get; init; }

    public bool HasDedup { get; init; }

    public UInt128 Dedup { get; init; }

    public QueueDeadCause Cause { get; init; }

    /// <summary>It went to the backlog of its priority.</summary>
    public bool IsBacklogged { get; init; }

    public ReadOnlySpan<byte> Group { get; init; }

    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }
}
