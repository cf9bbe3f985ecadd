using Xunit;

namespace Nexo.Storage.Tests.Log;

public sealed class WalRepairTests
{
    [Fact]
    public void After_a_repair_the_log_ends_before_the_damage_goes_on_and_the_originals_are_kept()
    {
        for (int segment = 1; segment <= 4; segment++)
        {
            for (long offset = 0; offset < 8_192; offset += 256)
            {
                Repair((ulong)segment, disk => FlipUsed(disk, (ulong)segment, offset));
            }
        }
    }

    [Fact]
    public void A_segment_that_was_cut_short_or_is_gone_can_be_repaired_too()
    {
        Repair(2, disk => disk.Truncate(SegmentHeader.PathOf(2), 3_000));
        Repair(2, disk => disk.Truncate(SegmentHeader.PathOf(2), 100));
        Repair(2, disk => disk.Delete(SegmentHeader.PathOf(2)));
    }

    private static void FlipUsed(SimulatedDisk disk, ulong segment, long offset)
    {
        string path = SegmentHeader.PathOf(segment);
        if (offset < disk.ReadAll(path).Length)
        {
            disk.FlipBit(path, offset, 1);
        }
    }

    private static void Repair(ulong segment, Action<SimulatedDisk> harm)
    {
        using LogFixture log = new LogFixture().Open();
        for (int i = 0; i < 30; i++)
        {
            log.Append(700);
            log.Flush();
        }

        log.Close();
        log.Wal.Dispose();
        SimulatedDisk disk = log.Disk.Kill();
        harm(disk);
        var before = disk.Paths.ToDictionary(path => path, disk.ReadAll);
        WalTail? tail = TryRead(disk, out WalDamageException? damage);
        for (int attempts = 0; tail is null; attempts++)
        {
            Assert.InRange(attempts, 0, 3);
            foreach (string kept in WalRepair.CutAt(disk, damage!))
            {
                if (attempts == 0)
                {
                    Assert.Equal(before[$"wal/{kept.Split('/')[1]}"], disk.ReadAll(kept));
                }
            }

            tail = TryRead(disk, out damage);
        }

        log.Reopen(disk);

        // Two records are in the first segment, six in each other: those before the damage are all there.
        int least = segment == 1 ? 0 : 2 + ((int)(segment - 2) * 6);
        Assert.True(log.Model.Count >= least, $"segment {segment}: {log.Model.Count} records are left");
        log.Append(50);
        log.Flush();
        Assert.Equal(log.Model.Count, LogFixture.Read(log.Disk.Kill(), out _).Count);
    }

    private static WalTail? TryRead(SimulatedDisk disk, out WalDamageException? damage)
    {
        try
        {
            damage = null;
            LogFixture.Read(disk, out WalTail tail);
            return tail;
        }
        catch (WalDamageException exception)
        {
            damage = exception;
            return null;
        }
    }
}
