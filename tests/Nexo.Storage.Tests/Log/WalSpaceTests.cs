using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>Segments that are freed while things go wrong.</summary>
public sealed class WalSpaceTests
{
    private const DiskOperationKinds Freeing = DiskOperationKinds.Rename | DiskOperationKinds.Open
        | DiskOperationKinds.Delete | DiskOperationKinds.SyncDirectory;

    [Fact]
    public void Room_that_comes_in_the_moment_in_which_a_segment_could_not_be_made_ends_the_full_state()
    {
        using LogFixture log = new LogFixture().Open();
        log.Disk.CapacityBytes = 4_096 + (3 * 8_192);
        var freed = new List<int>();
        log.Disk.Before = (kind, path) =>
        {
            // What was begun of the segment is taken away: it has failed, and the log does not know yet.
            if (freed.Count == 0 && kind == DiskOperationKinds.Delete && path.EndsWith(".tmp", StringComparison.Ordinal))
            {
                freed.Add(log.Wal.Recycle(log.Wal.DurableLsn));
            }
        };
        while (freed.Count == 0)
        {
            log.Append(300);
            log.Flush();
        }

        log.Rounds();

        Assert.True(freed[0] > 0);
        Assert.False(log.Wal.IsFull);
        log.Time.Advance(TimeSpan.FromHours(1));
        log.Rounds();
        Assert.Equal(Timeout.InfiniteTimeSpan, log.Wal.TimeUntilWork());
    }

    [Fact]
    public void A_segment_that_cannot_be_freed_costs_neither_room_nor_files_nor_records()
    {
        int failures = 0;
        for (int n = 1; n <= 12; n++)
        {
            using LogFixture log = WithSegments(n);
            log.Disk.FailAt(n, DiskError.Io, Freeing);
            failures += Record.Exception(() => log.Wal.Recycle(new Lsn(40))) is DiskException ? 1 : 0;

            RequireConsistent(log, $"operation {n}");
            log.Disk.Heal();
            log.Wal.Recycle(new Lsn(40));
            RequireConsistent(log, $"operation {n}, again");
            for (int i = 0; i < 30; i++)
            {
                log.Append(700);
                log.Flush();
            }

            for (int seed = 0; seed < 8; seed++)
            {
                RecordList list = LogFixture.Read(log.Disk.Crash(seed), out _, from: 40);
                Assert.Equal(51, list.Count);
                log.RequirePrefix(list, 40, $"operation {n}, seed {seed}");
            }
        }

        Assert.InRange(failures, 6, 11);
    }

    [Fact]
    public void A_segment_that_cannot_be_read_is_closed_again()
    {
        using LogFixture log = WithSegments(1);
        log.Close();
        log.Wal.Dispose();
        for (int n = 1; n < 10; n++)
        {
            log.Disk.FailAt(n, DiskError.Io, DiskOperationKinds.Read);
            Assert.Throws<DiskException>(() => LogFixture.Read(log.Disk, out _));
            Assert.Equal(0, log.Disk.OpenFiles);
        }
    }

    [Fact]
    public void An_append_after_the_end_takes_no_native_memory()
    {
        var buffer = new LogBuffer();
        buffer.Dispose();

        Assert.Equal(100_000, buffer.Add(100_000).Length);

        Assert.Equal(0, buffer.Capacity);
        using LogFixture log = new LogFixture().Open();
        log.Wal.Dispose();
        log.Append(100);
        log.Append(100_000);
    }

    private static LogFixture WithSegments(int seed)
    {
        LogFixture log = new LogFixture(new SimulatedDisk(seed)).Open();
        for (int i = 0; i < 60; i++)
        {
            log.Append(700);
            log.Flush();
        }

        return log;
    }

    private static void RequireConsistent(LogFixture log, string when)
    {
        long bytes = log.Disk.Paths.Sum(path => log.Disk.ReadAll(path).LongLength);
        Assert.True(bytes == log.Wal.Stats.SegmentBytes, $"{when}: {log.Wal.Stats.SegmentBytes}, not {bytes} bytes");
        int segments = log.Wal.Stats.Segments + log.Wal.Stats.SegmentsPrepared;
        Assert.True(segments == log.Disk.Paths.Count, $"{when}: {segments} segments, {log.Disk.Paths.Count} files");
        int open = log.Wal.Stats.SegmentsPrepared + 1;
        Assert.True(open == log.Disk.OpenFiles, $"{when}: {log.Disk.OpenFiles} open files, not {open}");
    }
}
