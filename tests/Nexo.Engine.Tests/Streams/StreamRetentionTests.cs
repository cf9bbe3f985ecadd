using System.Buffers;
using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamRetentionTests
{
    [Fact]
    public void What_is_too_much_goes_by_whole_segments_and_its_files_with_it()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Records = 50 });
        Fill(harness, 500);
        harness.RunJobs();
        harness.Care();
        StreamRange range = harness.Range();
        Assert.InRange(range.Next - range.First, 50, 150);
        Assert.Equal(range.First, harness.ReadAll()[0].Offset);
        harness.Care();
        Assert.InRange(harness.Disk.Paths.Count(path => path.EndsWith(".seg", StringComparison.Ordinal)), 1, 8);
        Assert.InRange(harness.Stats().Bytes, 1, 20_000);
        harness.Restart();
        Assert.Equal(range, harness.Range());
        Assert.Equal(range.Next - range.First, harness.ReadAll().Count);
    }

    [Fact]
    public void Bytes_are_bounded_as_the_stream_is_set_to()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Bytes = 10_000 });
        Fill(harness, 500);
        harness.RunJobs();
        harness.Care();
        Assert.InRange(harness.Stats().Bytes, 5_000, 10_000);
    }

    [Fact]
    public void What_is_old_goes_also_where_nobody_appends_or_has_opened_the_stream_since_the_start()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { AgeMs = 60_000 });
        Fill(harness, 20);
        harness.Time.Advance(30_000);
        Fill(harness, 20);
        harness.Snapshot();
        harness.Restart();
        harness.Care(31_000);
        harness.Care();
        StreamRange range = harness.Range();
        Assert.InRange(range.First, 10, 20);
        Assert.Equal(40, range.Next);
        harness.Care(60_000);
        Assert.Equal(new StreamRange(40, 40), harness.Range());
        Assert.Equal(40, harness.Append("next"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_retention_counts_at_once_where_the_stream_is_in_use(bool byAge)
    {
        using var harness = new StreamHarness(
            new StreamLimits { Tuning = StreamHarness.Tiny with { SegmentBytesMax = 1 << 20 } });
        harness.Create();
        Fill(harness, 100);
        StreamOptionSet options = byAge ? new() { AgeMs = 8_000 } : new() { Bytes = 4_000 };
        Assert.Equal(StreamStatus.Ok, harness.Streams.Update("s"u8, 0, options, out _));
        for (int i = 0; i < 200; i++)
        {
            // Never idle, and slow.
            Fill(harness, 1);
            harness.Care(100);
        }

        Assert.InRange(harness.Range().First, 150, 299);
    }

    [Fact]
    public void Looking_for_what_is_old_or_too_much_reads_no_file()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { AgeMs = 600_000, Bytes = 1_000_000 });
        Fill(harness, 300);
        harness.Care();
        int before = harness.Disk.Count(DiskOperationKinds.All);
        harness.Care();
        harness.Care();
        Assert.Equal(before, harness.Disk.Count(DiskOperationKinds.All));
    }

    [Fact]
    public void A_jump_of_the_wall_clock_lets_nothing_go()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { AgeMs = 60_000 });
        Fill(harness, 20);
        harness.Time.WallJumpMs += 365L * 24 * 3_600 * 1_000;
        harness.Care();
        harness.Care();
        Assert.Equal(new StreamRange(0, 20), harness.Range());
    }

    [Fact]
    public void A_trim_by_hand_is_exact_and_stays_over_a_restart()
    {
        using var harness = new StreamHarness();
        harness.Create();
        long start = harness.Time.NowMs;
        for (int i = 0; i < 100; i++)
        {
            harness.Append($"{i}");
            harness.Time.Advance(10);
        }

        Assert.Equal(7, Trim(harness, StreamTrimBy.Offset, 7));
        Assert.Equal(7, Trim(harness, StreamTrimBy.Bytes, long.MaxValue));
        Assert.Equal(12, Trim(harness, StreamTrimBy.Time, (ulong)start + 120));
        Assert.Equal(60, Trim(harness, StreamTrimBy.Records, 40));
        Assert.Equal(60, Trim(harness, StreamTrimBy.Records, 50));
        Assert.Equal(
            StreamStatus.OffsetOutOfRange, harness.Streams.Trim("s"u8, StreamTrimBy.Offset, 101, out _, out _));
        Assert.Equal(
            StreamStatus.InvalidArgument, harness.Streams.Trim("s"u8, (StreamTrimBy)9, 0, out _, out _));
        harness.Restart();
        Assert.Equal(new StreamRange(60, 100), harness.Range());
        Assert.Equal("60", harness.ReadAll()[0].Value);
        harness.Care();
        harness.Snapshot();
        harness.Restart();
        Assert.Equal(40, harness.ReadAll().Count);
        Assert.Equal(100, Trim(harness, StreamTrimBy.Records, 0));
        Assert.Empty(harness.ReadAll());
    }

    [Fact]
    public void Files_of_a_stream_that_is_gone_stay_until_no_snapshot_needs_them()
    {
        using var harness = new StreamHarness();
        harness.Create();
        Fill(harness, 100);
        harness.Snapshot();
        Assert.Equal(StreamStatus.Ok, harness.Streams.Delete("s"u8, false, out long records, out _));
        Assert.Equal(100, records);
        harness.RunJobs();
        harness.Restart();
        Assert.Equal(0, harness.Streams.Count);
        harness.RunJobs();
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains(harness.Disk.Paths, path => path.StartsWith("streams/00000001/", StringComparison.Ordinal));
            harness.Snapshot();
        }

        Assert.DoesNotContain(harness.Disk.Paths, path => path.StartsWith("streams/", StringComparison.Ordinal));

        // Another one of the same name begins anew, in the same place.
        harness.Create();
        Assert.Equal(0, harness.Append("a"));
        harness.Snapshot();
        harness.Restart();
        Assert.Equal("a", Assert.Single(harness.ReadAll()).Value);
        Assert.Contains(harness.Disk.Paths, path => path.StartsWith("streams/00000001/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Readers_that_retention_overtakes_learn_so_and_never_read_anything_else()
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Records = 200 });
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        Task[] readers =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadOn(harness, stop.Token), TestContext.Current.CancellationToken)),
        ];
        long appended = 0;
        while (!stop.IsCancellationRequested)
        {
            harness.Append($"{appended}:{new string('x', (int)(appended % 40))}");
            appended++;
            if (appended % 20 == 0)
            {
                harness.Care(100);
            }
        }

        await Task.WhenAll(readers);
        Assert.True(harness.Range().First > 100, "nothing was let go of");
        Assert.Empty(harness.Notices);
    }

    private static void ReadOn(StreamHarness harness, CancellationToken stop)
    {
        var target = new ArrayBufferWriter<byte>();
        long next = 0;
        while (!stop.IsCancellationRequested)
        {
            target.ResetWrittenCount();
            var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Offset, (ulong)next), BytesMax = 600 };
            StreamStatus status = harness.Streams.Read("s"u8, terms, target, out StreamReadResult result);
            if (status == StreamStatus.OffsetOutOfRange)
            {
                Assert.True(result.Range.First > next, "a range that has the offset");
                next = result.Range.First;
                continue;
            }

            Assert.Equal(StreamStatus.Ok, status);
            foreach (Read record in StreamHarness.Parse(target.WrittenSpan))
            {
                Assert.Equal(next, record.Offset);
                Assert.StartsWith($"{next}:", record.Value, StringComparison.Ordinal);
                next++;
            }

            Assert.Equal(next, result.ContinueAt);
        }
    }

    private static long Trim(StreamHarness harness, StreamTrimBy by, ulong value)
    {
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, by, value, out long first, out _));
        return first;
    }

    private static void Fill(StreamHarness harness, int records)
    {
        for (int i = 0; i < records; i++)
        {
            harness.Append($"{i}:{new string('x', 20)}");
        }
    }
}
