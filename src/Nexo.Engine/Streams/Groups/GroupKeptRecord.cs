namespace Nexo.Engine.Streams;

/// <summary>
/// <c>[u32 group][u64 epoch][u64 members][i64 position][u32 runs]([i64 first][u32 count])*(failure)*</c>, with failures as in <see
/// cref="GroupFailedRecord"/>.
/// </summary>
internal readonly ref struct GroupKeptRecord
{
    private const int FixedBytes = 32;

    private readonly ReadOnlySpan<byte> _runs;
    private readonly ReadOnlySpan<byte> _failures;

    private GroupKeptRecord(
        uint group, ulong epoch, ulong members, long position, ReadOnlySpan<byte> runs, ReadOnlySpan<byte> failures)
    {
        Group = group;
        Epoch = epoch;
        Members = members;
        Position = position;
        _runs = runs;
        _failures = failures;
    }

    public uint Group { get; }

    public ulong Epoch { get; }

    public ulong Members { get; }

    public long Position { get; }

    public static int BytesOf(ReadOnlySpan<OffsetRun> runs, ReadOnlySpan<GroupFailure> failures) =>
        FixedBytes + (GroupDoneRecord.RunBytes * GroupDoneRecord.RunsOnDisk(runs)) + GroupFailedRecord.FailuresBytesOf(failures);

    public static void Write(
        Span<byte> payload,
        uint group,
        ulong epoch,
        ulong members,
        DoneOffsets done,
        ReadOnlySpan<GroupFailure> failures)
    {
        var writer = new RecordWriter(payload);
        writer.U32(group);
        writer.U64(epoch);
        writer.U64(members);
        writer.I64(done.Position);
        writer.U32((uint)GroupDoneRecord.RunsOnDisk(done.Runs));
        GroupDoneRecord.WriteRuns(ref writer, done.Runs);
        GroupFailedRecord.WriteFailures(ref writer, failures);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupKeptRecord record)
    {
        var reader = new RecordReader(payload);
        uint group = reader.U32();
        ulong epoch = reader.U64();
        ulong members = reader.U64();
        long position = reader.I64();
        ReadOnlySpan<byte> runs = reader.Bytes((long)reader.U32() * GroupDoneRecord.RunBytes);
        ReadOnlySpan<byte> failures = reader.Bytes(reader.Left);
        record = new GroupKeptRecord(group, epoch, members, position, runs, failures);
        return reader.AtEnd && GroupDoneRecord.AreRuns(runs) && GroupFailedRecord.AreFailures(failures);
    }

    public void Apply(DoneOffsets done, Dictionary<long, GroupFailure> failures)
    {
        done.Reset(Position);
        GroupDoneRecord.AddRuns(_runs, done);
        failures.Clear();
        GroupFailedRecord.Add(_failures, failures);
    }
}
