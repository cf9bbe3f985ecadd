namespace Nexo.Engine.Streams;

/// <summary>What is remembered of a record that has failed and is not done.</summary>
/// <param name="Offset">The record's.</param>
/// <param name="Failures">How often it has failed.</param>
/// <param name="Deliveries">How often it was delivered by then.</param>
/// <param name="Losses">How many members were lost while they worked on it.</param>
/// <param name="IsDead">It is to become a dead letter.</param>
internal readonly record struct GroupFailure(long Offset, uint Failures, uint Deliveries, uint Losses, bool IsDead);

/// <summary>
/// <c>[u32 group][u64 epoch]([i64 offset][u32 failures][u32 deliveries][u8 flags]{u32 losses})*</c>; flag 1: it is to become a dead
/// letter; 2: members were lost over it.
/// </summary>
internal readonly ref struct GroupFailedRecord
{
    private const int FailureBytes = sizeof(long) + (2 * sizeof(uint)) + 1;
    private const int LossesBytes = sizeof(uint);
    private const int FixedBytes = sizeof(uint) + sizeof(ulong);
    private const byte IsDead = 1;
    private const byte HasLosses = 2;

    private readonly ReadOnlySpan<byte> _failures;

    private GroupFailedRecord(uint group, ulong epoch, ReadOnlySpan<byte> failures)
    {
        Group = group;
        Epoch = epoch;
        _failures = failures;
    }

    public uint Group { get; }

    public ulong Epoch { get; }

    /// <summary>Of so many at most.</summary>
    public static int BytesMaxOf(int failures) => FixedBytes + ((FailureBytes + LossesBytes) * failures);

    public static int BytesOf(ReadOnlySpan<GroupFailure> failures) => FixedBytes + FailuresBytesOf(failures);

    public static void Write(Span<byte> payload, uint group, ulong epoch, ReadOnlySpan<GroupFailure> failures)
    {
        var writer = new RecordWriter(payload);
        writer.U32(group);
        writer.U64(epoch);
        WriteFailures(ref writer, failures);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out GroupFailedRecord record)
    {
        var reader = new RecordReader(payload);
        uint group = reader.U32();
        ulong epoch = reader.U64();
        ReadOnlySpan<byte> failures = reader.Bytes(reader.Left);
        record = new GroupFailedRecord(group, epoch, failures);
        return reader.AtEnd && AreFailures(failures);
    }

    public void Apply(Dictionary<long, GroupFailure> failures) => Add(_failures, failures);

    internal static int FailuresBytesOf(ReadOnlySpan<GroupFailure> failures)
    {
        int bytes = FailureBytes * failures.Length;
        foreach (GroupFailure failure in failures)
        {
            bytes += failure.Losses > 0 ? LossesBytes : 0;
        }

        return bytes;
    }

    internal static void WriteFailures(ref RecordWriter writer, ReadOnlySpan<GroupFailure> failures)
    {
        foreach (GroupFailure failure in failures)
        {
            writer.I64(failure.Offset);
            writer.U32(failure.Failures);
            writer.U32(failure.Deliveries);
            writer.U8((byte)((failure.IsDead ? IsDead : 0) | (failure.Losses > 0 ? HasLosses : 0)));
            if (failure.Losses > 0)
            {
                writer.U32(failure.Losses);
            }
        }
    }

    internal static bool AreFailures(ReadOnlySpan<byte> failures)
    {
        var reader = new RecordReader(failures);
        while (reader.Valid && reader.Left > 0)
        {
            Take(ref reader);
        }

        return reader.AtEnd;
    }

    internal static void Add(ReadOnlySpan<byte> from, Dictionary<long, GroupFailure> failures)
    {
        var reader = new RecordReader(from);
        while (reader.Left > 0)
        {
            GroupFailure failure = Take(ref reader);
            failures[failure.Offset] = failure;
        }
    }

    private static GroupFailure Take(ref RecordReader reader)
    {
        long offset = reader.I64();
        uint failures = reader.U32();
        uint deliveries = reader.U32();
        byte flags = reader.U8();
        uint losses = (flags & HasLosses) != 0 ? reader.U32() : 0;
        reader.Require(flags <= (IsDead | HasLosses));
        return new GroupFailure(offset, failures, deliveries, losses, (flags & IsDead) != 0);
    }
}
