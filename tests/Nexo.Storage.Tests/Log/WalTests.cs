using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>What the log does in which order, on a disk that does what it should.</summary>
public sealed class WalTests : IDisposable
{
    private readonly LogFixture _log = new();

    private Wal Wal => _log.Wal;

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_was_appended_is_read_again_in_its_order()
    {
        _log.Open();
        foreach (int bytes in new[] { 0, 1, 100, 2_000, 5 })
        {
            _log.Append(bytes, kind: (byte)(bytes % 7));
        }

        _log.Close();

        RecordList list = LogFixture.Read(_log.Disk, out WalTail tail);
        _log.RequirePrefix(list, 1, "after a clean stop");
        Assert.Equal(5, list.Count);
        Assert.True(tail.Clean);
        Assert.Null(tail.Cut);
        Assert.Equal(new Lsn(6), tail.NextLsn);
        Assert.Equal(1u, tail.Epoch);
    }

    [Fact]
    public void A_log_without_any_record_is_read_again()
    {
        _log.Open();
        _log.Close();
        _log.Reopen(_log.Disk);
        _log.Close();

        LogFixture.Read(_log.Disk, out WalTail tail);

        Assert.Equal(2u, tail.Epoch);
        Assert.Equal(5ul, tail.NextCommit);
        Assert.True(tail.Clean);
    }

    [Fact]
    public void Nothing_is_durable_before_the_sync_and_all_of_a_commit_is_after_it()
    {
        _log.Open();
        Lsn first = _log.Append(10);
        Lsn second = _log.Append(10);
        int syncs = _log.Disk.Count(DiskOperationKinds.Sync);

        Task waiting = Wal.WhenDurableAsync(first).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(Lsn.None, Wal.DurableLsn);
        Assert.True(Wal.RunRound());

        Assert.True(waiting.IsCompletedSuccessfully);
        Assert.Equal(second, Wal.DurableLsn);
        Assert.Equal(syncs + 1, _log.Disk.Count(DiskOperationKinds.Sync));
        Assert.True(Wal.WhenDurableAsync(second).AsTask().IsCompletedSuccessfully);
        Assert.False(Wal.RunRound());
    }

    [Fact]
    public void Without_anybody_waiting_it_is_written_after_the_delay_and_synced_after_the_interval()
    {
        _log.Open();
        _log.Append(10);
        int writes = _log.Disk.Count(DiskOperationKinds.Write);

        Assert.False(Wal.RunRound());
        _log.Time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(Wal.RunRound());
        Assert.Equal(writes + 1, _log.Disk.Count(DiskOperationKinds.Write));
        Assert.Equal(Lsn.None, Wal.DurableLsn);

        _log.Time.Advance(TimeSpan.FromMilliseconds(989));
        Assert.False(Wal.RunRound());
        _log.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(Wal.RunRound());
        Assert.Equal(new Lsn(1), Wal.DurableLsn);
    }

    [Fact]
    public void Without_anybody_waiting_much_is_written_and_synced_at_once()
    {
        _log.Open();
        _log.Append(1_000);
        Assert.True(Wal.RunRound());
        Assert.Equal(Lsn.None, Wal.DurableLsn);
        for (int i = 0; i < 6; i++)
        {
            _log.Append(1_000);
            Wal.RunRound();
        }

        Assert.NotEqual(Lsn.None, Wal.DurableLsn);
    }

    [Fact]
    public void A_full_segment_is_followed_by_one_that_was_prepared_when_half_of_it_was_left()
    {
        _log.Open();
        _log.Append(1_200);
        _log.Flush();
        Assert.Contains("wal/0000000000000002.wal", _log.Disk.Paths);
        Assert.Equal(1, Wal.Stats.SegmentsPrepared);

        for (int i = 0; i < 30; i++)
        {
            _log.Append(700);
            _log.Flush();
        }

        Assert.True(Wal.Stats.Segments > 3);
        _log.Close();
        Assert.Equal(31, LogFixture.Read(_log.Disk, out _).Count);
    }

    [Fact]
    public void A_record_larger_than_a_segment_gets_one_of_its_size()
    {
        _log.Open();
        _log.Append(100);
        _log.Append(50_000);
        _log.Append(100);
        _log.Flush();
        _log.Append(20_000);
        _log.Flush();
        _log.Close();

        RecordList list = LogFixture.Read(_log.Disk, out _);
        Assert.Equal(4, list.Count);
        _log.RequirePrefix(list, 1, "with large records");
    }

    [Fact]
    public void Segments_below_what_is_needed_are_used_again_and_the_others_deleted()
    {
        _log.Open();
        for (int i = 0; i < 60; i++)
        {
            _log.Append(700);
            _log.Flush();
        }

        int before = Wal.Stats.Segments;
        int freed = Wal.Recycle(new Lsn(40));

        Assert.InRange(freed, 2, before - 1);
        Assert.Equal(before - freed, Wal.Stats.Segments);
        Assert.Equal(2, Wal.Stats.SegmentsPrepared);
        Assert.Equal(_log.Disk.Paths.Sum(path => _log.Disk.ReadAll(path).LongLength), Wal.Stats.SegmentBytes);
        for (int i = 0; i < 30; i++)
        {
            _log.Append(700);
            _log.Flush();
        }

        _log.Close();
        RecordList list = LogFixture.Read(_log.Disk, out _, from: 40);
        Assert.Equal(51, list.Count);
        _log.RequirePrefix(list, 40, "after recycling");
        Assert.Throws<WalDamageException>(() => LogFixture.Read(_log.Disk, out _, from: 5));
    }

