using System.Globalization;
using Xunit;
using Directory = Nexo.Storage.DataDirectory;

namespace Nexo.Storage.Tests.DataDirectories;

public sealed class DataDirectoryTests
{
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void A_new_one_is_made_as_documented()
    {
        using Directory directory = Directory.Open(_disk, logId: 0x0123456789ABCDEF);

        Assert.True(directory.Created);
        Assert.Equal("nexo-data\nversion 1\nlog 0123456789abcdef\ncrc 539bd338\n"u8, _disk.ReadAll("FORMAT"));
        Assert.Equal(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), _disk.ReadAll("LOCK"));
        Assert.Equal(["FORMAT", "LOCK"], _disk.Paths);
        Assert.Equal(["snapshots", "wal"], _disk.ListDirectories(""));
    }

    [Fact]
    public void It_keeps_its_log_id()
    {
        ulong first;
        using (Directory directory = Directory.Open(_disk))
        {
            first = directory.LogId;
            Assert.NotEqual(0ul, first);
        }

        using Directory again = Directory.Open(_disk, create: false);
        Assert.False(again.Created);
        Assert.Equal(first, again.LogId);
        Assert.NotEqual(first, Directory.Open(new SimulatedDisk()).LogId);
    }

    [Fact]
    public void A_second_one_at_the_same_time_is_refused_with_the_holder()
    {
        using (Directory.Open(_disk))
        {
            DataDirectoryException refusal = Refusal(DataDirectoryFault.Held);
            Assert.Equal(Environment.ProcessId, refusal.HolderPid);
            Assert.Contains(
                Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refusal.Message, StringComparison.Ordinal);
        }

        Directory.Open(_disk).Dispose();
    }

    [Fact]
    public void A_later_version_is_refused_whatever_else_it_says()
    {
        Directory.Open(_disk).Dispose();
        _disk.WriteAll("FORMAT", "nexo-data\nversion 2\nanything\n"u8);

        Assert.Contains("format 2", Refusal(DataDirectoryFault.Newer).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("thesis.txt")]
    [InlineData("photos/cat.jpg")]
    [InlineData(".profile")]
    public void A_directory_of_somebody_else_is_refused_and_left_alone(string path)
    {
        _disk.WriteAll(path, "mine"u8);

        Assert.Contains(path.Split('/')[0], Refusal(DataDirectoryFault.Foreign).Message, StringComparison.Ordinal);
        Assert.Equal([path], _disk.Paths);
    }

    [Fact]
    public void What_the_file_system_or_a_start_that_broke_off_has_put_there_does_no_harm()
    {
        _disk.CreateDirectory("lost+found");
        _disk.CreateDirectory("wal");
        _disk.WriteAll("LOCK", "1"u8);
        _disk.WriteAll("FORMAT.tmp", "nexo-d"u8);

        using Directory directory = Directory.Open(_disk);

        Assert.True(directory.Created);
        Assert.False(_disk.Exists("FORMAT.tmp"));
    }

    [Theory]
    [InlineData("wal/0000000000000001.wal")]
    [InlineData("snapshots/0000000000000001.snapshot")]
    public void Data_without_its_sign_is_damage_and_not_a_new_directory(string path)
    {
        _disk.WriteAll(path, "data"u8);

        Refusal(DataDirectoryFault.Damaged);
        Assert.Equal([path], _disk.Paths);
    }

    [Fact]
    public void A_missing_part_is_damage()
    {
        _disk.WriteAll("FORMAT", FormatFile.Encode(1));
        _disk.CreateDirectory("snapshots");

        Assert.Contains("wal", Refusal(DataDirectoryFault.Damaged).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_made_where_it_must_be_there()
    {
        Refusal(DataDirectoryFault.Missing, create: false);
        Assert.Empty(_disk.Paths);
    }

    [Fact]
    public void Every_flipped_bit_and_every_truncation_of_the_sign_is_detected()
    {
        Directory.Open(_disk, logId: 42).Dispose();
        byte[] sign = _disk.ReadAll("FORMAT");
        for (int i = 0; i < sign.Length * 8; i++)
        {
            byte[] flipped = [.. sign];
            flipped[i / 8] ^= (byte)(1 << (i % 8));
            IsRefused(flipped);
        }

        for (int length = 0; length < sign.Length; length++)
        {
            IsRefused(sign[..length]);
        }

        IsRefused([.. sign, (byte)'\n']);
    }

    [Fact]
    public void A_crash_at_any_operation_of_its_making_leaves_one_that_can_be_had()
    {
        _disk.StartRecording();
        Directory.Open(_disk, logId: 42).Dispose();
        int made = _disk.Operations.Count;
        int state = 0;
        foreach (SimulatedDisk at in _disk.Replay())
        {
            for (int seed = 0; seed < 50; seed++)
            {
                using Directory directory = Directory.Open(at.Crash(seed), logId: 43);
                Assert.True(directory.LogId == 42 || state < made, $"after {state} operations, seed {seed}");
                Assert.Equal(directory.LogId == 43, directory.Created);
            }

            state++;
        }
    }

    [Theory]
    [InlineData(DiskError.Io)]
    [InlineData(DiskError.Full)]
    [InlineData(DiskError.Denied)]
    public void A_failure_of_any_operation_is_a_refusal_that_gives_the_lock_back(DiskError error)
    {
        int refused = 0;
        for (int n = 1; n <= 20; n++)
        {
            var disk = new SimulatedDisk(n);
            disk.FailAt(n, error, DiskOperationKinds.All);
            try
            {
                Directory.Open(disk, logId: 42).Dispose();
            }
            catch (DataDirectoryException exception)
            {
                Assert.Equal(DataDirectoryFault.Unusable, exception.Fault);
                refused++;
            }

            disk.Heal();
            Directory.Open(disk, logId: 42).Dispose();
        }

        Assert.InRange(refused, 10, 18);
    }

    private DataDirectoryException Refusal(DataDirectoryFault fault, bool create = true)
    {
        DataDirectoryException refusal =
            Assert.Throws<DataDirectoryException>(() => Directory.Open(_disk, create));
        Assert.Equal(fault, refusal.Fault);
        Assert.Contains(_disk.Root, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    private void IsRefused(byte[] sign)
    {
        _disk.WriteAll("FORMAT", sign);
        DataDirectoryException refusal = Assert.Throws<DataDirectoryException>(() => Directory.Open(_disk));
        Assert.True(
            refusal.Fault is DataDirectoryFault.Damaged or DataDirectoryFault.Newer,
            System.Text.Encoding.Latin1.GetString(sign));
    }
}
