namespace Nexo.Engine.Queues;

/// <summary>
/// <c>[u32 queue][u16 reasonBytes][u32 count]{[u64 id][i64 due][u16 failures][u16 losses]}[reason]</c>. Due 0: ready. Without a reason
/// each keeps the one it has.
/// </summary>
internal ref struct ReturnedRecord
{
    private const int HeaderBytes = 10;
    private const int ItemBytes = 20;

    private RecordReader _items;

    public uint Queue { get; private set; }

    public uint Left { get; private set; }

    public ReadOnlySpan<byte> Reason { get; private set; }

    public static int Bytes(int messages, int reasonBytes) => HeaderBytes + (ItemBytes * messages) + reasonBytes;

    public static void Write(Span<byte> payload, uint queue, ReadOnlySpan<byte> reason, List<ReturnedMessage> messages)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U16((ushort)reason.Length);
        writer.U32((uint)messages.Count);
        foreach (ReturnedMessage message in messages)
        {
            writer.U64(message.Id);
            writer.I64(message.DueAtMs);
            writer.U16(message.Failures);
            writer.U16(message.Losses);
        }

        writer.Bytes(reason);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out ReturnedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new ReturnedRecord { Queue = reader.U32() };
        int reasonBytes = reader.U16();
        record.Left = reader.U32();
        reader.Require(record.Left > 0);
        record._items = new RecordReader(reader.Bytes((long)ItemBytes * record.Left));
        record.Reason = reader.Bytes(reasonBytes);
        return reader.AtEnd;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        ReturnedRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _);
        }

        return valid;
    }

    /// <summary>The next message; false: it is not valid.</summary>
    public bool TryNext(out ReturnedMessage message)
    {
        message = new ReturnedMessage(_items.U64(), _items.I64(), _items.U16(), _items.U16());
        Left--;
        return _items.Valid;
    }
}

/// <summary>
/// <c>[u32 queue][u16 reasonBytes][u32 count]{[u64 id][u16 cause][u8 moves][i64 died][u16 failures][u16 losses]}[reason]</c>. Moves 1:
/// it is to go to the dead letters of another queue. Without a reason each keeps the one it has.
/// </summary>
internal ref struct DiedRecord
{
    private const int HeaderBytes = 10;
    private const int ItemBytes = 23;

    private RecordReader _items;

    public uint Queue { get; private set; }

    public uint Left { get; private set; }

    public ReadOnlySpan<byte> Reason { get; private set; }

    public static int Bytes(int messages, int reasonBytes) => HeaderBytes + (ItemBytes * messages) + reasonBytes;

    public static void Write(Span<byte> payload, uint queue, ReadOnlySpan<byte> reason, List<DiedMessage> messages)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U16((ushort)reason.Length);
        writer.U32((uint)messages.Count);
        foreach (DiedMessage message in messages)
        {
            writer.U64(message.Id);
            writer.U16((ushort)message.Cause);
            writer.U8(message.Moves ? (byte)1 : (byte)0);
            writer.I64(message.DiedAtMs);
            writer.U16(message.Failures);
            writer.U16(message.Losses);
        }

        writer.Bytes(reason);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out DiedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new DiedRecord { Queue = reader.U32() };
        int reasonBytes = reader.U16();
        record.Left = reader.U32();
        reader.Require(record.Left > 0);
        record._items = new RecordReader(reader.Bytes((long)ItemBytes * record.Left));
        record.Reason = reader.Bytes(reasonBytes);
        return reader.AtEnd;
    }

    /// <summary>All that is left is valid.</summary>
    public readonly bool IsWhole()
    {
        DiedRecord rest = this;
        bool valid = true;
        while (valid && rest.Left > 0)
        {
            valid = rest.TryNext(out _);
        }

        return valid;
    }

    /// <summary>The next message; false: it is not valid.</summary>
    public bool TryNext(out DiedMessage message)
    {
        ulong id = _items.U64();
        var cause = (QueueDeadCause)_items.U16();
        byte moves = _items.U8();
        message = new DiedMessage(id, cause, moves == 1, _items.I64(), _items.U16(), _items.U16());
        _items.Require(moves <= 1 && cause is > QueueDeadCause.None and <= QueueDeadCause.ConsumerLost);
        Left--;
        return _items.Valid;
    }
}
