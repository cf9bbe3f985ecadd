using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>
/// Damage at rest to a log that was closed cleanly: it is found, or it does no harm. Never are there silently fewer
/// records.
/// </summary>
public sealed class WalDamageTests
{
    [Fact]
    public void Every_single_flipped_bit_is_found_or_does_no_harm()
    {
        SimulatedDisk disk = Closed(out LogFixture log);
        int found = 0;
        foreach (string path in disk.Paths)
        {
            long length = disk.ReadAll(path).LongLength;
            for (long offset = 0; offset < length; offset++)
            {
                int bit = (int)(offset % 8);
                disk.FlipBit(path, offset, bit);
                found += FindsOrIsWhole(disk, log, $"{path}, byte {offset}, bit {bit}") ? 1 : 0;
                disk.FlipBit(path, offset, bit);
            }
        }

        Assert.True(found > 5_000, $"only {found} were found");
        Assert.False(FindsOrIsWhole(disk, log, "undamaged"));
    }

    [Fact]
    public void Every_truncation_is_found_or_does_no_harm()
    {
        SimulatedDisk disk = Closed(out LogFixture log);
        foreach (string path in disk.Paths)
        {
            byte[] whole = disk.ReadAll(path);
            for (long length = whole.LongLength - 1; length >= 0; length -= 7)
            {
                disk.Truncate(path, length);
                FindsOrIsWhole(disk, log, $"{path} truncated to {length}");
            }

            disk.WriteAll(path, whole);
        }
    }

    [Fact]
    public void A_segment_that_is_missing_between_others_is_found()
    {
        SimulatedDisk disk = Closed(out LogFixture log);
        string second = SegmentHeader.PathOf(2);
        disk.Delete(second);

        WalDamageException damage = Assert.Throws<WalDamageException>(() => LogFixture.Read(disk, out _));

        Assert.Equal(SegmentHeader.PathOf(1), damage.Path);
        Assert.True(damage.LostFrom > 1);
        log.Dispose();
    }

    [Fact]
    public void Damage_names_file_and_offset()
    {
        SimulatedDisk disk = Closed(out LogFixture log);
        disk.FlipBit(SegmentHeader.PathOf(1), 1_024 + 66, 3);

        WalDamageException damage = Assert.Throws<WalDamageException>(() => LogFixture.Read(disk, out _));

        Assert.Equal(SegmentHeader.PathOf(1), damage.Path);
        Assert.Equal(1_024, damage.Offset);
        Assert.Equal(2ul, damage.LostFrom);
        log.Dispose();
    }

    [Fact]
    public void Damage_in_what_a_crash_left_is_told_from_its_torn_tail()
    {
        using LogFixture log = new LogFixture().Open();
        for (int i = 0; i < 3; i++)
        {
            log.Append(100);
            log.Flush();
        }

        SimulatedDisk disk = log.Disk.Kill();
        disk.FlipBit(SegmentHeader.PathOf(1), 1_024 + 70, 3);
        Assert.Throws<WalDamageException>(() => LogFixture.Read(disk, out _));
    }

    [Fact]
    public void A_torn_tail_is_cut_and_told_with_file_offset_and_bytes()
    {
        using LogFixture log = new LogFixture(options: LogFixture.Small with { FirstSegmentBytes = 8_192 }).Open();
        log.Append(100);
        log.Flush();
        for (int i = 0; i < 2; i++)
        {
            log.Append(600);
            log.Time.Advance(TimeSpan.FromMilliseconds(10));
            log.Rounds();
        }

        SimulatedDisk disk = log.Disk.Kill();
        disk.FlipBit(SegmentHeader.PathOf(1), 1_536 + 200, 0);
        var notices = new Notices();
        RecordList list = LogFixture.Read(disk, out WalTail tail, observer: notices);

        Assert.Single(list.Records);
        Assert.Equal(new WalCut(SegmentHeader.PathOf(1), 1_536, 2_048, 1, 1), tail.Cut);
        Assert.Equal(StorageLevel.Warning, Assert.Single(notices.All).Level);

        // What was cut does not come back, and is not told again.
        log.Reopen(disk);
        log.Append(5);
        log.Flush();
        Assert.Equal(2, LogFixture.Read(log.Disk.Kill(), out tail).Count);
        Assert.Null(tail.Cut);
    }

    [Fact]
    public void A_commit_of_an_epoch_that_was_cut_is_no_continuation_although_number_place_and_position_fit()
    {
        using LogFixture log = new LogFixture(options: LogFixture.Small with { FirstSegmentBytes = 8_192 }).Open();
        for (int i = 0; i < 3; i++)
        {
            log.Append(10);
            log.Time.Advance(TimeSpan.FromMilliseconds(10));
            log.Rounds();
        }

        // Commits 2, 3 and 4 were never synced, and only the last two arrived.
        SimulatedDisk disk = log.Disk.Kill();
        disk.FlipBit(SegmentHeader.PathOf(1), 1_024 + 20, 0);
        log.Reopen(disk);
        Assert.Empty(log.Model);
        log.Append(20);
        log.Append(20);
        log.Flush();

        // Behind commit 3 of the new epoch now lies commit 4 of the old one, which begins at record 3.
        RecordList list = LogFixture.Read(log.Disk.Kill(), out WalTail tail);
        Assert.Equal(2, list.Count);
        Assert.Equal(4ul, tail.NextCommit);
        Assert.Null(tail.Cut);
    }

    private static bool FindsOrIsWhole(SimulatedDisk disk, LogFixture log, string what)
    {
        try
        {
            RecordList list = LogFixture.Read(disk, out _);
            Assert.True(list.Count == log.Model.Count, $"{what}: {list.Count} of {log.Model.Count} records");
            log.RequirePrefix(list, 1, what);
            return false;
        }
        catch (WalDamageException)
        {
            return true;
        }
    }

    private static SimulatedDisk Closed(out LogFixture log)
    {
        log = new LogFixture().Open();
        for (int i = 0; i < 14; i++)
        {
            log.Append(i * 97 % 700);
            log.Flush();
        }

        log.Close();
        return log.Disk.Kill();
    }
}
