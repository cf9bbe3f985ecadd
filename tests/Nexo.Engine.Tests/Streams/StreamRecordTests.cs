using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class StreamRecordTests
{
    private const byte Defined = 80;
    private const byte Deleted = 81;
    private const byte Appended = 82;
    private const byte Trimmed = 83;
    private const byte Kept = 84;
    private const byte Producer = 85;
    private const byte Numbers = 86;

    // The manual clock starts at 1,750,000,000,000.
    private const string Now = "00DC207497010000";
    private const string Before = "FFDB207497010000";
    private const string One = "01000000";

    // "k" with "v12"; "two" with a time of its own.
    private const string First = "1B000000" + "0000000000000000" + Now + "02" + "01000000" + "6B" + "0000" + "76" + "31" + "32";
    private const string Second = "16000000" + "0100000000000000" + Before + "01" + "0000" + "74" + "77" + "6F";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { AgeMs = 5_000, ProtectGroups = true });
        harness.Append("v12", "k");
        harness.Append("two", at: harness.Time.NowMs - 1);
        Assert.Equal(StreamStatus.Ok, harness.TryAppendAll(new(9, 0), out _, (null, ""), ("", "b")));
        var tombstone = new StreamRecord { HasKey = true, Key = "k"u8, Headers = "hh"u8, IsTombstone = true };
        Assert.Equal(StreamStatus.Ok, harness.Streams.Append("s"u8, tombstone, default, out _));
        harness.Streams.Update("s"u8, 1, new StreamOptionSet { AgeMs = 0 }, out _);
        harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 1, out _, out _);
        harness.Streams.Delete("s"u8, false, out _, out _);
        Assert.Equal(
            [
                (Defined, Definition(1, "8813000000000000", protect: 1)),
                (Appended, One + Offset(0) + One + "00" + First),
                (Appended, One + Offset(1) + One + "00" + Second),
                (Appended, One + Offset(2) + "02000000" + "01" + Offset(9) + Offset(0)
                    + "13000000" + Offset(2) + Now + "00" + "0000"
                    + "18000000" + Offset(3) + Now + "02" + "00000000" + "0000" + "62"),
                (Appended, One + Offset(4) + One + "00"
                    + "1A000000" + Offset(4) + Now + "82" + "01000000" + "6B" + "0200" + "6868"),
                (Defined, Definition(2, "0000000000000000", protect: 1)),
                (Trimmed, One + Offset(1)),
                (Deleted, One),
            ],
            harness.Log.Inner.Hex());
    }

    [Fact]
    public void A_snapshot_holds_the_definition_the_checkpoint_and_the_producers()
    {
        using var harness = new StreamHarness();
        harness.Create();
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("a", out _, producer: new(9, 0)));
        harness.Append("b");
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("c", out _, producer: new(9, 1)));
        var log = new MemoryLog();
        using StreamSnapshot snapshot = harness.Streams.BeginSnapshot(harness.Log.AppendedLsn);
        while (snapshot.MoveNext(new Copy(log)))
        {
        }

        // 64 bytes of the segment's header, three batches of 48 bytes and a record of 24, and padding to the next sector.
        Assert.Equal(
            [
                (Numbers, One),
                (Defined, Definition(1, "0000000000000000", protect: 0)),
                (Kept, One + Offset(0) + Offset(3) + Offset(0) + Offset(512) + Now),
                (Producer, One + Offset(9) + Offset(2) + "02" + Offset(0) + Offset(0) + Offset(1) + Offset(1) + Offset(2) + Offset(1)),
            ],
            log.Hex());
    }

    [Fact]
    public void A_backup_holds_the_records_themselves()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Append("gone");
        harness.Append("stays", "k");
        harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 1, out _, out _);
        var log = new MemoryLog();
        using StreamSnapshot snapshot = harness.Streams.BeginSnapshot(harness.Log.AppendedLsn, isWhole: true);
        while (snapshot.MoveNext(new Copy(log)))
        {
        }

        Assert.Equal(
            [
                (Numbers, One),
                (Defined, Definition(1, "0000000000000000", protect: 0)),
                (Kept, One + Offset(1) + Offset(1) + Offset(0) + Offset(0) + "0000000000000080"),
                (Appended, One + Offset(1) + One + "00"
                    + "1D000000" + Offset(1) + Now + "02" + "01000000" + "6B" + "0000" + "7374617973"),
            ],
            log.Hex());
    }

    [Fact]
    public void What_is_no_record_of_this_version_is_refused()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.AppendAll(("k", "one"), (null, "two"));
        harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 1, out _, out _);
        var cut = new Cutting();
        harness.Log.Inner.Replay(Lsn.None, cut);
        Assert.Equal(3, cut.Records);
        Assert.True(cut.Refused > 150, $"{cut.Refused} cuts were refused");
    }

    private static string Offset(long value) => Convert.ToHexString(BitConverter.GetBytes(value));

    private static string Definition(ulong revision, string age, byte protect) =>
        One + One + Offset((long)revision) + "0173" + "09" + "0100" + age + "0200" + Offset(0) + "0300" + Offset(0)
        + "0400" + Offset(protect) + "0500" + Offset(0) + "0600" + Offset(3)
        + "0700" + Offset((16 * 1_024 * 1_024) - (128 * 1_024)) + "0800" + Offset(7L * 24 * 3_600 * 1_000)
        + "0900" + Offset(24L * 3_600 * 1_000);

    private sealed class Copy(MemoryLog log) : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            using LogAppend append = log.Begin(kind, payload.Length);
            payload.CopyTo(append.Payload);
        }
    }

    // Every record cut at every place, and with a byte too many.
    private sealed class Cutting : IRecordSink
    {
        public int Records { get; private set; }

        public int Refused { get; private set; }

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            Records++;
            for (int length = 0; length < payload.Length; length++)
            {
                Refuse(lsn, kind, payload[..length]);
            }

            Refuse(lsn, kind, [.. payload, 0]);
        }

        private void Refuse(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            using var harness = new StreamHarness();
            using var streams = new StreamService(harness.Limits, new EngineClock(harness.Time));
            StreamRecovery recovery = streams.BeginRecovery(new StreamDisk(harness.Disk, 7, new Silent()));
            bool refused = false;
            try
            {
                recovery.OnRecord(lsn, kind, payload);
            }
            catch (InvalidDataException)
            {
                refused = true;
            }

            Assert.True(refused, $"kind {kind} with {payload.Length} bytes was taken");
            Refused++;
        }
    }

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
