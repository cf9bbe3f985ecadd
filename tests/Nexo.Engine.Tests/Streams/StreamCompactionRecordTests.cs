using Nexo.Engine.Memory;
using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>The bytes of what compaction leaves on disk, as <c>docs/storage-format.md</c> has them.</summary>
public sealed class StreamCompactionRecordTests
{
    // The manual clock starts at 1,750,000,000,000.
    private const string Now = "00DC207497010000";

    [Fact]
    public void A_backup_of_what_was_compacted_says_which_offsets_it_stands_for()
    {
        using var harness = new StreamHarness(new StreamLimits { Tuning = StreamHarness.Tiny with { SegmentBytesMin = 100 } });
        harness.Create(new StreamOptionSet { Compaction = true, Bytes = 800 });
        harness.Append("old", "k");
        harness.Append("old", "k");
        StreamCompactionTests.Settle(harness);
        harness.Append("new", "k");
        harness.Append("new", "l");
        StreamCompactionTests.Settle(harness);
        StreamCompactionTests.Settle(harness, 1);
        harness.Append("last", "m");
        StreamCompactionTests.Settle(harness);
        Assert.True(harness.Streams.Compact("s"u8));
        var hex = new HexOf((byte)StreamRecordKind.RecordsAppended);
        harness.Backup().Replay(hex);
        Assert.Equal(
            [
                "01000000" + Offset(0) + "03000000" + "02" + Offset(5)
                    + Record(2, "6B", "6E6577") + Record(3, "6C", "6E6577") + Record(4, "6D", "6C617374"),
            ],
            hex.Records);
    }

    [Fact]
    public void A_note_says_how_far_compaction_has_come()
    {
        byte[] bytes = new byte[StreamCompactionNote.Size];
        var note = new StreamCompactionNote(1, 2, 3, 4, 5, 6, 7);
        note.Write(bytes);
        Assert.Equal(string.Concat(Enumerable.Range(1, 7).Select(number => Offset(number))), Convert.ToHexString(bytes));
        Assert.Equal(note, StreamCompactionNote.Read(bytes));
        Assert.Equal(default, StreamCompactionNote.Read(bytes.AsSpan(1)));
    }

    [Fact]
    public void Gaps_of_any_width_are_taken_by_batches_that_follow_each_other()
    {
        long[] offsets = [5, 6, 1L << 31, (1L << 31) + 1, 1L << 40, (1L << 40) + (1L << 31)];
        long end = (1L << 41) + 3;
        var batches = new List<BatchHeader>();
        var found = new List<long>();
        var batcher = new StreamBatcher(3, 100, (in BatchHeader batch, ReadOnlySpan<byte> records) =>
        {
            batches.Add(batch);
            Assert.InRange(batch.Offsets, Math.Max(1, batch.Records), int.MaxValue);
            while (StreamRecordForm.TryTake(ref records, out StreamRecordView record))
            {
                Assert.InRange(record.Offset, batch.BaseOffset, batch.EndOffset - 1);
                found.Add(record.Offset);
            }
        });
        foreach (long offset in offsets)
        {
            byte[] bytes = new byte[StreamRecordForm.HeaderBytes + 2];
            StreamRecordForm.WriteHeader(bytes, bytes.Length, offset, 0, 0);
            batcher.Add(new StreamRecordView(bytes));
        }

        batcher.Finish(end);
        Assert.Equal(offsets, found);
        Assert.Equal(3, batches[0].BaseOffset);
        Assert.Equal(end, batches[^1].EndOffset);
        Assert.All(batches.Zip(batches.Skip(1)), pair => Assert.Equal(pair.First.EndOffset, pair.Second.BaseOffset));
    }

    [Fact]
    public void A_key_index_forgets_a_key_and_finds_all_others()
    {
        var random = new Random(5);
        KeyHash first = KeyHash.Random();
        KeyHash second = KeyHash.Random();
        using var keys = new StreamKeyIndex(first, second);
        var expected = new Dictionary<int, long>();
        for (int i = 0; i < 20_000; i++)
        {
            int number = random.Next(300);
            byte[] key = BitConverter.GetBytes(number);
            if (random.Next(2) == 0)
            {
                keys.Note(key, i);
                expected[number] = i + 1;
            }
            else
            {
                // Of another version, it stays.
                long version = expected.GetValueOrDefault(number) - random.Next(2);
                keys.Remove(first.Of(key), second.Of(key), version);
                if (version == expected.GetValueOrDefault(number))
                {
                    expected.Remove(number);
                }
            }

            Assert.Equal(expected.Count, keys.Count);
            byte[] other = BitConverter.GetBytes(random.Next(300));
            Assert.Equal(expected.GetValueOrDefault(BitConverter.ToInt32(other)), keys.VersionOf(other));
        }
    }

    private static string Record(long offset, string key, string value) =>
        Convert.ToHexString(BitConverter.GetBytes(4 + 17 + 1 + 2 + (value.Length / 2))) + Offset(offset) + Now + "02" + "01000000" + key
        + "0000" + value;

    private static string Offset(long offset) => Convert.ToHexString(BitConverter.GetBytes(offset));

    private sealed class HexOf(byte wanted) : IRecordSink
    {
        public List<string> Records { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            if (kind == wanted)
            {
                Records.Add(Convert.ToHexString(payload));
            }
        }
    }
}
