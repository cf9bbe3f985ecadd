using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>A log that has come to rest says that its last commit is durable.</summary>
public sealed class WalMarkTests
{
    private static readonly TimeSpan Idle = new WalOptions().MarkAfter;

    [Fact]
    public void When_all_is_durable_and_nothing_comes_one_mark_is_written_and_then_nothing_any_more()
    {
        using LogFixture log = new LogFixture().Open();
        for (int period = 0; period < 3; period++)
        {
            log.Append(10);
            log.Flush();
            (long commits, long syncs) = (log.Wal.Stats.Commits, log.Wal.Stats.Syncs);
            Assert.Equal(Idle, log.Wal.TimeUntilWork());
            log.Time.Advance(Idle - TimeSpan.FromMilliseconds(1));
            Assert.False(log.Wal.RunRound());
            log.Time.Advance(TimeSpan.FromMilliseconds(1));

            Assert.True(log.Wal.RunRound());

            Assert.Equal((commits + 1, syncs + 1), (log.Wal.Stats.Commits, log.Wal.Stats.Syncs));
            Assert.Equal(Timeout.InfiniteTimeSpan, log.Wal.TimeUntilWork());
            log.Time.Advance(TimeSpan.FromHours(1));
            Assert.False(log.Wal.RunRound());
        }

        log.Reopen(log.Disk.Crash(1));
        Assert.Equal(3, log.Model.Count);
        Assert.Equal(Timeout.InfiniteTimeSpan, log.Wal.TimeUntilWork());
    }

    [Fact]
    public void A_busy_log_writes_none()
    {
        using LogFixture log = new LogFixture().Open();
        for (int i = 0; i < 20; i++)
        {
            log.Append(10);
            log.Flush();
            log.Time.Advance(Idle - TimeSpan.FromMilliseconds(1));
            log.Rounds();
        }

        // Nor one in which something is waiting to be written or synced.
        log.Append(10);
        log.Time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.False(log.Wal.RunRound());
        log.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(log.Wal.RunRound());
        log.Time.Advance(Idle);
        Assert.False(log.Wal.RunRound());

        Assert.Equal(1 + 21, log.Wal.Stats.Commits);
    }

    [Fact]
    public void On_a_full_disk_the_room_is_left_to_records()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096;
        log.Append(1_200);
        log.Flush();
        Assert.True(log.Wal.IsFull);
        long commits = log.Wal.Stats.Commits;
        log.Time.Advance(TimeSpan.FromMilliseconds(500));
        log.Rounds();
        Assert.Equal(commits, log.Wal.Stats.Commits);

        log.Disk.CapacityBytes = long.MaxValue;
        log.Time.Advance(TimeSpan.FromSeconds(1));
        log.Rounds();

        Assert.False(log.Wal.IsFull);
        Assert.Equal(commits + 1, log.Wal.Stats.Commits);
    }

    [Fact]
    public void After_a_crash_every_flipped_bit_in_what_was_acknowledged_is_found_or_does_no_harm()
    {
        for (int records = 0; records < 14; records++)
        {
            SimulatedDisk disk = Marked(records, out LogFixture log);
            foreach (string path in disk.Paths)
            {
                long length = disk.ReadAll(path).LongLength;
                for (long offset = 0; offset < length; offset += records < 13 ? 17 : 1)
                {
                    disk.FlipBit(path, offset, (int)(offset % 8));
                    RequireFoundOrWhole(disk, log, $"{records} records, {path}, byte {offset}");
                    disk.FlipBit(path, offset, (int)(offset % 8));
                }
            }
        }
    }

    [Fact]
    public void After_a_crash_every_truncation_is_found_or_does_no_harm()
    {
        SimulatedDisk disk = Marked(14, out LogFixture log);
        foreach (string path in disk.Paths)
        {
            byte[] whole = disk.ReadAll(path);
            for (long length = whole.LongLength - 1; length >= 0; length -= 7)
            {
                disk.Truncate(path, length);
                RequireFoundOrWhole(disk, log, $"{path} truncated to {length}");
            }

            disk.WriteAll(path, whole);
        }
    }

    private static SimulatedDisk Marked(int records, out LogFixture log)
    {
        log = new LogFixture().Open();
        for (int i = 0; i < records; i++)
        {
            log.Append(i * 97 % 700);
            log.Flush();
        }

        log.Time.Advance(Idle);
        log.Rounds();
        SimulatedDisk disk = log.Disk.Crash(records).Settle();
        log.Dispose();
        return disk;
    }

    private static void RequireFoundOrWhole(SimulatedDisk disk, LogFixture log, string what)
    {
        try
        {
            RecordList list = LogFixture.Read(disk, out _);
            Assert.True(list.Count == log.Model.Count, $"{what}: {list.Count} of {log.Model.Count} records");
            log.RequirePrefix(list, 1, what);
        }
        catch (WalDamageException)
        {
            // Found.
        }
    }
}
