using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>Disks that fail and disks that fill up.</summary>
public sealed class WalFaultTests
{
    [Theory]
    [InlineData(DiskError.Io, false)]
    [InlineData(DiskError.Io, true)]
    [InlineData(DiskError.Full, false)]
    public void Whatever_operation_fails_nothing_acknowledged_is_lost_and_nobody_waits_for_ever(
        DiskError error, bool fromThenOn)
    {
        int failures = 0;
        for (int n = 1; n < 200; n++)
        {
            using var log = new LogFixture(new SimulatedDisk(seed: n));
            log.Disk.FailAt(n, error, fromThenOn: fromThenOn);
            ulong acknowledged = 0;
            try
            {
                acknowledged = Work(log);
            }
            catch (Exception exception) when (exception is DiskException or WalException)
            {
                failures++;
                acknowledged = log.Wal?.DurableLsn.Value ?? 0;
            }

            log.Disk.Heal();
            for (int seed = 0; seed < 4; seed++)
            {
                RecordList list = LogFixture.Read(log.Disk.Crash(seed), out WalTail tail);
                log.RequirePrefix(list, 1, $"operation {n} failed, seed {seed}");
                Assert.True(tail.NextLsn.Value - 1 >= acknowledged, $"operation {n}, seed {seed}");
            }
        }

        Assert.InRange(failures, 1, 199);
    }

    [Fact]
    public void After_a_failed_sync_nothing_is_acknowledged_or_written_any_more()
    {
        using LogFixture log = new LogFixture().Open();
        log.Append(10);
        log.Flush();
        log.Append(10);
        log.Disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
        Task waiting = log.Wal.FlushAsync().AsTask();

        log.Rounds();

        Assert.Equal(WalError.Failed, Assert.IsType<WalException>(waiting.Exception!.InnerException).Error);
        Assert.Equal(LogRoom.Failed, log.Wal.RoomFor(1));
        Assert.NotNull(log.Wal.Failure);
        Assert.Contains(log.Notices.All, notice => notice.Level == StorageLevel.Error);
        int operations = log.Disk.Count();
        for (int i = 0; i < 100; i++)
        {
            log.Append(100_000);
        }

        Assert.True(log.Wal.FlushAsync().AsTask().IsFaulted);
        Assert.True(log.Wal.WhenRoomAsync().AsTask().IsCompletedSuccessfully);
        Assert.True(log.Wal.WhenDurableAsync(new Lsn(1)).AsTask().IsCompletedSuccessfully);
        Assert.Equal(0, log.Wal.PendingBytes);
        Assert.True(log.Wal.CloseAsync().IsFaulted);
        Assert.Equal(operations, log.Disk.Count());
    }

