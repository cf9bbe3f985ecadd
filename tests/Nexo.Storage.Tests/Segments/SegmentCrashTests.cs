using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Segments;

/// <summary>
/// Power loss and failing disks: what a checkpoint has promised is there, and nothing else is believed.
/// </summary>
public class SegmentCrashTests
{
    private const int SeedsPerState = 4;

    [Fact]
    public void After_a_power_loss_at_any_operation_the_log_is_what_its_last_checkpoint_says()
    {
        SimulatedDisk disk = LogHarness.NewDisk(seed: 3);
        disk.StartRecording();
        var history = new History();
        Work(disk, history, seed: 11);
        int states = 0;
        foreach (SimulatedDisk state in disk.Replay())
        {
            foreach (Kept last in history.Kept.Where(one => one.Operations <= states).TakeLast(2))
            {
                Check(state.Kill(), last, history, states);
                for (int seed = 0; seed < SeedsPerState; seed++)
                {
                    Check(state.Crash((states * 31) + seed), last, history, states);
                }
            }

            states++;
        }

        Assert.True(states > 300, $"{states} states");
    }

    [Fact]
    public void Over_many_lives_that_end_in_kills_and_power_losses_every_checkpoint_holds() =>
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var history = new History();
                SimulatedDisk disk = Work(LogHarness.NewDisk(seed), history, seed, crashing: true);
                Check(disk.Crash(seed), history.Kept[^1], history, int.MaxValue);
            },
            iter: 60,
            threads: 1);

    [Theory]
    [InlineData(DiskError.Io, false)]
    [InlineData(DiskError.Io, true)]
    [InlineData(DiskError.Full, false)]
    [InlineData(DiskError.Full, true)]
    public void After_a_failure_of_any_operation_the_checkpoints_made_before_and_after_it_hold(
        DiskError error, bool fromThenOn)
    {
        for (int n = 1; ; n++)
        {
            SimulatedDisk disk = LogHarness.NewDisk(n);
            int before = disk.Count();
            disk.FailAt(n, error, DiskOperationKinds.AllButReads, fromThenOn);
            var history = new History();
            bool failed = false;
            try
            {
                Work(disk, history, seed: 5);
            }
            catch (DiskException failure)
            {
                Assert.Equal(error, failure.Error);
                failed = true;
            }

            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                Check(disk.Crash(seed), history.Kept[^1], history, int.MaxValue);
            }

            if (!failed && disk.Count() - before < n)
            {
                Assert.True(n > 100);
                return;
            }
        }
    }

    [Fact]
    public void A_failed_sync_ends_all_checkpoints_but_not_the_reads()
    {
        using var at = new LogHarness(LogHarness.NewDisk());
        Batch first = at.Append();
        at.Log.Checkpoint();
        Batch second = at.Append();
        at.Disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
        Assert.Throws<DiskException>(() => at.Log.Checkpoint());
        Assert.Equal(DiskError.Io, at.Log.Failure?.Error);
        Assert.Equal(DiskError.Io, Assert.Throws<DiskException>(() => at.Log.Checkpoint()).Error);
        Assert.Throws<DiskException>(at.Log.Flush);
        Batch third = at.Append();
        Assert.Equal([first, second, third], at.ReadAll(0));
    }

    [Fact]
    public void A_trim_whose_word_could_not_be_synced_deletes_nothing_also_when_it_is_tried_again()
    {
        SimulatedDisk disk = LogHarness.NewDisk();
        using var at = new LogHarness(disk);
        List<Batch> batches = [.. Enumerable.Range(0, 60).Select(_ => at.Append())];
        SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.SyncDirectory);
        Assert.Throws<DiskException>(() => at.Log.TrimBefore(40));
        Assert.Throws<DiskException>(() => at.Log.TrimBefore(40));
        Assert.Equal(batches, at.ReadAll(0));
        for (int seed = 0; seed < 20; seed++)
        {
            using var again = new LogHarness(disk.Crash(seed), checkpoint);
            long first = again.Log.FirstOffset;
            Assert.Equal(batches.Where(batch => batch.Offset >= first), again.ReadAll(first));
        }
    }

    [Fact]
    public void When_a_full_disk_has_room_again_the_log_goes_on_and_nothing_is_missing()
    {
        SimulatedDisk disk = LogHarness.NewDisk();
        using var at = new LogHarness(disk);
        List<Batch> batches = [.. Enumerable.Range(0, 40).Select(_ => at.Append())];
        at.Log.Checkpoint();
        disk.CapacityBytes = 12_288;
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            batches.Add(at.Append());
            try
            {
                at.Log.Flush();
            }
            catch (DiskException failure)
            {
                Assert.Equal(DiskError.Full, failure.Error);
                refused++;
            }

            Assert.Equal(batches, at.ReadAll(0));
        }

        Assert.True(refused > 50);
        Assert.Null(at.Log.Failure);
        disk.CapacityBytes = long.MaxValue;
        SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
        Assert.Equal(0, at.Log.PendingBytes);
        using var again = new LogHarness(disk.Crash(1), checkpoint);
        Assert.Equal(batches, again.ReadAll(0));
    }

    // Some of everything, with crashes of its own: what was promised is in the list.
    private static SimulatedDisk Work(SimulatedDisk disk, History history, int seed, bool crashing = false)
    {
        var random = new Random(seed);
        List<Batch> batches = [];
        for (int life = 0; life < 4; life++)
        {
            Kept last = history.Kept[^1];
            using var at = new LogHarness(disk, last.Checkpoint);
            batches = [.. batches.TakeWhile(batch => batch.End <= last.Checkpoint.NextOffset)];
            for (int i = 0; i < 80; i++)
            {
                batches.Add(at.Append(random.Next(20, 200), random.Next(1, 4), generation: life));
                switch (random.Next(12))
                {
                    case 0:
                        SegmentedLogCheckpoint checkpoint = at.Log.Checkpoint();
                        history.Kept.Add(new Kept(disk.Operations.Count, checkpoint, [.. batches]));
                        break;
                    case 1:
                        history.TrimAsked = batches[^Math.Min(batches.Count, 20)].Offset;
                        long first = at.Log.TrimBefore(history.TrimAsked);
                        history.Trims.Add((disk.Operations.Count, first));
                        break;
                    case 2:
                        long to = batches[^Math.Min(batches.Count, 3)].Offset;
                        at.Log.TruncateAfter(Math.Max(
                            Math.Max(history.Kept[^1].Checkpoint.NextOffset, at.Log.FirstOffset), to));
                        batches = [.. batches.TakeWhile(batch => batch.End <= at.Log.NextOffset)];
                        break;
                    case 3:
                        at.Log.Roll();
                        break;
                    case 4 or 5 or 6:
                        at.Log.Flush();
                        break;
                    default:
                        break;
                }
            }

            if (crashing)
            {
                // Killed, the next life goes on over what only the kernel has.
                disk = random.Next(2) == 0 ? disk.Kill() : disk.Crash(random.Next());
            }
        }

        return disk;
    }

    private static void Check(SimulatedDisk disk, Kept kept, History history, int state)
    {
        try
        {
            using var at = new LogHarness(disk, kept.Checkpoint);
            Assert.Equal(kept.Checkpoint.NextOffset, at.Log.NextOffset);
            long first = at.Log.FirstOffset;
            long trimmed = history.Trims
                .Where(trim => trim.Operations <= state).Select(trim => trim.First).Append(0).Max();
            Assert.True(first >= Math.Min(trimmed, kept.Checkpoint.NextOffset));
            Assert.True(first <= history.TrimAskedMax);

            // A trim may go beyond a checkpoint: what was then appended again need not have a batch that begins there.
            Assert.Equal(kept.Batches.Where(batch => batch.End > first), at.ReadAll(first));
            Assert.True(SegmentedLogCheck.Run(
                disk, LogHarness.Directory, LogHarness.LogId, kept.Checkpoint).IsSound);
            Batch next = at.Append(generation: 99);
            at.Log.Flush();
            if (at.Log.FirstOffset <= next.Offset)
            {
                Assert.Equal([next], at.ReadAll(next.Offset));
            }
        }
        catch (Exception failure) when (failure is IOException or Xunit.Sdk.XunitException)
        {
            Assert.Fail($"state {state}, checkpoint {kept.Checkpoint}: {failure}");
        }
    }

    private sealed class History
    {
        private long _trimAsked;

        public List<Kept> Kept { get; } = [new(0, default, [])];

        /// <summary>How many operations had been done when a trim was over, and what it answered.</summary>
        public List<(int Operations, long First)> Trims { get; } = [];

        public long TrimAskedMax { get; private set; }

        public long TrimAsked
        {
            get => _trimAsked;
            set
            {
                _trimAsked = value;
                TrimAskedMax = Math.Max(TrimAskedMax, value);
            }
        }
    }

    /// <param name="Operations">How many operations had been done when the checkpoint had been made.</param>
    /// <param name="Checkpoint">The promise.</param>
    /// <param name="Batches">All up to there, dropped or not.</param>
    private sealed record Kept(int Operations, SegmentedLogCheckpoint Checkpoint, List<Batch> Batches);
}
