using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>Records of a group are read again all or none, wherever a crash comes; and who begins one holds up nobody for long.</summary>
public sealed class WalGroupTests
{
    private const int CrashesPerState = 6;

    [Fact]
    public void After_every_operation_a_crash_leaves_of_each_group_all_or_nothing()
    {
        var groups = new List<(ulong First, ulong Last)>();
        using var log = new LogFixture();
        log.Disk.StartRecording();
        log.Open();
        var random = new Random(7);
        for (int round = 0; round < 60; round++)
        {
            log.Append(random.Next(300));
            log.Wal.BeginGroup();
            ulong first = (ulong)log.Model.Count + 1;
            int records = random.Next(6);
            for (int i = 0; i < records; i++)
            {
                // Beyond what a commit holds, and what is left of a segment.
                log.Append(random.Next(4) == 0 ? 1_400 : random.Next(500));
                log.Wal.RunRound();
            }

            log.Wal.EndGroup();
            groups.Add((first, (ulong)log.Model.Count));
            log.Append(random.Next(300));
            if (random.Next(2) == 0)
            {
                log.Wal.RunRound();
            }

            if (random.Next(4) == 0)
            {
                log.Flush();
            }
        }

        log.Flush();
        int states = 0;
        foreach (SimulatedDisk state in log.Disk.Replay())
        {
            for (int seed = 0; seed < CrashesPerState; seed++)
            {
                Check(state.Crash((states * 31) + seed));
            }

            Check(state.Kill());
            states++;
        }

        Assert.True(states > 100, $"only {states} states");
        Check(log.Disk);

        void Check(SimulatedDisk disk)
        {
            RecordList list = LogFixture.Read(disk, out WalTail tail);
            log.RequirePrefix(list, 1, "after a crash");
            ulong last = tail.NextLsn.Value - 1;
            foreach ((ulong begin, ulong end) in groups)
            {
                Assert.False(last >= begin && last < end, $"record {last} is the last, in the midst of a group from {begin} to {end}");
            }
        }
    }

    [Fact]
    public void Nothing_is_written_while_a_group_is_open_and_all_of_it_when_the_last_has_ended()
    {
        using var log = new LogFixture();
        log.Open();
        Lsn before = log.Append(10);
        log.Wal.BeginGroup();
        Lsn inside = log.Append(10);
        Task waiting = log.Wal.WhenDurableAsync(before).AsTask();
        Assert.False(log.Wal.RunRound());
        log.Wal.BeginGroup();
        log.Wal.EndGroup();
        Assert.False(log.Wal.RunRound());
        Assert.False(waiting.IsCompleted);
        Assert.Equal(Timeout.InfiniteTimeSpan, log.Wal.TimeUntilWork());

        log.Wal.EndGroup();
        Assert.Equal(TimeSpan.Zero, log.Wal.TimeUntilWork());
        log.Rounds();
        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.Equal(inside, log.Wal.DurableLsn);
    }

    [Fact]
    public void A_log_is_closed_although_somebody_has_never_ended_his_group()
    {
        using var log = new LogFixture();
        log.Open();
        log.Wal.BeginGroup();
        log.Append(10);
        log.Close();
        Assert.Equal(1, LogFixture.Read(log.Disk, out _).Count);
    }

    [Fact]
    public async Task Groups_of_many_threads_end_and_what_waits_for_them_goes_on()
    {
        const long PendingBytesMax = 1 << 20;
        using var log = new LogFixture(options: new WalOptions { SegmentBytes = 1 << 20 });
        log.Open();
        Wal wal = log.Wal;
        using var stop = new CancellationTokenSource();
        Task[] groups =
        [
            .. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                AppendGroups, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];

        // With several always at work there is hardly a moment without an open group: it is made.
        for (int i = 0; i < 50; i++)
        {
            await wal.FlushAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await Task.WhenAll(groups);
        await wal.FlushAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(wal.AppendedLsn, wal.DurableLsn);

        void AppendGroups()
        {
            while (!stop.IsCancellationRequested)
            {
                // As a server does: four that append outrun one that writes, and the longer it takes the more there is to write.
                if (wal.PendingBytes > PendingBytesMax)
                {
                    Thread.Sleep(1);
                    continue;
                }

                wal.BeginGroup();
                for (int i = 0; i < 3; i++)
                {
                    using LogAppend append = wal.Begin(16, 8);
                    append.Payload.Clear();
                }

                wal.EndGroup();
            }
        }
    }

    [Fact]
    public void A_writer_that_was_kept_waiting_comes_before_the_next_group()
    {
        using var log = new LogFixture();
        log.Open();
        Lsn first = log.Append(10);
        _ = log.Wal.WhenDurableAsync(first).AsTask();
        log.Wal.BeginGroup();
        Assert.False(log.Wal.IsTakeHeldUp);
        Assert.False(log.Wal.RunRound());
        Assert.True(log.Wal.IsTakeHeldUp);

        // It looks whether it may, and only then takes: between the two nobody begins.
        log.Wal.EndGroup();
        Assert.Equal(TimeSpan.Zero, log.Wal.TimeUntilWork());
        Assert.True(log.Wal.IsTakeHeldUp);
        Assert.True(log.Wal.RunRound());
        Assert.False(log.Wal.IsTakeHeldUp);
    }
}
