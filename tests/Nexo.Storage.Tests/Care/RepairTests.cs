using Nexo.Storage.Tests.Log;
using Xunit;
using LogRecords = Nexo.Storage.Tests.Log.RecordList;

namespace Nexo.Storage.Tests.Care;

/// <summary>After a repair a server starts, has what was before the damage, and everything that was changed is kept.</summary>
public sealed class RepairTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Damage_in_every_position_of_every_segment_is_repaired(bool snapshots)
    {
        using var sample = new CareSample(snapshots);
        int repaired = 0;
        foreach (string path in sample.Disk.Paths.Where(path => path.EndsWith(".wal", StringComparison.Ordinal)))
        {
            for (int offset = 0; offset < sample.Disk.ReadAll(path).Length; offset += 256)
            {
                SimulatedDisk disk = sample.Disk.Settle();
                disk.FlipBit(path, offset + 20, 1);
                repaired += RepairedAndWhole(sample, disk, $"{path}, offset {offset}") ? 1 : 0;
            }
        }

        Assert.True(repaired > 50, $"only {repaired} were repaired");
    }

    [Fact]
    public void Segments_that_are_missing_or_cut_short_are_repaired()
    {
        using var sample = new CareSample();

        // Of the last one that is missing nothing else knows.
        foreach (string path in sample.Segments.SkipLast(1))
        {
            foreach (long length in (ReadOnlySpan<long>)[0, 100, 3_000, -1])
            {
                SimulatedDisk disk = sample.Disk.Settle();
                if (length < 0)
                {
                    disk.Delete(path);
                }
                else
                {
                    disk.Truncate(path, length);
                }

                RepairedAndWhole(sample, disk.Settle(), $"{path}, {length} bytes");
            }
        }
    }

    [Fact]
    public void Without_any_log_a_new_one_begins_behind_the_newest_snapshot()
    {
        using var sample = new CareSample();
        foreach (string path in sample.Disk.Paths.Where(path => path.StartsWith("wal/", StringComparison.Ordinal)))
        {
            sample.Disk.Delete(path);
        }

        // What a repair that was killed has left of it.
        sample.Disk.WriteAll("wal/0000000000000001.tmp", "x"u8);
        Assert.True(RepairedAndWhole(sample, sample.Disk.Settle(), "without a log"));
    }

    [Fact]
    public void Damaged_snapshots_are_put_aside()
    {
        using var sample = new CareSample();
        string path = CareSample.PathOf(CareSample.Newer);
        sample.Disk.FlipBit(path, 1_000, 2);
        byte[] damaged = sample.Disk.ReadAll(path);

        string kept = Assert.Single(CareSample.Repair(sample.Disk));

        Assert.Equal(damaged, sample.Disk.Crash(1).ReadAll(kept));
        Assert.True(CareSample.Examine(sample.Disk).IsHealthy);
        Assert.Equal(CareSample.Records, sample.Read(sample.Disk, "repaired"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_operation_of_a_repair_fails_it_can_be_done_again_and_the_originals_are_kept(bool killed)
    {
        using var sample = new CareSample();

        // In the segment in which the newest snapshot ends, before its position: all of the log goes.
        Damage(sample, sample.Segments[3], killed);
        Damage(sample, sample.Segments[5], killed);
    }

    private static void Damage(CareSample sample, string path, bool killed)
    {
        int operations = 1;
        for (int n = 1; n <= operations; n++)
        {
            SimulatedDisk disk = sample.Disk.Settle();
            disk.FlipBit(path, 512 + 100, 1);
            disk.FlipBit(CareSample.PathOf(CareSample.Older), 1_000, 1);
            Dictionary<string, byte[]> before = CareSample.FilesOf(disk);
            int counted = 0;
            Record.Exception(() => CareSample.Repair(disk, before: () =>
            {
                disk.FailAt(n, DiskError.Io);
                counted = disk.Count();
            }));
            operations = disk.Count() - counted + 1;
            disk.Heal();
            disk = killed ? disk.Kill() : disk.Crash(n).Settle();

            CareSample.Repair(disk);

            string when = $"{path}, operation {n}";
            RequireKept(disk, before, when);
            Assert.True(CareSample.Examine(disk).IsHealthy, when);
            Assert.True(sample.Read(disk, when) >= (int)CareSample.Newer, when);
        }

        Assert.True(operations > 10, $"only {operations} operations");
    }

    // False: there was nothing to repair.
    private static bool RepairedAndWhole(CareSample sample, SimulatedDisk disk, string when)
    {
        Dictionary<string, byte[]> before = CareSample.FilesOf(disk);
        bool isHealthy = CareSample.Examine(disk).IsHealthy;
        Assert.Equal(before, CareSample.FilesOf(disk));
        IReadOnlyList<string> kept = CareSample.Repair(disk);
        Assert.True(CareSample.Examine(disk).IsHealthy, when);
        RequireKept(disk, before, when);
        int left = sample.Read(disk, when);
        Assert.True(!isHealthy || (left == CareSample.Records && kept.Count == 0), when);

        // It is durable, and a server goes on with it.
        Assert.Equal(left, sample.Read(disk.Crash(left), when));
        GoOn(disk, when);
        return !isHealthy;
    }

    private static void GoOn(SimulatedDisk disk, string when)
    {
        using DataDirectory directory = DataDirectory.Open(disk, create: false);
        Lsn position = directory.Snapshots.FindNewestValid(new Notices())?.Position ?? Lsn.None;
        var next = new Lsn(position.Value + 1);
        WalTail tail = WalReader.Read(disk, LogFixture.LogId, next, new LogRecords(), new Notices());
        using Wal log = Wal.Open(disk, LogFixture.LogId, tail, LogFixture.Small, new ManualTime(), new Notices());
        log.Begin(16, 0).Dispose();
        Assert.True(log.CloseAsync().IsCompletedSuccessfully, when);
        LogFixture.Read(disk.Crash(1), out tail, next.Value);
        Assert.Equal(log.AppendedLsn.Value + 1, tail.NextLsn.Value);
    }

    // Every file is as it was, or in the quarantine as it was.
    private static void RequireKept(SimulatedDisk disk, Dictionary<string, byte[]> before, string when)
    {
        Dictionary<string, byte[]> after = CareSample.FilesOf(disk);
        foreach ((string path, byte[] bytes) in before)
        {
            string name = $"quarantine/{path.Split('/')[^1]}";
            bool isKept = path.EndsWith(".tmp", StringComparison.Ordinal)
                || after.Any(pair => (pair.Key == path || pair.Key.StartsWith(name, StringComparison.Ordinal))
                    && pair.Value.AsSpan().SequenceEqual(bytes));
            Assert.True(isKept, $"{when}: {path} is not kept");
        }
    }
}
