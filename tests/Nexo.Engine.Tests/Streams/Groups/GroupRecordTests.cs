using System.Buffers.Binary;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>
/// The bytes of every record of groups, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class GroupRecordTests
{
    private const byte Appended = 82;
    private const byte Defined = 96;
    private const byte Deleted = 97;
    private const byte Epoch = 98;
    private const byte Done = 99;
    private const byte Sought = 100;
    private const byte Failed = 101;
    private const byte DeadLettered = 102;
    private const byte Kept = 103;
    private const byte Numbers = 104;

    private const string One = "01000000";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        using var harness = new GroupHarness();
        harness.Create("d");
        for (int i = 0; i < 6; i++)
        {
            harness.Append($"{i}", "k" + i);
        }

        Lsn before = harness.Log.AppendedLsn;
        harness.CreateGroup(
            StreamGroupMode.SharedByKey,
            new StreamGroupOptionSet { DeliveriesMax = 2, DeadLetterStream = "d", LeaseMs = 5_000, BackoffMs = 7 });
        harness.Join(1).Handle.Dispose();
        MemberDouble member = harness.Join(100);
        member.Ack(member.Records[1], member.Records[2]);
        member.Nack(StreamNack.Now, member.Records[3]);
        member.Nack(StreamNack.Now, member.Records[0]);
        harness.Snapshot();
        List<(byte Kind, string Hex)> kept = [.. harness.SnapshotHex().Where(record => record.Kind >= Defined)];
        member.Nack(StreamNack.Now, member.Records[^1], reason: "r");
        harness.Seek(new StreamPlace(StreamFrom.Offset, 2));
        harness.Streams.DeleteGroup("s"u8, "g"u8, out _);
        harness.CreateGroup(StreamGroupMode.Ordered);
        MemberDouble active = harness.Join(10);
        active.Commit(5, out _);

        string defined = One + One + "02" + I64(0) + "01" + "67" + I64(2) + I64(5_000) + I64(7) + "01" + "64";
        string headers = "0B6E65786F2D73747265616D010073" + "0B6E65786F2D6F6666736574010030" + "0B6E65786F2D726561736F6E010072";
        string letter = "47000000" + I64(0) + I64(harness.Time.NowMs) + "02" + "02000000" + "6B30" + "2D00" + headers + "30";
        List<(byte Kind, string Hex)> log = harness.Log.Inner.Hex(before);
        Assert.Equal(
            [
                (Defined, defined),
                (Epoch, One + I64(1) + I64(2)),
                (Failed, One + I64(1) + Failure(0, 0, 1, "02") + One),
                (Done, One + I64(1) + I64(0) + I64(1) + "02000000"),
                (Failed, One + I64(1) + Failure(3, 1, 1, "00")),
                (Failed, One + I64(1) + Failure(0, 1, 2, "02") + One),
                (DeadLettered, One + I64(1) + I64(0) + "02000000" + I64(0) + One + "00" + letter),
                (Sought, One + I64(2) + I64(2)),
                (Deleted, One),
                (Defined, One + "02000000" + "01" + I64(0) + "01" + "67" + I64(5) + I64(30_000) + I64(1_000) + "00"),
                (Epoch, "02000000" + I64(2) + I64(2)),
                (Done, "02000000" + I64(2) + I64(5)),
            ],
            log);
        Assert.Equal(
            [
                (Numbers, One),
                (Defined, defined),
                (Kept, One + I64(1) + I64(2) + I64(0) + One + I64(1) + "02000000" + Failure(0, 1, 3, "02") + One + Failure(3, 1, 2, "00")),
            ],
            kept);
        Assert.DoesNotContain(log, record => record.Kind == Appended);
    }

    [Theory]
    [InlineData(Defined)]
    [InlineData(Deleted)]
    [InlineData(Epoch)]
    [InlineData(Done)]
    [InlineData(Sought)]
    [InlineData(Failed)]
    [InlineData(DeadLettered)]
    [InlineData(Kept)]
    [InlineData(Numbers)]
    [InlineData(111)]
    public void A_record_that_cannot_have_been_written_is_refused(byte kind)
    {
        using var streams = new StreamService(new StreamLimits(), new EngineClock(new ManualTime()));
        StreamRecovery recovery = streams.BeginRecovery(new StreamDisk(new SimulatedDisk(1), 7, new Silent()));
        Assert.True(StreamRecovery.Takes(kind), "it is the streams'");
        Assert.Throws<InvalidDataException>(() => recovery.OnRecord(new Lsn(1), kind, new byte[3]));
    }

    private static string I64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Convert.ToHexString(bytes);
    }

    private static string Failure(long offset, int failures, int deliveries, string flags) =>
        I64(offset) + I64((deliveries * (1L << 32)) + failures) + flags;

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message)
        {
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
