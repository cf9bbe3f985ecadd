using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Segments;

/// <summary>Segments that are written anew with less in them: what is left is the same for readers, over crashes and failures.</summary>
public class SegmentRewriteTests
{
    private const int SeedsPerState = 4;

    [Fact]
    public void What_is_left_keeps_its_offsets_and_a_reader_in_the_old_file_reads_on()
    {
        using LogHarness at = Filled(out List<Batch> batches, out SegmentedLogCheckpoint checkpoint);
        long bytes = at.Log.Bytes;
        int segments = at.Log.Segments;
        var cursor = new SegmentCursor(0);
        byte[] buffer = new byte[300];
        Assert.Equal(SegmentReadStatus.Ok, at.Log.Read(ref cursor, buffer, long.MaxValue).Status);
        long end = at.Log.SegmentAt(at.Log.SegmentAt(0)!.Value.EndOffset)!.Value.EndOffset;
        Assert.True(Rewrite(at.Log, 0, end, batch => batch.Offset % 3 == 0));
        List<Batch> left = [.. batches.Where(batch => batch.Offset >= end || batch.Offset % 3 == 0)];
        Assert.Equal(left, Records(at.ReadAll(0)));
        Assert.Equal(segments - 1, at.Log.Segments);
        Assert.Equal(bytes - at.Log.SavedBytes, at.Log.Bytes);
        Assert.Equal(Measure(at.Log), at.Log.Bytes);
        SegmentRead read = at.Log.Read(ref cursor, new byte[64 * 1024], long.MaxValue);
        Assert.Equal(SegmentReadStatus.Ok, read.Status);
        for (long offset = 0; offset < at.Log.NextOffset; offset++)
        {
            Assert.Equal(left.Where(batch => batch.End > offset), Records(at.ReadAll(offset)));
        }

        at.Log.Checkpoint();
        using var again = new LogHarness(at.Disk.Kill(), checkpoint);
        Assert.Equal(left.Where(batch => batch.End <= checkpoint.NextOffset), Records(again.ReadAll(0)));
        Assert.Equal(Measure(again.Log), again.Log.Bytes);
    }

    [Fact]
    public void Sizes_times_and_trims_are_right_over_what_was_written_anew()
    {
        using LogHarness at = Filled(out List<Batch> batches, out _);
        var random = new Random(4);
        for (int i = 0; i < 6; i++)
        {
            RewriteSome(at.Log, random, at.Log.LastSegmentBase, ref batches);
        }

        for (long bytes = 0; bytes < at.Log.Bytes + 200; bytes += 97)
        {
            long from = at.Log.OffsetForBytes(bytes);
            Assert.True(Measure(at.Log, from) <= bytes || from == at.Log.LastSegmentBase, $"{bytes} from {from}");
            long before = from == 0 ? 0 : at.Log.SegmentStart(from - 1);
            Assert.True(from == 0 || Measure(at.Log, before) > bytes, $"one segment more would do for {bytes}");
        }

        foreach (Batch batch in batches)
        {
            long offset = at.Log.OffsetAtTime(batch.Time);
            Assert.InRange(offset, 0, batch.Offset);
            Assert.DoesNotContain(batches, other => other.Offset >= offset && other.End <= batch.Offset && other.Time >= batch.Time);
        }

        while (at.Log.FirstOffset < at.Log.LastSegmentBase)
        {
            long first = at.Log.TrimBefore(at.Log.SegmentAt(at.Log.FirstOffset)!.Value.EndOffset);
            Assert.Equal(batches.Where(batch => batch.End > first), Records(at.ReadAll(first)));
            Assert.Equal(Measure(at.Log), at.Log.Bytes);
        }

        Assert.Equal(0, at.Log.SavedBytes);
    }

    [Fact]
    public void After_a_power_loss_at_any_operation_each_segment_is_the_old_one_or_the_new_one()
    {
        SimulatedDisk disk = LogHarness.NewDisk(seed: 3);
        disk.StartRecording();
        var history = new List<Moment>();
        Work(disk, seed: 7, history);
        int states = 0;
        foreach (SimulatedDisk state in disk.Replay())
        {
            // What was so when this had been done, or what it was on the way to.
            Moment last = history.LastOrDefault(moment => moment.Operations <= states) ?? Moment.Empty;
            Moment next = history.Find(moment => moment.Operations > states) ?? last;
            Check(state.Kill(), last, next, states);
            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                Check(state.Crash((states * 31) + seed), last, next, states);
            }

            states++;
        }