    [Fact]
    public void The_current_segment_is_never_freed()
    {
        _log.Open();
        _log.Append(10);
        _log.Flush();

        Assert.Equal(0, Wal.Recycle(new Lsn(ulong.MaxValue)));
    }

    [Fact]
    public void A_pin_holds_segments_back()
    {
        _log.Open();
        for (int i = 0; i < 40; i++)
        {
            _log.Append(700);
            _log.Flush();
        }

        var list = new RecordList();
        using (Wal.PinFrom(new Lsn(1)))
        {
            Assert.Equal(0, Wal.Recycle(new Lsn(40)));
            Wal.Read(new Lsn(7), new Lsn(33), list);
        }

        Assert.Equal(new Lsn(7), list.First);
        Assert.Equal(27, list.Count);
        _log.RequirePrefix(list, 7, "while running");
        Assert.True(Wal.Recycle(new Lsn(40)) > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => Wal.PinFrom(new Lsn(1)));
    }

    [Fact]
    public void Who_appends_too_much_waits_for_room()
    {
        _log.Options = LogFixture.Small with { PendingBytesMax = 2_000 };
        _log.Open();
        _log.Append(1_500);
        Assert.True(Wal.WhenRoomAsync().AsTask().IsCompleted);
        _log.Append(1_500);
        Task room = Wal.WhenRoomAsync().AsTask();
        Assert.False(room.IsCompleted);
        Assert.Equal(3_010, Wal.PendingBytes);

        _log.Rounds();

        Assert.True(room.IsCompletedSuccessfully);
        Assert.Equal(0, Wal.PendingBytes);
    }

    [Fact]
    public void After_a_crash_it_goes_on_under_a_higher_epoch()
    {
        _log.Open();
        _log.Append(10);
        _log.Flush();
        _log.Append(10);
        _log.Reopen(_log.Disk.Kill());

        Assert.Single(_log.Model);
        Assert.False(_log.Tail.Clean);
        _log.Append(20);
        _log.Flush();
        LogFixture.Read(_log.Disk, out WalTail tail);
        Assert.Equal(2u, tail.Epoch);
        Assert.Equal(new Lsn(3), tail.NextLsn);
    }

    [Fact]
    public void What_a_sync_has_failed_to_keep_is_written_again_at_the_next_start()
    {
        for (int disk = 0; disk < 20; disk++)
        {
            using var log = new LogFixture(new SimulatedDisk(seed: disk));
            log.Open();
            log.Append(10);
            log.Disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
            Task waiting = log.Wal.FlushAsync().AsTask();
            log.Rounds();
            Assert.True(waiting.IsFaulted);
            log.Disk.Heal();

            // The kernel has the record still, so it is found; from then on it must not be lost.
            log.Reopen(log.Disk);
            Assert.Single(log.Model);
            for (int seed = 0; seed < 20; seed++)
            {
                Assert.Single(LogFixture.Read(log.Disk.Crash(seed), out _).Records);
            }
        }
    }

    [Fact]
    public void After_a_clean_stop_nothing_is_taken_any_more()
    {
        _log.Open();
        _log.Append(10);
        _log.Close();

        _log.Append(1_000_000);
        Assert.True(Wal.WhenDurableAsync(new Lsn(2)).AsTask().IsFaulted);
        Assert.True(Wal.WhenDurableAsync(new Lsn(1)).AsTask().IsCompletedSuccessfully);
        Assert.Equal(0, Wal.PendingBytes);
        Assert.Single(LogFixture.Read(_log.Disk, out _).Records);
    }

    [Fact]
    public void A_log_that_follows_a_backup_begins_at_its_position()
    {
        _log.Disk.CreateDirectory("wal");
        using (var wal = Wal.Open(
            _log.Disk, LogFixture.LogId, WalTail.BeginAt(new Lsn(500)), _log.Options, _log.Time, _log.Notices))
        {
            wal.Begin(16, 3).Dispose();
            Assert.Equal(new Lsn(500), wal.AppendedLsn);
            Assert.True(wal.CloseAsync().IsCompletedSuccessfully);
        }

        RecordList list = LogFixture.Read(_log.Disk, out WalTail tail, from: 500);
        Assert.Equal(new Lsn(500), list.First);
        Assert.Equal(new Lsn(501), tail.NextLsn);
    }

    [Fact]
    public void A_log_of_another_id_is_refused()
    {
        _log.Open();
        _log.Close();

        Assert.Throws<WalDamageException>(
            () => WalReader.Read(_log.Disk, 99, new Lsn(1), new RecordList(), new Notices()));
    }
}
