using Xunit;

namespace Nexo.Storage.Tests.Snapshots;

public sealed class SnapshotSetTests
{
    private readonly SimulatedDisk _disk = SnapshotSample.Disk();
    private readonly NoticeList _observer = new();

    [Fact]
    public void Snapshots_are_listed_newest_first_and_other_files_are_not()
    {
        SnapshotSample.Write(_disk, 0x9);
        SnapshotSample.Write(_disk, 0x1F);
        SnapshotSample.Write(_disk, 0xA);
        foreach (string name in (string[])
            ["0000000000000001.snapshot.tmp", "000000000000000B.snapshot", "1.snapshot", "+000000000000001.snapshot", "x"])
        {
            _disk.WriteAll($"snapshots/{name}", []);
        }

        Assert.Equal([0x1Ful, 0xAul, 0x9ul], Positions());
    }

    [Fact]
    public void The_newest_valid_one_is_found_behind_damaged_ones_which_are_told()
    {
        SnapshotSample.Write(_disk, 1);
        SnapshotSample.Write(_disk, 2);
        SnapshotReport damaged = SnapshotSample.Write(_disk, 3);
        _disk.FlipBit(damaged.Path, 100, 0);
        _disk.Rename(SnapshotSample.Write(_disk, 4).Path, "snapshots/0000000000000005.snapshot");

        SnapshotReport? found = SnapshotSample.Set(_disk).FindNewestValid(_observer);

        Assert.Equal(new Lsn(2), found!.Position);
        Assert.Equal(2, _observer.Notices.Count);
        Assert.Contains("0000000000000005.snapshot: its position is", _observer.Notices[0].Message, StringComparison.Ordinal);
        Assert.Contains("0000000000000003.snapshot: the content", _observer.Notices[1].Message, StringComparison.Ordinal);
        Assert.All(_observer.Notices, notice => Assert.Equal(StorageLevel.Error, notice.Level));
    }

    [Fact]
    public void Without_a_valid_one_there_is_none()
    {
        Assert.Null(SnapshotSample.Set(_disk).FindNewestValid(_observer));
        _disk.Truncate(SnapshotSample.Write(_disk, 3).Path, 100);
        Assert.Null(SnapshotSample.Set(_disk).FindNewestValid(_observer));
        _disk.FailAt(1, DiskError.Denied, DiskOperationKinds.Open);
        Assert.Null(SnapshotSample.Set(_disk).FindNewestValid(_observer));
    }

    [Fact]
    public void Two_are_kept_and_the_log_is_needed_from_the_older_one()
    {
        SnapshotSet set = SnapshotSample.Set(_disk);
        Assert.Equal(Lsn.None, set.DeleteOld());
        SnapshotSample.Write(_disk, 1);
        Assert.Equal(Lsn.None, set.DeleteOld());
        SnapshotSample.Write(_disk, 2);
        Assert.Equal(new Lsn(1), set.DeleteOld());
        SnapshotSample.Write(_disk, 3);
        Assert.Equal(new Lsn(2), set.DeleteOld());

        Assert.Equal([3ul, 2ul], Positions());
    }

    [Fact]
    public void One_that_was_found_damaged_does_not_count_among_the_two()
    {
        SnapshotSample.Write(_disk, 1);
        SnapshotSample.Write(_disk, 2);
        _disk.FlipBit(SnapshotSample.Write(_disk, 3).Path, 100, 0);
        SnapshotSet set = SnapshotSample.Set(_disk);
        set.FindNewestValid(_observer);
        SnapshotSample.Write(_disk, 4);

        Assert.Equal(new Lsn(2), set.DeleteOld());
        Assert.Equal([4ul, 3ul, 2ul], Positions());

        SnapshotSample.Write(_disk, 5);
        Assert.Equal(new Lsn(4), set.DeleteOld());
        Assert.Equal([5ul, 4ul], Positions());
    }

    [Fact]
    public void What_was_not_finished_is_deleted()
    {
        SnapshotSample.Write(_disk, 1);
        _disk.WriteAll("snapshots/0000000000000002.snapshot.tmp", "x"u8);

        SnapshotSample.Set(_disk).DeleteUnfinished();

        Assert.Equal("snapshots/0000000000000001.snapshot", Assert.Single(_disk.Paths));
    }

    private IEnumerable<ulong> Positions() => SnapshotSample.Set(_disk).List().Select(snapshot => snapshot.Position.Value);
}
