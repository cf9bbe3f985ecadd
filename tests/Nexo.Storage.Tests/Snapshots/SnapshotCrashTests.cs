using Xunit;

namespace Nexo.Storage.Tests.Snapshots;

/// <summary>At no moment is there no valid snapshot once there was one, and one that is complete stays.</summary>
public sealed class SnapshotCrashTests
{
    private const int SeedsPerState = 40;

    [Theory]
    [InlineData(5, 9)]
    [InlineData(5, 5)]
    public void A_crash_anywhere_leaves_the_old_one_or_the_new_one(ulong old, ulong next)
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        SnapshotSample.Write(disk, old);
        disk.StartRecording();
        WriteLong(disk, next);
        int completed = disk.Operations.Count;
        SnapshotSample.Set(disk).DeleteOld();

        int state = 0;
        foreach (SimulatedDisk at in disk.Replay())
        {
            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                SimulatedDisk left = at.Crash(seed);
                SnapshotReport? found = SnapshotSample.Set(left).FindNewestValid(new NoticeList());
                string where = $"after {state} operations, seed {seed}: {found}";
                Assert.True(found is not null, where);
                Assert.True(found.Records is 3 or LongRecords, where);
                Assert.True(state < completed || found.Records == LongRecords, where);
            }

            state++;
        }

        Assert.True(completed >= 6);
    }

    [Fact]
    public void Taking_one_after_the_other_keeps_two_and_a_crash_anywhere_leaves_one_that_is_valid()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        disk.StartRecording();
        var completed = new List<(int Operations, ulong Position)>();
        for (ulong position = 1; position <= 5; position++)
        {
            SnapshotSample.Write(disk, position);
            completed.Add((disk.Operations.Count, position));
            Assert.Equal(new Lsn(position - 1), SnapshotSample.Set(disk).DeleteOld());
        }

        int state = 0;
        foreach (SimulatedDisk at in disk.Replay())
        {
            ulong least = completed.LastOrDefault(done => done.Operations <= state).Position;
            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                Lsn found = SnapshotSample.Set(at.Crash(seed)).FindNewestValid(new NoticeList())?.Position ?? Lsn.None;
                Assert.True(found >= new Lsn(least), $"after {state} operations, seed {seed}: {found}, not {least}");
            }

            state++;
        }
    }

    [Theory]
    [InlineData(DiskError.Io, false)]
    [InlineData(DiskError.Io, true)]
    [InlineData(DiskError.Full, false)]
    [InlineData(DiskError.Full, true)]
    public void A_failure_of_any_operation_is_told_and_costs_no_snapshot(DiskError error, bool fromThenOn)
    {
        int operations = 0;
        bool failed = true;
        for (int n = 1; failed; n++)
        {
            SimulatedDisk disk = SnapshotSample.Disk(seed: n);
            SnapshotSample.Write(disk, 5);
            disk.FailAt(n, error, fromThenOn: fromThenOn);
            failed = Record.Exception(() => WriteLong(disk, 9)) is DiskException;
            operations = n;

            for (int seed = 0; seed < SeedsPerState; seed++)
            {
                SnapshotReport? found = SnapshotSample.Set(disk.Crash(seed)).FindNewestValid(new NoticeList());
                Assert.True(found is not null, $"operation {n}, seed {seed}");
                Assert.True(failed || found.Records == LongRecords, $"operation {n}, seed {seed}: {found}");
            }

            SimulatedDisk afterKill = disk.Kill();
            Assert.True(
                fromThenOn || afterKill.Paths.All(path => !path.EndsWith(".tmp", StringComparison.Ordinal)),
                $"operation {n}: {string.Join(' ', afterKill.Paths)}");
        }

        Assert.True(operations > 6);
    }

    [Fact]
    public void On_a_full_disk_what_was_begun_gives_its_room_back()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        SnapshotSample.Write(disk, 5);
        disk.CapacityBytes = 300_000;
        long before = disk.FreeBytes;

        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => WriteLong(disk, 9)).Error);

        Assert.Equal(before, disk.FreeBytes);
        disk.CapacityBytes = 3_000_000;
        WriteLong(disk, 9);
    }

    [Fact]
    public void One_that_was_not_completed_leaves_nothing()
    {
        SimulatedDisk disk = SnapshotSample.Disk();
        using (var writer = new SnapshotWriter(disk, 1, new Lsn(1), TimeProvider.System))
        {
            writer.Append(1, new byte[300_000]);
            Assert.Equal("snapshots/0000000000000001.snapshot.tmp", Assert.Single(disk.Paths));
        }

        Assert.Empty(disk.Paths);
    }

    private const int LongRecords = 8;

    // More than one block, so that it is written in several steps.
    private static void WriteLong(IDisk disk, ulong position)
    {
        using var writer = new SnapshotWriter(
            disk, SnapshotSample.LogId, new Lsn(position), new FixedTime(SnapshotSample.CreatedUnixMs));
        byte[] payload = new byte[40_000];
        payload.AsSpan().Fill((byte)position);
        for (int i = 0; i < LongRecords; i++)
        {
            writer.Append(1, payload);
        }

        writer.Complete();
    }
}
