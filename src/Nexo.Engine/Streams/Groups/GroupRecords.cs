using System.Text;

namespace Nexo.Engine.Streams;

/// <summary>
/// <c>[u32 stream][u32 group][u8 mode][i64 position][u8 nameBytes][name][i64 deliveriesMax][i64 leaseMs][i64 backoffMs][u8
/// deadBytes][dead-letter stream]</c>.
/// </summary>
internal readonly ref struct GroupDefinedRecord
{
    private const int FixedBytes = 43;

    public uint Stream { get; private init; }

    public uint Group { get; private init; }

    public StreamGroupMode Mode { get; private init; }

    public long Position { get; private init; }

    public ReadOnlySpan<byte> Name { get; private init; }

    public StreamGroupOptions Options { get; private init; }

    public static int BytesOf(ReadOnlySpan<byte> name, StreamGroupOptions options) =>
        FixedBytes + name.Length + StreamGroupOptionTable.NameOf(options).Length;

    public static void Write(Span<byte> payload, uint stream, StreamGroup group)
    {
        byte[] dead = StreamGroupOptionTable.NameOf(group.Options);
        var writer = new RecordWriter(payload);
        writer.U32(stream);
        writer.U32(group.Number);
        writer.U8((byte)group.Mode);
        writer.I64(group.Position);
        writer.U8((byte)group.Name.Length);
        writer.Bytes(group.Name);
        writer.I64(group.Options.DeliveriesMax);
        writer.I64(group.Options.LeaseMs);
        writer.I64(group.Options.BackoffMs);
        writer.U8((byte)dead.Length);
        writer.Bytes(dead);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupDefinedRecord record)
    {
        var reader = new RecordReader(payload);
        record = new GroupDefinedRecord
        {
            Stream = reader.U32(),
            Group = reader.U32(),
            Mode = (StreamGroupMode)reader.U8(),
            Position = reader.I64(),
            Name = reader.Bytes(reader.U8()),
            Options = new StreamGroupOptions
            {
                DeliveriesMax = reader.I64(),
                LeaseMs = reader.I64(),
                BackoffMs = reader.I64(),
                DeadLetterStream = Encoding.UTF8.GetString(reader.Bytes(reader.U8())),
            },
        };
        return reader.AtEnd
            && record.Group != 0
            && record.Name.Length > 0
            && record.Mode is StreamGroupMode.Ordered or StreamGroupMode.SharedByKey;
    }
}

/// <summary><c>[u32 group][u64 epoch][u64 members]</c>: numbers of members up to the last were perhaps given out.</summary>
internal readonly record struct GroupEpochRecord(uint Group, ulong Epoch, ulong Members)
{
    public const int Size = sizeof(uint) + (2 * sizeof(ulong));

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Group);
        writer.U64(Epoch);
        writer.U64(Members);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupEpochRecord record)
    {
        var reader = new RecordReader(payload);
        record = new GroupEpochRecord(reader.U32(), reader.U64(), reader.U64());
        return reader.AtEnd;
    }
}

/// <summary><c>[u32 group][u64 epoch][i64 position]</c>.</summary>
internal readonly record struct GroupSoughtRecord(uint Group, ulong Epoch, long Position)
{
    public const int Size = sizeof(uint) + sizeof(ulong) + sizeof(long);

    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Group);
        writer.U64(Epoch);
        writer.I64(Position);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupSoughtRecord record)
    {
        var reader = new RecordReader(payload);
        record = new GroupSoughtRecord(reader.U32(), reader.U64(), reader.I64());
        return reader.AtEnd;
    }
}

/// <summary>
/// <c>[u32 group][u64 epoch][i64 offset]</c>, and behind it the whole record of the append (<see cref="StreamAppendedRecord"/>) to the
/// dead-letter stream.
/// </summary>
internal readonly record struct GroupDeadLetteredRecord(uint Group, ulong Epoch, long Offset)
{
    public const int HeaderBytes = sizeof(uint) + sizeof(ulong) + sizeof(long);

    /// <summary>Writes what stands before the append.</summary>
    public void Write(Span<byte> payload)
    {
        var writer = new RecordWriter(payload);
        writer.U32(Group);
        writer.U64(Epoch);
        writer.I64(Offset);
    }

    public static bool TryRead(
        ReadOnlySpan<byte> payload, out GroupDeadLetteredRecord record, out ReadOnlySpan<byte> appended)
    {
        var reader = new RecordReader(payload);
        record = new GroupDeadLetteredRecord(reader.U32(), reader.U64(), reader.I64());
        appended = reader.Bytes(reader.Left);
        return reader.AtEnd;
    }
}

/// <summary>
/// <c>[u32 group][u64 epoch][i64 position]([i64 first][u32 count])*</c>: all before the position are done, and these runs behind it.
/// </summary>
internal readonly ref struct GroupDoneRecord
{
    public const int RunBytes = sizeof(long) + sizeof(uint);

    private const int FixedBytes = sizeof(uint) + sizeof(ulong) + sizeof(long);

    private readonly ReadOnlySpan<byte> _runs;

    private GroupDoneRecord(uint group, ulong epoch, long position, ReadOnlySpan<byte> runs)
    {
        Group = group;
        Epoch = epoch;
        Position = position;
        _runs = runs;
    }

    public uint Group { get; }

    public ulong Epoch { get; }

    public long Position { get; }

    public static int BytesOf(int runs) => FixedBytes + (RunBytes * runs);

    public static void Write(Span<byte> payload, uint group, ulong epoch, long position, ReadOnlySpan<OffsetRun> runs)
    {
        var writer = new RecordWriter(payload);
        writer.U32(group);
        writer.U64(epoch);
        writer.I64(position);
        WriteRuns(ref writer, runs);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupDoneRecord record)
    {
        var reader = new RecordReader(payload);
        uint group = reader.U32();
        ulong epoch = reader.U64();
        long position = reader.I64();
        ReadOnlySpan<byte> runs = reader.Bytes(reader.Left);
        record = new GroupDoneRecord(group, epoch, position, runs);
        return reader.AtEnd && AreRuns(runs);
    }

    public void Apply(DoneOffsets done)
    {
        done.Add(done.Position, Position);
        AddRuns(_runs, done);
    }

    internal static void WriteRuns(ref RecordWriter writer, ReadOnlySpan<OffsetRun> runs)
    {
        foreach (OffsetRun run in runs)
        {
            for (long first = run.First; first < run.End; first += uint.MaxValue)
            {
                writer.I64(first);
                writer.U32((uint)Math.Min(run.End - first, uint.MaxValue));
            }
        }
    }

    /// <summary>How many runs these are on disk, where one is not longer than its count can say.</summary>
    internal static int RunsOnDisk(ReadOnlySpan<OffsetRun> runs)
    {
        int count = 0;
        foreach (OffsetRun run in runs)
        {
            count += (int)((run.End - run.First + uint.MaxValue - 1) / uint.MaxValue);
        }

        return count;
    }

    internal static bool AreRuns(ReadOnlySpan<byte> runs)
    {
        var reader = new RecordReader(runs);
        while (reader.Valid && reader.Left > 0)
        {
            long first = reader.I64();
            reader.Require(first <= long.MaxValue - reader.U32());
        }

        return reader.AtEnd;
    }

    internal static void AddRuns(ReadOnlySpan<byte> runs, DoneOffsets done)
    {
        var reader = new RecordReader(runs);
        while (reader.Left > 0)
        {
            long first = reader.I64();
            done.Add(first, first + reader.U32());
        }
    }
}
