using System.Diagnostics;
using Nexo.Storage.Tests.Disk;
using Xunit;
using Directory = Nexo.Storage.DataDirectory;

namespace Nexo.Storage.Tests.DataDirectories;

/// <summary>On the machine's own disk, with another process.</summary>
public sealed class RealDataDirectoryTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    [Fact]
    public void It_is_made_opened_again_and_had_once()
    {
        var disk = new RealDisk(_scratch.NameOf("deep/data"));
        ulong logId;
        using (Directory directory = Directory.Open(disk))
        {
            logId = directory.LogId;
            Assert.Equal(
                DataDirectoryFault.Held, Assert.Throws<DataDirectoryException>(() => Directory.Open(disk)).Fault);
        }

        using Directory again = Directory.Open(new RealDisk(disk.Root));
        Assert.Equal(logId, again.LogId);
    }

    [Fact]
    public void A_lock_that_another_process_holds_is_respected()
    {
        var disk = new RealDisk(_scratch.Path);
        Directory.Open(disk).Dispose();
        string file = _scratch.NameOf("LOCK");
        using Process other = Start("flock", $"--exclusive {file} --command \"echo 4711 >{file}; echo locked; exec cat\"");
        Assert.Equal("locked", other.StandardOutput.ReadLine());

        DataDirectoryException refusal = Assert.Throws<DataDirectoryException>(() => Directory.Open(disk));

        Assert.Equal((DataDirectoryFault.Held, 4711), (refusal.Fault, refusal.HolderPid));
        Assert.Contains("4711", refusal.Message, StringComparison.Ordinal);
        other.StandardInput.Close();
        other.WaitForExit();
        Directory.Open(disk).Dispose();
    }

    [Fact]
    public void Another_process_finds_it_locked_as_long_as_it_is_had()
    {
        using (Directory.Open(new RealDisk(_scratch.Path)))
        {
            Assert.Equal(1, ExitCodeOfTry());
        }

        Assert.Equal(0, ExitCodeOfTry());
    }

    public void Dispose() => _scratch.Dispose();

    private static Process Start(string program, string arguments)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists($"/usr/bin/{program}"))
        {
            Assert.Skip($"There is no {program} here.");
        }

        return Process.Start(new ProcessStartInfo($"/usr/bin/{program}", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    private int ExitCodeOfTry()
    {
        using Process other = Start("flock", $"--nonblock {_scratch.NameOf("LOCK")} --command true");
        other.WaitForExit();
        return other.ExitCode;
    }
}
