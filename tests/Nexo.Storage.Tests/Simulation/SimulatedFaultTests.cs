using Xunit;

namespace Nexo.Storage.Tests.Simulation;

public sealed class SimulatedFaultTests
{
    [Fact]
    public void The_nth_operation_fails_and_the_ones_around_it_do_not()
    {
        var disk = new SimulatedDisk();
        disk.FailAt(3, DiskError.Io);
        using IDiskFile file = disk.Create("a");
        file.Write("1"u8, 0);

        Assert.Equal(DiskError.Io, Assert.Throws<DiskException>(file.Sync).Error);
        file.Sync();
        Assert.Equal(4, disk.Count());
        Assert.Equal(2, disk.Count(DiskOperationKinds.Sync));
    }

    [Fact]
    public void A_kind_can_fail_from_some_time_on_until_the_disk_is_healed()
    {
        var disk = new SimulatedDisk();
        disk.FailAt(2, DiskError.Full, DiskOperationKinds.Write, fromThenOn: true);
        using IDiskFile file = disk.Create("a");
        file.Write("1"u8, 0);

        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => file.Write("2"u8, 1)).Error);
        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => file.Write("2"u8, 1)).Error);
        file.Sync();
        disk.Heal();
        file.Write("2"u8, 1);
    }

    [Fact]
    public void A_sync_after_one_that_failed_does_not_heal_it()
    {
        int lost = 0;
        for (int seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(seed);
            using IDiskFile file = disk.Create("a");
            file.Sync();
            disk.SyncDirectory("");
            file.Write("data"u8, 0);
            disk.FailAt(1, DiskError.Io);
            Assert.Throws<DiskException>(file.Sync);
            file.Sync();

            Assert.Equal("data"u8, disk.ReadAll("a"));
            lost += disk.Crash(seed).ReadAll("a").AsSpan().SequenceEqual("data"u8) ? 0 : 1;
        }

        Assert.InRange(lost, 1, 49);
    }

    [Fact]
    public void A_failed_sync_of_a_directory_leaves_its_names_in_doubt()
    {
        int lost = 0;
        for (int seed = 0; seed < 50; seed++)
        {
            var disk = new SimulatedDisk(seed);
            disk.Create("a").Dispose();
            disk.FailAt(1, DiskError.Io);
            Assert.Throws<DiskException>(() => disk.SyncDirectory(""));
            disk.SyncDirectory("");
            lost += disk.Crash(seed).Exists("a") ? 0 : 1;
        }

        Assert.InRange(lost, 1, 49);
    }

    [Fact]
    public void A_full_disk_takes_what_fits_and_what_has_its_room_already()
    {
        var disk = new SimulatedDisk { CapacityBytes = 8_192 };
        using IDiskFile file = disk.Create("a");
        file.Write(new byte[5_000], 0);
        Assert.Equal(0, disk.FreeBytes);

        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => file.Write(new byte[5_000], 5_000)).Error);
        Assert.Equal(8_192, file.Length);
        file.Write(new byte[8_192], 0);
        using IDiskFile other = disk.Create("b");
        Assert.Equal(DiskError.Full, Assert.Throws<DiskException>(() => other.Write([1], 0)).Error);
        file.SetLength(4_096);
        other.Write([1], 0);
        disk.Delete("a");
        Assert.Equal(4_096, disk.FreeBytes);
    }

    [Fact]
    public void Room_that_was_only_skipped_is_not_there_when_it_is_wanted()
    {
        var disk = new SimulatedDisk { CapacityBytes = 4_096 };
        using IDiskFile file = disk.Create("a");
        file.SetLength(100_000);
        file.Write([1], 50_000);

        Assert.Throws<DiskException>(() => file.Write([1], 0));
        disk.CapacityBytes = 8_192;
        file.Write([1], 0);
    }

    [Fact]
    public void A_flipped_bit_and_a_cut_are_there_after_a_crash()
    {
        var disk = new SimulatedDisk();
        disk.WriteAll("d/a", "abc"u8);
        disk.FlipBit("d/a", 1, 0);
        disk.Truncate("d/a", 2);

        Assert.Equal("ac"u8, disk.Crash(1).ReadAll("d/a"));
        using IDiskFile file = disk.Open("d/a", forWriting: true);
        file.Write("x"u8, 0);
        Assert.Throws<InvalidOperationException>(() => disk.FlipBit("d/a", 0, 0));
    }

    [Fact]
    public void A_halted_disk_does_nothing_more_but_its_crash_does()
    {
        var disk = new SimulatedDisk();
        disk.WriteAll("a", "x"u8);
        using IDiskFile file = disk.Open("a", forWriting: true);
        disk.Halt();

        Assert.Throws<DiskException>(() => file.Write("y"u8, 0));
        Assert.Equal("x"u8, disk.Crash(1).ReadAll("a"));
        disk.Crash(1).Open("a", forWriting: true).Write("y"u8, 0);
    }

    [Fact]
    public void A_replay_passes_through_every_state_that_there_was()
    {
        var disk = new SimulatedDisk();
        disk.WriteAll("d/old", "old"u8);
        disk.StartRecording();
        IDiskFile file = disk.Create("d/tmp");
        file.Write("new"u8, 0);
        file.SetLength(2);
        file.Sync();
        disk.Rename("d/tmp", "d/old");
        disk.SyncDirectory("d");
        file.Write("!"u8, 2);
        disk.Delete("d/old");

        List<string> states =
        [
            .. disk.Replay().Select(state => string.Join(
                ' ', state.Paths.Select(path => $"{path}={System.Text.Encoding.ASCII.GetString(state.ReadAll(path))}"))),
        ];

        Assert.Equal(
            [
                "d/old=old",
                "d/old=old d/tmp=",
                "d/old=old d/tmp=new",
                "d/old=old d/tmp=ne",
                "d/old=old d/tmp=ne",
                "d/old=ne",
                "d/old=ne",
                "d/old=ne!",
                "",
            ],
            states);
        Assert.Equal(8, disk.Operations.Count);
    }
}
