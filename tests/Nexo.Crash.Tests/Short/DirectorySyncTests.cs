using Nexo.Crash.Ledger;
using Nexo.Crash.Machine;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Short;

/// <summary>
/// File systems that journal names hide a directory that is not synced from a power failure in a test, most of the
/// time. So this one looks at the system calls of the real server.
/// </summary>
public sealed class DirectorySyncTests
{
    [Fact]
    public async Task Every_directory_in_which_names_were_made_is_synced()
    {
        using var form = new ShortForm();
        await SkipWithoutStraceAsync();
        string data = Path.Combine(form.Scratch, "data");
        ServerLaunch launch = form.Options(cycles: 1).Launch with { DataDirectory = data };
        string record = Path.Combine(form.Scratch, "strace.txt");
        launch = launch with { Wrapper = Strace.Recorder("fsync,fdatasync", record) };

        await using (ServerProcess server = await ServerProcess.StartAsync(launch, default))
        {
            using WireConnection connection = await WireConnection.OpenAsync(server.Port, default);
            var set = new SetOperation("a", Payload.Chunk(1, Payload.BytesMin));
            Frame stored = await connection.AskAsync(set.Opcode, Durability.Fsync, set.WriteBody, default);
            Frame snapshot = await connection.AskAsync(
                Opcode.AdminSnapshot, Durability.ServerDefault, _ => { }, default);
            Assert.Equal((FrameKind.Reply, FrameKind.Reply), (stored.Kind, snapshot.Kind));
            await server.StopAsync();
        }

        // With -y strace writes the path behind the number of the file: fsync(23</data/wal>).
        string calls = await File.ReadAllTextAsync(record);
        string[] directories =
            [form.Scratch, launch.DataDirectory, .. Directory.GetDirectories(launch.DataDirectory).Where(HasNames)];
        Assert.Contains($"{launch.DataDirectory}/wal", directories);
        Assert.Contains($"{launch.DataDirectory}/snapshots", directories);
        Assert.DoesNotContain(
            directories, directory => !calls.Contains($"<{directory}>)", StringComparison.Ordinal));
    }

    private static bool HasNames(string directory) => Directory.EnumerateFileSystemEntries(directory).Any();

    private static async Task SkipWithoutStraceAsync()
    {
        try
        {
            await Strace.ProbeAsync();
        }
        catch (MachineException missing)
        {
            Assert.Skip($"*** NOT RUN: {missing.Message} ***");
        }
    }
}
