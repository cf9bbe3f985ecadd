using System.Buffers;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Compaction by key: what stays, what goes and when, and what is read of it.</summary>
public sealed class StreamCompactionTests
{
    private const long Day = 24L * 3_600 * 1_000;

    private static readonly StreamOptionSet Compacted = new() { Compaction = true };

    [Fact]
    public void The_last_record_of_each_key_stays_and_keeps_its_offset()
    {
        using StreamHarness harness = Filled(200, keys: 5);
        List<Read> before = harness.ReadAll();
        long bytes = harness.Stats().Bytes;
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> after = harness.ReadAll();
        Assert.Equal(new StreamRange(0, 200), harness.Range());
        Assert.True(after.Count < 100, $"{after.Count} are left");
        Assert.Subset(before.ToHashSet(), after.ToHashSet());
        Assert.Equal(LastOf(before), LastOf(after));
        Assert.Equal(200 - after.Count, harness.Stats().Compacted);
        Assert.Equal(bytes - harness.Stats().SavedBytes, harness.Stats().Bytes);
        Assert.True(harness.Stats().SavedBytes > 5_000, "bytes were saved");
        Assert.Equal(harness.Time.NowMs, harness.Stats().CompactedAtMs);
        harness.Restart();
        Assert.Equal(after, harness.ReadAll());
        Assert.Equal(bytes - harness.Stats().SavedBytes, harness.Stats().Bytes);
    }

    [Fact]
    public void Nothing_goes_that_only_one_of_the_two_snapshots_has_in_its_files()
    {
        using var harness = new StreamHarness();
        harness.Create(Compacted);
        Fill(harness, 100, 5);
        Settle(harness, snapshots: 1);
        harness.Streams.Compact("s"u8);
        Assert.Equal(100, harness.ReadAll().Count);
        Fill(harness, 100, 5);
        Settle(harness, snapshots: 1);
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> left = harness.ReadAll();
        Assert.Equal(Enumerable.Range(100, 100), left.Where(read => read.Offset >= 100).Select(read => (int)read.Offset));
        Assert.InRange(left.Count, 105, 140);
    }

    [Fact]
    public void It_happens_by_itself_when_half_of_it_is_new_and_not_before()
    {
        using StreamHarness harness = Filled(200, keys: 5);
        Tick(harness);
        int left = harness.ReadAll().Count;
        Assert.InRange(left, 5, 100);
        Fill(harness, 3, 3);
        Settle(harness);
        Tick(harness);
        Assert.Equal(left + 3, harness.ReadAll().Count);
        Fill(harness, 200, 5);
        Settle(harness);
        Tick(harness);
        Assert.InRange(harness.ReadAll().Count, 5, 100);
    }

    [Fact]
    public void Of_a_stream_in_memory_what_is_in_whole_segments_is_compacted_without_snapshots()
    {
        var time = new ManualTime();
        using var streams = new StreamService(new StreamLimits { Tuning = StreamHarness.Tiny }, new EngineClock(time));
        Assert.Equal(StreamStatus.Ok, streams.Create("s"u8, Compacted with { Durability = StreamDurability.Memory }, out _));
        for (int i = 0; i < 400; i++)
        {
            byte[] key = [(byte)(i % 4)];
            streams.Append("s"u8, new StreamRecord { HasKey = true, Key = key, Value = new byte[40] }, default, out _);
        }

        streams.Trim("s"u8, StreamTrimBy.Offset, 1, out _, out _);
        SpinWait.SpinUntil(
            () =>
            {
                time.Advance(200);
                streams.Tick();
                return streams.Compact("s"u8) && streams.Totals.Compacted > 300;
            },
            TimeSpan.FromSeconds(20));
        Assert.True(streams.Totals.Compacted > 300, $"{streams.Totals.Compacted} were removed");
    }

