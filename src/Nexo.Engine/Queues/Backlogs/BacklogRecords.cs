using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// <c>[u32 queue][u8 priority][u32 place][32 B checkpoint][i64 readOffset][i64 contentBytes][u64 lastId][u64 lastTakenId]</c>; the place
/// names the directory.
/// </summary>
internal readonly record struct BacklogKeptRecord(uint Queue, byte Priority, uint Place, BacklogState State)
{
    public const int Size = 9 + SegmentedLogCheckpoint.Size + 32;

    public static void Write(Span<byte> payload, uint queue, byte priority, uint place, in BacklogState state)
    {
        var writer = new RecordWriter(payload);
        writer.U32(queue);
        writer.U8(priority);
        writer.U32(place);
        Span<byte> checkpoint = stackalloc byte[SegmentedLogCheckpoint.Size];
        state.Checkpoint.Encode(checkpoint);
        writer.Bytes(checkpoint);
        writer.I64(state.ReadOffset);
        writer.I64(state.ContentBytes);
        writer.U64(state.LastId);
        writer.U64(state.LastTakenId);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BacklogKeptRecord record)
    {
        var reader = new RecordReader(payload);
        uint queue = reader.U32();
        byte priority = reader.U8();
        uint place = reader.U32();
        reader.Require(SegmentedLogCheckpoint.TryDecode(
            reader.Bytes(SegmentedLogCheckpoint.Size), out SegmentedLogCheckpoint checkpoint));
        var state = new BacklogState(checkpoint, reader.I64(), reader.I64(), reader.U64(), reader.U64());
        reader.Require(state.ReadOffset >= 0 && state.ReadOffset <= checkpoint.NextOffset && state.ContentBytes >= 0);
        record = new BacklogKeptRecord(queue, priority, place, state);
        return reader.AtEnd;
    }
}

/// <summary><c>[u32 queue][u8 priority][u64 afterId][u64 lastId]</c>: what waited behind one id, up to and with another.</summary>
internal readonly record struct BacklogClearedRecord(uint Queue, byte Priority, ulong AfterId, ulong LastId)
{
    public const int Size = 21;

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Queue);
        writer.U8(Priority);
        writer.U64(AfterId);
        writer.U64(LastId);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BacklogClearedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new BacklogClearedRecord(reader.U32(), reader.U8(), reader.U64(), reader.U64());
        return reader.AtEnd;
    }
}

/// <summary><c>[u32 queue][u8 priority][u64 lastTakenId]</c>.</summary>
internal readonly record struct BacklogTakenRecord(uint Queue, byte Priority, ulong LastTakenId)
{
    public const int Size = 13;

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Queue);
        writer.U8(Priority);
        writer.U64(LastTakenId);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out BacklogTakenRecord record)
    {
        var reader = new RecordReader(payload);
        record = new BacklogTakenRecord(reader.U32(), reader.U8(), reader.U64());
        return reader.AtEnd;
    }
}