        Assert.True(states > 300, $"{states} states");
    }

    [Fact]
    public void Over_many_lives_that_end_in_kills_and_power_losses_nothing_is_lost_and_nothing_comes_back() =>
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var history = new List<Moment>();
                SimulatedDisk disk = Work(LogHarness.NewDisk(seed), seed, history, crashing: true);
                Check(disk.Crash(seed), history[^1], history[^1], -1);
            },
            iter: 40,
            threads: 1);

    [Theory]
    [InlineData(DiskError.Io)]
    [InlineData(DiskError.Full)]
    public void After_a_failure_of_any_operation_all_that_is_to_be_left_is_there(DiskError error)
    {
        for (int n = 1; ; n++)
        {
            using LogHarness at = Filled(out List<Batch> batches, out SegmentedLogCheckpoint checkpoint);
            int before = at.Disk.Count();
            at.Disk.FailAt(n, error, DiskOperationKinds.AllButReads);
            bool isRewritten = false;
            long end = at.Log.SegmentAt(0)!.Value.EndOffset;
            try
            {
                isRewritten = Rewrite(at.Log, 0, end, batch => batch.Offset % 2 == 0);
            }
            catch (DiskException failure)
            {
                Assert.Equal(error, failure.Error);
            }

            bool isOver = at.Disk.Count() - before < n;
            at.Disk.Heal();
            List<Batch> left = [.. batches.Where(batch => batch.Offset >= end || batch.Offset % 2 == 0)];
            Assert.Equal(isRewritten ? left : batches, Records(at.ReadAll(0)));
            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                using var again = new LogHarness(at.Disk.Crash(seed), checkpoint);
                List<Batch> found = Records(again.ReadAll(0));
                Assert.True(found.SequenceEqual(left) || (!isRewritten && found.SequenceEqual(batches)), $"{n}, {seed}");
            }

            if (isOver)
            {
                Assert.True(n > 8, $"{n} operations");
                return;
            }
        }
    }

    [Fact]
    public void What_is_given_up_leaves_nothing_and_damage_in_a_new_segment_is_found()
    {
        using LogHarness at = Filled(out List<Batch> batches, out SegmentedLogCheckpoint checkpoint);
        long end = at.Log.SegmentAt(0)!.Value.EndOffset;
        using (SegmentRewrite rewrite = at.Log.BeginRewrite(0, end)!)
        {
            Assert.Contains(at.Disk.Paths, path => path.EndsWith(".tmp", StringComparison.Ordinal));
            Assert.Throws<InvalidOperationException>(() => rewrite.Commit());
        }

        Assert.DoesNotContain(at.Disk.Paths, path => path.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Null(at.Log.BeginRewrite(0, end - 1));
        Assert.Null(at.Log.BeginRewrite(0, at.Log.NextOffset));
        Assert.Equal(batches, at.ReadAll(0));
        Assert.True(Rewrite(at.Log, 0, end, batch => batch.Offset % 2 == 0));
        Assert.True(Report(at.Disk, checkpoint).IsSound);
        string path = at.Disk.Paths.Single(path => path.Contains('-', StringComparison.Ordinal));
        at.Disk.FlipBit(path, 200, 3);
        Assert.Equal(path, Assert.Single(Report(at.Disk, checkpoint).Damages).Path);
        at.Disk.Delete(path);
        Assert.False(Report(at.Disk, checkpoint).IsSound);
        Assert.Throws<SegmentDamageException>(() => new LogHarness(at.Disk, checkpoint));
    }

    [Theory]
    [InlineData("0000000000000000-0000000000000000-0000000000000001.seg")]
    [InlineData("0000000000000000-0000000000000001-0000000000000001.SEG")]
    [InlineData("0000000000000000_0000000000000001-0000000000000001.seg")]
    [InlineData("0000000000000002-0000000000000001-0000000000000001.seg")]
    [InlineData("0000000000000000-000000000000000G-0000000000000001.seg")]
    [InlineData("0000000000000000-0000000000000001.seg")]
    public void Only_names_of_the_exact_form_are_segments_that_were_written_anew(string name)
    {
        Assert.False(SegmentName.TryParse(name, out _));
        Assert.True(SegmentName.TryParse("000000000000000a-00000000000000ff-fffffffffffffffe.seg", out SegmentName segment));
        Assert.Equal(new SegmentName(10, 255, -2), segment);
    }

    [Fact]
    public void A_note_stays_as_long_as_what_it_is_about()
    {
        using LogHarness at = Filled(out _, out SegmentedLogCheckpoint checkpoint);
        SegmentedLogCheckpoint early = new(0, 0, 0, long.MinValue);
        Assert.True(at.Log.Note.IsEmpty);
        at.Log.WriteNote(checkpoint.SegmentBase, "one"u8);
        at.Log.WriteNote(checkpoint.SegmentBase, "two"u8);
        Assert.Equal(
            "4E58534D" + "4ADA9486" + "01000000" + "03000000" + "8877665544332211"
            + Convert.ToHexString(BitConverter.GetBytes(checkpoint.SegmentBase)) + "0000000000000000" + "74776F",
            Convert.ToHexString(at.Disk.ReadAll($"{LogHarness.Directory}/note")));
        for (int seed = 0; seed < 20; seed++)
        {
            using var again = new LogHarness(at.Disk.Crash(seed), checkpoint);
            Assert.Equal("two"u8, again.Log.Note.Span);
        }

        SimulatedDisk disk = at.Disk.Kill();
        using (var before = new LogHarness(disk, early))
        {
            Assert.True(before.Log.Note.IsEmpty);
        }

        disk = at.Disk.Kill();
        disk.FlipBit($"{LogHarness.Directory}/note", 42, 0);
        using var damaged = new LogHarness(disk, checkpoint);
        Assert.True(damaged.Log.Note.IsEmpty);
    }

    // About ten segments, of which the last is that of the checkpoint.
    private static LogHarness Filled(out List<Batch> batches, out SegmentedLogCheckpoint checkpoint)
    {
        var at = new LogHarness(LogHarness.NewDisk());
        batches = [.. Enumerable.Range(0, 120).Select(_ => at.Append())];
        checkpoint = at.Log.Checkpoint();
        return at;
    }

    private static bool Rewrite(SegmentedLog log, long offset, long end, Func<Batch, bool> stays)
    {
        using SegmentRewrite? rewrite = log.BeginRewrite(offset, end);
        if (rewrite is null)
        {
            return false;
        }

        foreach (Batch batch in LogHarness.ReadAll(log, offset, end).Where(batch => batch.Offset >= offset))
        {
            if (batch.Records > 0 && stays(batch))
            {
                Fill(rewrite, batch.Offset);
                rewrite.Append(batch.Header, batch.Payload);
            }
        }

        Fill(rewrite, end);
        rewrite.Sync();
        return rewrite.Commit();
    }

    private static void Fill(SegmentRewrite rewrite, long end)
    {
        if (end > rewrite.NextOffset)
        {
            int offsets = (int)(end - rewrite.NextOffset);
            var gap = new BatchHeader { BaseOffset = rewrite.NextOffset, Offsets = offsets, Records = 0, Flags = 5 };
            rewrite.Append(gap, []);
        }
    }

    private static void RewriteSome(SegmentedLog log, Random random, long before, ref List<Batch> batches)
    {
        long offset = log.FirstOffset;
        for (int skip = random.Next(4); skip > 0 && log.SegmentAt(offset) is { } skipped; skip--)
        {
            offset = skipped.EndOffset;
        }

        long end = offset;
        for (int more = random.Next(1, 4); more > 0 && log.SegmentAt(end) is { } next && next.EndOffset <= before; more--)
        {
            end = next.EndOffset;
        }

        int one = random.Next(2, 5);
        if (end > offset && Rewrite(log, offset, end, batch => batch.Offset % one != 0))
        {
            batches = [.. batches.Where(batch => batch.Offset < offset || batch.Offset >= end || batch.Offset % one != 0)];
        }
    }

    private static SimulatedDisk Work(SimulatedDisk disk, int seed, List<Moment> history, bool crashing = false)
    {
        var random = new Random(seed);
        List<Batch> batches = [];
        var last = new Queue<SegmentedLogCheckpoint>([default, default]);
        for (int life = 0; life < 4; life++)
        {
            SegmentedLogCheckpoint newest = last.Last();
            using var at = new LogHarness(disk, newest);
            batches = [.. batches.Where(batch => batch.End <= newest.NextOffset)];
            for (int i = 0; i < 60; i++)
            {
                batches.Add(at.Append(random.Next(40, 200), random.Next(1, 4)));
                switch (random.Next(10))
                {
                    case 0:
                        last.Enqueue(at.Log.Checkpoint());
                        last.Dequeue();
                        break;
                    case 1:
                        at.Log.Flush();
                        break;
                    case 2 when random.Next(4) == 0:
                        at.Log.TrimBefore(at.Log.SegmentAt(at.Log.FirstOffset)?.EndOffset ?? 0);
                        break;
                    case 3 or 4 or 5:
                        RewriteSome(at.Log, random, last.Peek().SegmentBase, ref batches);
                        break;
                    default:
                        break;
                }

                history.Add(new Moment(disk.Operations.Count, [.. last], [.. batches], at.Log.FirstOffset));
            }

            if (crashing)
            {
                disk = random.Next(2) == 0 ? disk.Kill() : disk.Crash(random.Next());
            }
        }

        return disk;
    }

    private static void Check(SimulatedDisk disk, Moment last, Moment next, int state)
    {
        foreach (SegmentedLogCheckpoint checkpoint in last.Checkpoints)
        {
            // It is opened by one who ends before he has done anything, and then again.
            SimulatedDisk copy = disk.Kill();
            try
            {
                using var at = new LogHarness(copy, checkpoint);
                long first = at.Log.FirstOffset;
                Assert.InRange(first, Math.Min(last.First, checkpoint.NextOffset), next.First);
                List<Batch> found = Records(at.ReadAll(first));
                Assert.Subset(
                    last.Batches.Where(batch => batch.End <= checkpoint.NextOffset && batch.End > first).ToHashSet(),
                    found.ToHashSet());
                Assert.Subset(
                    found.ToHashSet(),
                    last.Batches.Intersect(next.Batches).Where(batch => batch.End <= checkpoint.NextOffset && batch.End > first)
                        .ToHashSet());
                Assert.Equal(found.OrderBy(batch => batch.Offset), found);
                Assert.True(Report(copy, checkpoint).IsSound, "it is sound");
                Assert.Equal(Measure(at.Log), at.Log.Bytes);
                using var again = new LogHarness(copy.Crash(state), checkpoint);
                Assert.Equal(found, Records(again.ReadAll(first)));
            }
            catch (Exception failure) when (failure is IOException or Xunit.Sdk.XunitException)
            {
                Assert.Fail($"state {state}, checkpoint {checkpoint}: {failure}");
            }
        }
    }

    private static List<Batch> Records(List<Batch> batches) => [.. batches.Where(batch => batch.Records > 0)];

    private static SegmentedLogReport Report(SimulatedDisk disk, SegmentedLogCheckpoint checkpoint) =>
        SegmentedLogCheck.Run(disk, LogHarness.Directory, LogHarness.LogId, checkpoint);

    // Headers and batches, by reading them.
    private static long Measure(SegmentedLog log, long? from = null)
    {
        var cursor = new SegmentCursor(from ?? log.FirstOffset);
        byte[] buffer = new byte[64 * 1024];
        long bytes = 0;
        SegmentRead read;
        while ((read = log.Read(ref cursor, buffer, long.MaxValue)).Status == SegmentReadStatus.Ok)
        {
            bytes += read.Bytes;
        }

        int segments = log.Segments;
        for (long offset = log.FirstOffset; offset < (from ?? 0) && log.SegmentAt(offset) is { } segment; offset = segment.EndOffset)
        {
            segments--;
        }

        return bytes + (segments * 64);
    }

    private sealed record Moment(int Operations, SegmentedLogCheckpoint[] Checkpoints, List<Batch> Batches, long First)
    {
        public static readonly Moment Empty = new(0, [default], [], 0);
    }
}
