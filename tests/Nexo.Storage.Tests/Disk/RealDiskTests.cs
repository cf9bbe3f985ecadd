using Xunit;

namespace Nexo.Storage.Tests.Disk;

public sealed class RealDiskTests : DiskContractTests, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    protected override IDisk Disk => new RealDisk(_scratch.Path);

    [Fact]
    public void What_is_made_is_for_this_user_only()
    {
        var disk = new RealDisk(_scratch.NameOf("new/data"));
        disk.CreateDirectory("wal/deep");
        disk.Create("wal/a").Dispose();
        disk.TryLock("LOCK")!.Dispose();

        Assert.True(disk.FreeBytes > 0);
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(File | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(disk.Root));
            Assert.Equal(File | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode($"{disk.Root}/wal"));
            Assert.Equal(File | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode($"{disk.Root}/wal/deep"));
            Assert.Equal(File, System.IO.File.GetUnixFileMode($"{disk.Root}/wal/a"));
            Assert.Equal(File, System.IO.File.GetUnixFileMode($"{disk.Root}/LOCK"));
        }
    }

    /// <summary>/dev/full refuses every write as a full disk does.</summary>
    [Fact]
    public void A_full_disk_is_told_from_a_broken_one()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("There is no /dev/full here.");
        }

        using IDiskFile full = new RealDisk("/dev").Open("full", forWriting: true);

        Assert.Equal(DiskError.Full, ErrorOf(() => full.Write("x"u8, 0)));
    }

    [Fact]
    public void A_sync_that_the_file_refuses_is_a_failure_and_not_passed_over()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Linux says EINVAL for a device that cannot be synced.");
        }

        using IDiskFile device = new RealDisk("/dev").Open("null", forWriting: true);

        Assert.Equal(DiskError.Io, ErrorOf(device.Sync));
    }

    [Fact]
    public void A_directory_in_the_way_of_a_file_is_an_error()
    {
        Disk.CreateDirectory("a");

        Assert.Equal(DiskError.AlreadyExists, ErrorOf(() => Disk.Create("a")));
        Assert.Throws<DiskException>(() => Disk.Open("a", forWriting: true));
    }

    public void Dispose() => _scratch.Dispose();
}
