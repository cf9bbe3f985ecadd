using Nexo.Storage.Tests.Disk;
using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>The log with its own thread, in real time.</summary>
public sealed class WalThreadTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly WalOptions Options = new()
    {
        SegmentBytes = 128 * 1_024,
        FirstSegmentBytes = 64 * 1_024,
        MarkAfter = Timeout.InfiniteTimeSpan,
    };

    [Fact]
    public async Task Many_who_append_and_wait_at_once_find_everything_on_the_disk()
    {
        const int Appenders = 32;
        const int Records = 100;
        using var scratch = new ScratchDirectory();
        var disk = new RealDisk(scratch.Path);
        using (Wal wal = Open(disk))
        {
            await Task.WhenAll(Enumerable.Range(0, Appenders).Select(appender => Task.Run(async () =>
            {
                for (int i = 0; i < Records; i++)
                {
                    Lsn lsn = Append(wal, (byte)appender, i);
                    await wal.WhenDurableAsync(lsn);
                    Assert.True(wal.DurableLsn >= lsn);
                    if (i % 10 == 0)
                    {
                        wal.Recycle(new Lsn(1));
                    }
                }
            }))).WaitAsync(Deadline);
            await wal.CloseAsync().WaitAsync(Deadline);
            Assert.True(wal.Stats.Syncs < Appenders * Records);
        }

        RecordList list = LogFixture.Read(disk, out WalTail tail);
        Assert.True(tail.Clean);
        foreach (IGrouping<byte, (byte Kind, byte[] Payload)> appender in list.Records.GroupBy(record => record.Kind))
        {
            Assert.Equal(
                Enumerable.Range(0, Records), appender.Select(record => BitConverter.ToInt32(record.Payload)));
        }

        Assert.Equal(Appenders * Records, list.Count);
    }

    [Fact]
    public async Task What_nobody_waits_for_becomes_durable_by_itself()
    {
        using Wal wal = Open(new SimulatedDisk(), Options with { SyncInterval = TimeSpan.FromMilliseconds(50) });
        Lsn lsn = Append(wal, 16, 1);

        await Until(() => wal.DurableLsn >= lsn);
    }

    [Fact]
    public async Task What_is_appended_during_a_sync_shares_the_next_one()
    {
        var disk = new SimulatedDisk();
        using Wal wal = Open(disk);
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        disk.Before = (kind, _) =>
        {
            if (kind == DiskOperationKinds.Sync)
            {
                reached.Release();
                goOn.Wait(Deadline);
            }
        };
        Task first = wal.WhenDurableAsync(Append(wal, 16, 0)).AsTask();
        Assert.True(await reached.WaitAsync(Deadline));
        long commits = wal.Stats.Commits;
        Task[] others = [.. Enumerable.Range(1, 50).Select(i => wal.WhenDurableAsync(Append(wal, 16, i)).AsTask())];
        Assert.DoesNotContain(others, task => task.IsCompleted);
        Assert.False(first.IsCompleted);

        goOn.Release(100);
        await Task.WhenAll([first, .. others]).WaitAsync(Deadline);

        Assert.Equal(commits + 1, wal.Stats.Commits);
    }

    [Fact]
    public async Task When_it_fails_all_who_wait_are_told()
    {
        var disk = new SimulatedDisk();
        using Wal wal = Open(disk);
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
        Task[] waiting = [.. Enumerable.Range(0, 50).Select(i => wal.WhenDurableAsync(Append(wal, 16, i)).AsTask())];

        foreach (Task task in waiting)
        {
            WalException told = await Assert.ThrowsAsync<WalException>(() => task.WaitAsync(Deadline));
            Assert.Equal(WalError.Failed, told.Error);
        }

        await Assert.ThrowsAsync<WalException>(() => wal.CloseAsync().WaitAsync(Deadline));
    }

    [Fact]
    public async Task Letting_go_without_a_stop_tells_all_who_wait_and_writes_nothing()
    {
        var disk = new SimulatedDisk();
        Wal wal = Open(disk);
        using var goOn = new SemaphoreSlim(0);
        using var reached = new SemaphoreSlim(0);
        disk.Before = (kind, _) =>
        {
            if (kind == DiskOperationKinds.Sync)
            {
                reached.Release();
                goOn.Wait(Deadline);
            }
        };
        Task first = wal.WhenDurableAsync(Append(wal, 16, 0)).AsTask();
        Assert.True(await reached.WaitAsync(Deadline));
        Task second = wal.WhenDurableAsync(Append(wal, 16, 1)).AsTask();
        var disposing = Task.Run(wal.Dispose);
        WalException told = await Assert.ThrowsAsync<WalException>(() => second.WaitAsync(Deadline));
        goOn.Release(100);
        await disposing.WaitAsync(Deadline);

        Assert.Equal(WalError.Closed, told.Error);
        await Assert.ThrowsAsync<WalException>(() => first.WaitAsync(Deadline));
        disk.Before = null;
        Assert.Single(LogFixture.Read(disk, out _).Records);
    }

    [Fact]
    public async Task A_full_disk_that_gets_room_again_serves_those_who_waited()
    {
        var disk = new SimulatedDisk();
        using Wal wal = Open(disk, Options with { FullRetry = TimeSpan.FromMilliseconds(20) });
        disk.CapacityBytes = 80 * 1_024;
        Task waiting = wal.WhenDurableAsync(AppendBytes(wal, 100 * 1_024)).AsTask();
        await Until(() => wal.IsFull);
        Assert.False(waiting.IsCompleted);

        disk.CapacityBytes = long.MaxValue;
        await waiting.WaitAsync(Deadline);

        Assert.False(wal.IsFull);
    }

    [Fact]
    public async Task A_writer_with_nothing_to_do_sleeps()
    {
        using Wal wal = Open(new SimulatedDisk());
        await wal.WhenDurableAsync(Append(wal, 16, 1)).AsTask().WaitAsync(Deadline);

        // One that does not would look a hundred thousand times meanwhile.
        await Until(() => wal.Stats.UnsyncedBytes == 0);
        long before = wal.Rounds;
        await Task.Delay(200);

        Assert.InRange(wal.Rounds - before, 0, 20);
        await wal.WhenDurableAsync(Append(wal, 16, 2)).AsTask().WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_disk_that_is_full_is_known_before_the_attempt_to_make_a_segment_has_failed()
    {
        var disk = new SimulatedDisk();
        using Wal wal = Open(disk);
        disk.CapacityBytes -= disk.FreeBytes;
        using var goOn = new SemaphoreSlim(0);
        disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Create && path.EndsWith(".tmp", StringComparison.Ordinal))
            {
                goOn.Wait(Deadline);
            }
        };
        await wal.WhenDurableAsync(AppendBytes(wal, 40 * 1_024));

        await Until(() => wal.IsFull);

        Assert.Equal(LogRoom.Full, wal.RoomFor(10 * 1_024));
        await wal.WhenDurableAsync(AppendBytes(wal, 100));
        goOn.Release(100);
    }

    [Fact]
    public async Task A_log_that_has_come_to_rest_says_so_once()
    {
        var disk = new SimulatedDisk();
        using Wal wal = Open(disk, Options with { MarkAfter = TimeSpan.FromMilliseconds(20) });
        await wal.WhenDurableAsync(Append(wal, 16, 0));

        await Until(() => wal.Stats.Commits == 3);
        await Task.Delay(100);

        Assert.Equal(3, wal.Stats.Commits);
        LogFixture.Read(disk.Kill(), out WalTail tail);
        Assert.Equal(4ul, tail.NextCommit);
    }

    [Fact]
    public async Task Neither_an_append_nor_a_wait_for_what_is_durable_allocates()
    {
        WalOptions never = Options with { WriteDelay = TimeSpan.FromHours(1), WriteBytes = int.MaxValue };
        using Wal wal = Open(new SimulatedDisk(), never);
        for (int i = 0; i < 100_000; i++)
        {
            Append(wal, 16, i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            Append(wal, 16, i);
            _ = wal.RoomFor(100);
            await wal.WhenDurableAsync(Lsn.None);
            await wal.WhenRoomAsync();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Wal Open(IDisk disk, WalOptions? options = null) => Wal.Open(
        disk, LogFixture.LogId, WalTail.BeginAt(new Lsn(1)), options ?? Options, TimeProvider.System, new Notices());

    private static Lsn Append(Wal wal, byte kind, int number)
    {
        using LogAppend append = wal.Begin(kind, sizeof(int));
        BitConverter.TryWriteBytes(append.Payload, number);
        return append.Lsn;
    }

    private static Lsn AppendBytes(Wal wal, int bytes)
    {
        using LogAppend append = wal.Begin(16, bytes);
        append.Payload.Clear();
        return append.Lsn;
    }

    private static async Task Until(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            await Task.Delay(5, deadline.Token);
        }
    }
}
