using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Power losses and failing disks while a stream is compacted.</summary>
public sealed class StreamCompactionCrashTests
{
    private const long TwoDays = 2L * 24 * 3_600 * 1_000;
    private const int SeedsPerState = 3;

    [Fact]
    public void A_power_loss_at_any_step_leaves_the_last_record_of_each_key_and_brings_back_none_that_was_deleted()
    {
        using StreamHarness harness = Filled();
        List<Read> all = harness.ReadAll();
        harness.Disk.StartRecording();
        Compact(harness);
        List<Read> left = harness.ReadAll();
        Assert.True(left.Count < all.Count / 2, $"{left.Count} of {all.Count} are left");
        int states = 0;
        int sizes = 0;
        var counts = new HashSet<int>();
        foreach (SimulatedDisk state in harness.Disk.Replay())
        {
            for (int seed = -1; seed < SeedsPerState; seed++)
            {
                SimulatedDisk disk = seed < 0 ? state.Kill() : state.Crash((states * 31) + seed);
                harness.On(disk, fromOlder: seed % 2 == 0, () =>
                {
                    List<Read> found = harness.ReadAll();
                    CompactionRules.Check(all, found);
                    counts.Add(found.Count);
                    Assert.Equal(Enumerable.Reverse(found), harness.ReadAll(backward: true));
                    Assert.DoesNotContain(disk.Paths, path => path.EndsWith(".tmp", StringComparison.Ordinal));
                    sizes += harness.Stats().SavedBytes > 0 ? 1 : 0;
                });
            }

            states++;
        }

        Assert.True(states > 60, $"{states} states");
        Assert.True(sizes > 100, $"{sizes} with something saved");
        Assert.Contains(all.Count, counts);
        Assert.Contains(left.Count, counts);
        Assert.True(counts.Count > 5, $"{counts.Count} different states of the stream");
    }

    [Theory]
    [InlineData(DiskError.Io)]
    [InlineData(DiskError.Full)]
    public void A_failure_of_any_operation_harms_nothing_and_the_next_pass_makes_up_for_it(DiskError error)
    {
        for (int n = 1; ; n++)
        {
            using StreamHarness harness = Filled();
            List<Read> all = harness.ReadAll();
            int before = harness.Disk.Count();
            harness.Disk.FailAt(n, error, DiskOperationKinds.AllButReads);
            Compact(harness);
            bool isOver = harness.Disk.Count() - before < n;
            harness.Disk.Heal();
            CompactionRules.Check(all, harness.ReadAll());
            harness.Restart(n % 2 == 0 ? harness.Disk.Crash(n) : null);
            CompactionRules.Check(all, harness.ReadAll());
            StreamCompactionTests.Settle(harness);
            Compact(harness);
            List<Read> left = harness.ReadAll();
            CompactionRules.Check(all, left);
            Assert.True(left.Count < all.Count / 2, $"after {n}: {left.Count} of {all.Count} are left");
            if (isOver)
            {
                Assert.True(n > 30, $"{n} operations");
                return;
            }
        }
    }

    // Keys that were deleted and written again, and some that were only deleted; then the time of the tombstones is over.
    private static StreamHarness Filled()
    {
        var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Compaction = true });
        for (int i = 0; i < 8; i++)
        {
            StreamCompactionTests.Fill(harness, 20, 5);
            StreamCompactionTests.Tombstone(harness, $"k{i % 5}");
            harness.Append("once", $"only{i}");
            StreamCompactionTests.Tombstone(harness, $"only{i}");
        }

        StreamCompactionTests.Tombstone(harness, "k1");
        StreamCompactionTests.Fill(harness, 20, 1);
        StreamCompactionTests.Settle(harness);
        return harness;
    }

    private static void Compact(StreamHarness harness)
    {
        harness.Streams.Compact("s"u8);
        harness.Time.Advance(TwoDays);
        harness.Streams.Compact("s"u8);
    }
}