    [Fact]
    public void A_full_disk_refuses_writes_in_time_takes_what_frees_room_and_comes_back_by_itself()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + 8_192 + 2_048;
        int written = 0;
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            log.Flush();
            written++;
            Assert.True(written < 100);
        }

        Assert.Equal(LogRoom.Full, log.Wal.RoomFor(300));
        Assert.True(log.Wal.IsFull);

        // The reserve: a delete still becomes durable.
        log.Append(10, kind: 17);
        log.Flush();

        // More than the disk has room for waits, and is not lost.
        log.Append(10_000);
        Task waiting = log.Wal.FlushAsync().AsTask();
        log.Rounds();
        Assert.False(waiting.IsCompleted);
        Assert.Null(log.Wal.Failure);

        log.Disk.CapacityBytes = long.MaxValue;
        log.Rounds();
        Assert.False(waiting.IsCompleted);
        log.Time.Advance(TimeSpan.FromSeconds(1));
        log.Rounds();
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.Equal(LogRoom.Ok, log.Wal.RoomFor(300));
        log.Close();
        Assert.Equal(written + 2, LogFixture.Read(log.Disk, out _).Count);
        Assert.Equal(
            [StorageLevel.Warning, StorageLevel.Information], log.Notices.All.Select(notice => notice.Level));
    }

    [Fact]
    public void Appends_that_are_far_ahead_of_the_writer_do_not_eat_the_reserve_of_a_full_disk()
    {
        using LogFixture log = new LogFixture(options: LogFixture.Small with { FirstSegmentBytes = 65_536 }).Open();
        log.Disk.CapacityBytes -= log.Disk.FreeBytes;
        int appended = 0;
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            Assert.InRange(++appended, 1, 500);
        }

        log.Append(10, kind: 17);
        log.Flush();
        Assert.InRange(appended, 100, 160);
    }

    [Fact]
    public void Removals_are_taken_on_a_full_disk_as_long_as_they_fit_and_then_refused_and_none_waits()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + 8_192 + 2_048;
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            log.Flush();
        }

        int removals = 0;
        while (log.Wal.RoomForRemoval(10) == LogRoom.Ok)
        {
            log.Append(10, kind: 17);
            log.Flush();
            Assert.True(++removals < 100);
        }

        Assert.True(removals > 0);
        Assert.Equal(LogRoom.Full, log.Wal.RoomForRemoval(10));
        Assert.Equal(log.Wal.AppendedLsn, log.Wal.DurableLsn);

        // One more record of a few bytes, the clocks', still fits, and so does the closing commit.
        log.Append(16, kind: 1);
        log.Close();
        LogFixture.Read(log.Disk, out WalTail tail);
        Assert.True(tail.Clean);
    }

    [Fact]
    public void A_disk_that_has_room_for_a_smaller_segment_only_is_used_and_what_it_holds_is_read_and_freed()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + 8_192 + 4_096 + 512;
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            log.Flush();
        }

        Assert.Equal(3, log.Wal.Stats.Segments);
        Assert.True(log.Wal.IsScarce);
        Assert.True(log.Wal.IsFull);
        for (int seed = 0; seed < 8; seed++)
        {
            Assert.Equal(log.Model.Count, LogFixture.Read(log.Disk.Crash(seed), out _).Count);
        }

        log.Reopen(log.Disk.Kill());
        log.Disk.CapacityBytes = long.MaxValue;
        log.Time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 60; i++)
        {
            log.Append(300);
            log.Flush();
        }

        // Only those of full size are used again.
        Assert.False(log.Wal.IsScarce);
        log.Wal.Recycle(log.Wal.DurableLsn);
        log.Close();
        log.Wal.Dispose();
        Assert.All(log.Disk.Paths, path => Assert.Equal(8_192, log.Disk.ReadAll(path).Length));
    }

    [Fact]
    public void A_log_that_is_being_closed_has_room_for_nothing()
    {
        using LogFixture log = new LogFixture().Open();
        log.Close();

        Assert.Equal(LogRoom.Failed, log.Wal.RoomFor(1));
        Assert.Equal(LogRoom.Failed, log.Wal.RoomForRemoval(1));
    }

    [Fact]
    public void Recycling_gives_a_full_disk_room_at_once()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + (3 * 8_192);
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            log.Flush();
        }

        Assert.True(log.Wal.Recycle(log.Wal.DurableLsn) > 0);

        Assert.Equal(LogRoom.Ok, log.Wal.RoomFor(300));
    }

    [Fact]
    public void A_log_on_a_full_disk_is_closed_and_opened_several_times()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + 8_192;
        while (log.Wal.RoomFor(300) == LogRoom.Ok)
        {
            log.Append(300);
            log.Flush();
        }

        log.Close();
        log.Reopen(log.Disk);
        log.Close();

        Assert.Equal(log.Model.Count, LogFixture.Read(log.Disk, out WalTail tail).Count);
        Assert.True(tail.Clean);
    }

    [Fact]
    public void A_stop_on_a_full_disk_says_what_could_not_be_written()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096;
        log.Append(5_000);
        log.Rounds();

        Task closing = log.Wal.CloseAsync();

        Assert.Equal(WalError.Full, Assert.IsType<WalException>(closing.Exception!.InnerException).Error);
        Assert.Contains(log.Notices.All, notice => notice.Level == StorageLevel.Error);
    }

    // Returns what was acknowledged.
    private static ulong Work(LogFixture log)
    {
        log.Open();
        for (int i = 0; i < 24; i++)
        {
            log.Append(100 + (i * 40));
            Task waiting = log.Wal.FlushAsync().AsTask();
            log.Rounds();
            log.Time.Advance(TimeSpan.FromSeconds(1));
            log.Rounds();
            Assert.True(waiting.IsCompleted, "somebody waits for ever");
            if (waiting.IsFaulted)
            {
                return log.Wal.DurableLsn.Value;
            }
        }

        ulong durable = log.Wal.DurableLsn.Value;
        Assert.Equal((ulong)log.Model.Count, durable);
        Assert.True(log.Wal.CloseAsync().IsCompleted);
        return durable;
    }
}