    [Fact]
    public void A_record_without_a_key_is_refused_and_one_with_an_empty_key_is_not()
    {
        using var harness = new StreamHarness();
        harness.Create(Compacted);
        Assert.Equal(StreamStatus.KeyMissing, harness.TryAppend("v", out _));
        Assert.Equal(StreamStatus.KeyMissing, harness.TryAppendAll(null, out _, ("k", "v"), (null, "v")));
        Assert.Equal(0, harness.Append("v", ""));
    }

    [Fact]
    public void What_had_no_key_before_stays_for_ever()
    {
        using var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < 100; i++)
        {
            harness.Append(Value(i), i % 2 == 0 ? null : "k");
        }

        Assert.Equal(StreamStatus.Ok, harness.Streams.Update("s"u8, 0, Compacted, out _));
        Fill(harness, 30, 1);
        Settle(harness);
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> left = harness.ReadAll();
        Assert.Equal(50, left.Count(read => read.Key is null));
        Assert.True(left.Count(read => read.Key == "k") <= 1, "the last of the key stays");
    }

    [Fact]
    public void A_tombstone_stays_for_its_retention_after_what_it_ends_is_gone_then_it_goes_and_its_key_has_no_version()
    {
        using var harness = new StreamHarness();
        harness.Create(Compacted);
        long value = harness.Append("secret", "gone");
        long tombstone = Tombstone(harness, "gone");
        Fill(harness, 100, 5);
        Settle(harness);
        harness.Time.Advance(10 * Day);
        Assert.True(harness.Streams.Compact("s"u8));
        Assert.DoesNotContain(harness.ReadAll(), read => read.Offset == value);
        Assert.Contains(harness.ReadAll(), read => read.Offset == tombstone);
        Assert.Equal(tombstone + 1, VersionOf(harness, "gone"));
        harness.Time.Advance(Day - 10_000);
        harness.Streams.Compact("s"u8);
        Assert.Contains(harness.ReadAll(), read => read.Offset == tombstone);
        harness.Time.Advance(20_000);
        Tick(harness);
        Assert.DoesNotContain(harness.ReadAll(), read => read.Offset == tombstone);
        Assert.Equal(0, VersionOf(harness, "gone"));
        Assert.Equal(LastOf(harness.ReadAll())["k2"].Offset + 1, VersionOf(harness, "k2"));
        harness.Restart();
        Assert.Equal(0, VersionOf(harness, "gone"));
        Assert.DoesNotContain(harness.ReadAll(), read => read.Key == "gone");
    }

    [Fact]
    public void Reads_from_anywhere_are_right_over_gaps()
    {
        using StreamHarness harness = Filled(600, keys: 7, extra: 40);
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> all = harness.ReadAll();
        Assert.InRange(all.Count, 7, 200);
        Assert.Equal(Enumerable.Reverse(all), harness.ReadAll(backward: true));
        for (long offset = 0; offset <= 600; offset++)
        {
            var from = new StreamPlace(StreamFrom.Offset, (ulong)offset);
            Assert.Equal(all.Where(read => read.Offset >= offset), harness.ReadAll(from));
            Assert.Equal(all.Where(read => read.Offset < offset).Reverse(), harness.ReadAll(from, backward: true));
        }

        for (int last = 0; last <= all.Count + 3; last++)
        {
            Assert.Equal(all.TakeLast(last), harness.ReadAll(new StreamPlace(StreamFrom.Last, (ulong)last)));
        }

        foreach (Read read in all)
        {
            var from = new StreamPlace(StreamFrom.Time, (ulong)read.TimestampMs);
            Assert.Equal(all.Where(other => other.TimestampMs >= read.TimestampMs), harness.ReadAll(from));
        }

        Assert.Equal(all.Where(read => read.Key == "k3"), harness.ReadAll(key: "k3"));
        Assert.Equal(all.Where(read => read.Key == "k3").Reverse(), harness.ReadAll(key: "k3", backward: true));
    }

    [Fact]
    public void A_tail_that_was_in_the_midst_of_what_is_compacted_goes_on_with_what_is_left()
    {
        using StreamHarness harness = Filled(200, keys: 5);
        List<Read> before = harness.ReadAll();
        Assert.Equal(StreamStatus.Ok, harness.Streams.Follow("s"u8, new StreamPlace(StreamFrom.Beginning), default, out var tail, out _));
        var target = new ArrayBufferWriter<byte>();
        Assert.Equal(StreamStatus.Ok, tail!.Read(17, 100_000, target, out _));
        Assert.True(harness.Streams.Compact("s"u8));
        while (tail.Position < 200)
        {
            Assert.Equal(StreamStatus.Ok, tail.Read(3, 100_000, target, out _));
        }

        List<Read> expected = [.. before.Take(17), .. harness.ReadAll().Where(read => read.Offset >= 17)];
        Assert.Equal(expected, StreamHarness.Parse(target.WrittenSpan));
        tail.Dispose();
    }

    [Fact]
    public void A_backup_has_the_gaps_in_it_and_what_is_restored_of_it_is_the_same()
    {
        using StreamHarness harness = Filled(300, keys: 5, extra: 30);
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> all = harness.ReadAll();
        harness.Restore(harness.Backup());
        Assert.Equal(all, harness.ReadAll());
        Assert.Equal(new StreamRange(0, 300), harness.Range());
        Assert.Equal(300, harness.Append("v", "k1"));
        Assert.Equal(Enumerable.Reverse(all), harness.ReadAll(new StreamPlace(StreamFrom.Offset, 300), backward: true));
        Assert.Equal(all.TakeLast(20), harness.ReadAll(new StreamPlace(StreamFrom.Last, 21)).Take(20));
    }

    [Fact]
    public void While_a_backup_is_made_nothing_is_removed()
    {
        using StreamHarness harness = Filled(200, keys: 5);
        List<Read> all = harness.ReadAll();
        using (StreamSnapshot backup = harness.Streams.BeginSnapshot(harness.Log.AppendedLsn, isWhole: true))
        {
            Assert.False(harness.Streams.Compact("s"u8));
            Tick(harness);
            Assert.Equal(all, harness.ReadAll());
        }

        Tick(harness);
        Assert.True(harness.ReadAll().Count < all.Count, "and then it is");
    }

    [Fact]
    public void Many_rounds_with_few_keys_each_come_to_the_same()
    {
        var limits = new StreamLimits { Tuning = StreamHarness.Tiny with { CompactionKeysMax = 3 } };
        using StreamHarness harness = Filled(300, keys: 20, limits: limits);
        List<Read> before = harness.ReadAll();
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> after = harness.ReadAll();
        Assert.True(after.Count < 150, $"{after.Count} are left");
        Assert.Equal(LastOf(before), LastOf(after));
    }

    [Fact]
    public void Retention_by_bytes_counts_what_there_is_and_not_what_there_was()
    {
        using StreamHarness harness = Filled(300, keys: 5);
        Assert.True(harness.Streams.Compact("s"u8));
        List<Read> all = harness.ReadAll();
        long bytes = harness.Stats().Bytes;
        Assert.Equal(StreamStatus.Ok, harness.Streams.Update("s"u8, 0, new StreamOptionSet { Bytes = bytes + 100 }, out _));
        harness.Care();
        harness.Care();
        Assert.Equal(all, harness.ReadAll());
        Assert.Equal(StreamStatus.Ok, harness.Streams.Update("s"u8, 0, new StreamOptionSet { Bytes = bytes - 100 }, out _));
        harness.Care();
        harness.Care();
        Assert.True(harness.Range().First > 0, "one piece has gone");
        Assert.InRange(harness.Stats().Bytes, 1, bytes - 100);
    }

    [Fact]
    public void Segments_that_have_become_small_become_one()
    {
        using StreamHarness harness = Filled(100, keys: 3);
        for (int i = 0; i < 30; i++)
        {
            Fill(harness, 60, 3);
            Settle(harness);
            harness.Streams.Compact("s"u8);
        }

        Assert.InRange(harness.Stats().Segments, 1, 12);
        Assert.InRange(harness.ReadAll().Count, 3, 200);
    }

    [Fact]
    public void With_groups_that_are_protected_nothing_goes_before_they_have_done_it()
    {
        using var harness = new StreamHarness();
        harness.Create(Compacted with { ProtectGroups = true });
        Assert.Equal(
            StreamStatus.Ok,
            harness.Streams.CreateGroup(
                "s"u8, "g"u8, StreamGroupMode.Ordered, new StreamPlace(StreamFrom.Beginning), new StreamGroupOptionSet(), out _));
        Fill(harness, 200, 5);
        Settle(harness);
        harness.Streams.Compact("s"u8);
        Assert.Equal(200, harness.ReadAll().Count);
        Assert.Equal(
            StreamStatus.Ok, harness.Streams.SeekGroup("s"u8, "g"u8, new StreamPlace(StreamFrom.End), dryRun: false, out _));
        Assert.True(harness.Streams.Compact("s"u8));
        Assert.InRange(harness.ReadAll().Count, 5, 100);
    }

    [Fact]
    public void Trims_and_a_deletion_in_the_midst_of_a_pass_do_no_harm()
    {
        using StreamHarness harness = Filled(300, keys: 5);
        List<Read> before = harness.ReadAll();
        harness.Care(10);
        harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 120, out _, out _);
        harness.Care();
        Tick(harness);
        Assert.Equal(LastOf(before), LastOf(harness.ReadAll()));
        Assert.Equal(120, harness.Range().First);
        Fill(harness, 300, 5);
        Settle(harness);
        harness.Time.Advance(10);
        harness.Streams.Tick();
        harness.Streams.Delete("s"u8, false, out _, out _);
        harness.RunJobs();
        Tick(harness);
        harness.Create(Compacted);
        Assert.Empty(harness.ReadAll());
        Assert.Empty(harness.Notices);
    }

    internal static Dictionary<string, Read> LastOf(IEnumerable<Read> reads)
    {
        var last = new Dictionary<string, Read>();
        foreach (Read read in reads)
        {
            last[read.Key!] = read;
        }

        return last;
    }

    /// <summary>A stream whose records, but for those at the end, both snapshots have in their files.</summary>
    internal static StreamHarness Filled(int records, int keys, int extra = 0, StreamLimits? limits = null)
    {
        var harness = new StreamHarness(limits);
        harness.Create(Compacted);
        Fill(harness, records - extra, keys);
        Settle(harness);
        Fill(harness, extra, keys);
        return harness;
    }

    internal static void Fill(StreamHarness harness, int records, int keys)
    {
        for (int i = 0; i < records; i++)
        {
            harness.Time.Advance(3);
            harness.Append(Value(i), $"k{i * 7 % keys}");
            if (i % 20 == 19)
            {
                harness.Care(100);
            }
        }
    }

    internal static void Settle(StreamHarness harness, int snapshots = 2)
    {
        for (int i = 0; i < snapshots; i++)
        {
            harness.RunJobs();
            harness.Snapshot();
        }
    }

    internal static long Tombstone(StreamHarness harness, string key)
    {
        var record = new StreamRecord { HasKey = true, Key = StreamHarness.Bytes(key), IsTombstone = true };
        Assert.Equal(StreamStatus.Ok, harness.Streams.Append("s"u8, record, default, out StreamAppended appended));
        return appended.Offset;
    }

    private static void Tick(StreamHarness harness)
    {
        for (int i = 0; i < 40; i++)
        {
            harness.Care(100);
        }
    }

    // A version that no key has tells the one that it has.
    private static long VersionOf(StreamHarness harness, string key)
    {
        StreamStatus status;
        StreamAppended appended;
        do
        {
            status = harness.TryAppend("v", out appended, key, version: 1_000_000);
            harness.RunJobs();
        }
        while (status == StreamStatus.KeysLoading);
        Assert.Equal(StreamOutcome.Conflict, appended.Outcome);
        return appended.KeyVersion;
    }

    private static string Value(int i) => $"{i} {new string('x', 10 + (i % 40))}";
}
