using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Hosting;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>Backups of a running server, what restoring them gives, and what the doctor says of directories.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nexo-backup-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_backup_taken_while_clients_write_restores_to_one_moment_of_their_writing()
    {
        // Every round writes the same number to all keys, one after the other: at any moment they differ by one at most, and
        // a key is never behind one that is written after it.
        const int Keys = 400;
        string file = Path.Combine(_folder, "one.backup");
        await using (TestServer server = await StartAsync("source"))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Store.HashSetAsync<string>("hash", [new("name", "Ada")]);
            await WriteRoundAsync(client, Keys, 0);
            using var stop = new CancellationTokenSource();
            Task writing = Task.Run(async () =>
            {
                for (int round = 1; !stop.IsCancellationRequested; round++)
                {
                    await WriteRoundAsync(client, Keys, round);
                }
            });

            CliResult made = await CliRunner.For(server.Url).Run("backup", file, "--json");
            Assert.Equal(0, made.ExitCode);
            Assert.Equal(new FileInfo(file).Length, made.Json.GetProperty("bytes").GetInt64());
            await stop.CancelAsync();
            await writing;
        }

        string target = Path.Combine(_folder, "target");
        CliResult restored = await new CliRunner().Run("restore", file, "--data", target);
        Assert.Equal(0, restored.ExitCode);
        await using TestServer again = await StartAsync("target");
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        var rounds = new List<long>();
        for (int i = 0; i < Keys; i++)
        {
            rounds.Add(await reader.Store.GetAsync<long>($"key:{i}"));
        }

        Assert.Equal(rounds.OrderDescending(), rounds);
        Assert.InRange(rounds[0] - rounds[^1], 0, 1);
        Assert.Equal("Ada", await reader.Store.HashGetAsync<string>("hash", "name"));
        Assert.True((await reader.Store.SetAsync("key:0", "goes on")).Stored);
    }

    [Fact]
    public async Task A_server_makes_one_backup_at_a_time_and_the_next_when_that_has_ended()
    {
        await using TestServer server = await StartAsync("data");
        using RawPeer first = await RawPeer.GreetAsync(server);
        using RawPeer second = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await AskAsync(first, 7)).Header.Kind);
        Frame refused = await AskAsync(second, 7);
        Assert.Equal(ErrorCode.TooManyInFlight, refused.Code);

        // No credit, no byte; STOP ends it, and the place is free.
        await first.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Stop, FrameKind.Notice, 7);
            buffer.End();
        });
        Assert.Equal(FrameKind.End, (await first.ReadAsync()).Header.Kind);
        Assert.Equal(FrameKind.Reply, (await AskAsync(second, 8)).Header.Kind);
    }

    [Fact]
    public async Task A_backup_that_keeps_a_full_disk_from_being_freed_is_ended()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        disk.CapacityBytes = (3 * 1_024 * 1_024) + (512 * 1_024);
        Assert.Equal(FrameKind.Reply, (await AskAsync(peer, 7)).Header.Kind);
        byte[] value = new byte[20_000];
        await Assert.ThrowsAsync<NexoException>(async () =>
        {
            while (!server.Log().IsFull || server.Log().RoomFor(value.Length) == LogRoom.Ok)
            {
                await client.Store.WithDurability(Durability.Fsync).SetBytesAsync("k", value);
            }

            await client.Store.SetBytesAsync("k", value);
        });

        Frame end = await peer.ReadAsync();
        Assert.Equal((FrameKind.End, ErrorCode.StorageFull), (end.Header.Kind, end.Code));
        await Poll.UntilAsync(() => !server.Log().IsFull);
    }

    [Fact]
    public async Task A_backup_that_fails_by_a_defect_ends_with_a_reason_and_the_next_one_is_made()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        for (int i = 0; i < 20; i++)
        {
            await client.Store.SetBytesAsync($"k{i}", new byte[50_000]);
        }

        // More than it encodes ahead of the first credit; so what is written now it has to read from the log.
        using RawPeer peer = await RawPeer.GreetAsync(server);
        Assert.Equal(FrameKind.Reply, (await AskAsync(peer, 7)).Header.Kind);
        await client.Store.WithDurability(Durability.Fsync).SetAsync("later", "v");
        disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Open && path.StartsWith("wal/", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("a defect");
            }
        };
        await peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.Credit, FrameKind.Notice, 7);
            buffer.WriteUInt32(1_000);
            buffer.End();
        });

        Frame end = await peer.ReadAsync();
        while (end.Header.Kind == FrameKind.Push)
        {
            end = await peer.ReadAsync();
        }

        Assert.Equal((FrameKind.End, ErrorCode.Internal), (end.Header.Kind, end.Code));
        disk.Before = null;
        Assert.Equal(FrameKind.Reply, (await AskAsync(peer, 8)).Header.Kind);
    }

    [Fact]
    public async Task A_server_that_keeps_nothing_has_nothing_to_back_up()
    {
        await using TestServer server = await TestServer.StartAsync();
        CliResult refused = await CliRunner.For(server.Url).Run("backup", Path.Combine(_folder, "none"), "--json");
        Assert.Equal(5, refused.ExitCode);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task Nothing_that_is_there_is_overwritten_and_no_damaged_backup_is_restored()
    {
        string file = Path.Combine(_folder, "one.backup");
        await using (TestServer server = await StartAsync("source"))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Store.SetAsync("key", "value");
            CliRunner runner = CliRunner.For(server.Url);
            Assert.Equal(0, (await runner.Run("backup", file)).ExitCode);
            Assert.Equal(2, (await runner.Run("backup", file)).ExitCode);
            Assert.Equal(0, (await runner.Run("backup", file, "--force")).ExitCode);
        }

        string source = Path.Combine(_folder, "source");
        Assert.Equal(2, (await new CliRunner().Run("restore", file, "--data", source)).ExitCode);

        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        CliResult refused = await new CliRunner().Run("restore", file, "--data", Path.Combine(_folder, "target"));
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal([file], Directory.EnumerateFiles(_folder));
        Assert.Equal([source], Directory.EnumerateDirectories(_folder));
    }

    [Fact]
    public async Task The_doctor_finds_damage_repairs_it_only_with_consent_and_keeps_the_originals()
    {
        string data = Path.Combine(_folder, "data");
        await using (TestServer server = await StartAsync("data"))
        {
            Assert.Equal(1, (await new CliRunner().Run("doctor", data)).ExitCode);
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            NexoStore durable = client.Store.WithDurability(Durability.Fsync);
            await durable.SetAsync("before", "kept");
            await durable.SetAsync("damaged", "DAMAGED-VALUE");
            await durable.SetAsync("behind", "lost");
            await server.StopAsync();
        }

        Assert.Equal(0, (await new CliRunner().Run("doctor", data)).ExitCode);
        string segment = Directory.EnumerateFiles(Path.Combine(data, "wal")).Order().First();
        byte[] original = await File.ReadAllBytesAsync(segment);
        byte[] damaged = [.. original];
        damaged[original.AsSpan().IndexOf("DAMAGED-VALUE"u8)] ^= 0x20;
        await File.WriteAllBytesAsync(segment, damaged);

        ServerStartException refused = await Assert.ThrowsAsync<ServerStartException>(() => StartAsync("data"));
        Assert.Contains("nexo doctor", refused.Message, StringComparison.Ordinal);
        Assert.Contains("offset", refused.Message, StringComparison.Ordinal);

        CliResult found = await new CliRunner().Run("doctor", data, "--json");
        Assert.Equal(1, found.ExitCode);
        Assert.False(found.Json.GetProperty("startable").GetBoolean());
        Assert.Equal(1, (await new CliRunner().Run("doctor", data, "--repair")).ExitCode);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(segment));

        CliResult repaired = await new CliRunner().Run("doctor", data, "--repair", "--yes", "--json");
        Assert.Equal(0, repaired.ExitCode);
        string kept = Path.Combine(data, repaired.Json.GetProperty("kept")[0].GetString()!);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(kept));
        await using TestServer again = await StartAsync("data");
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal("kept", await reader.Store.GetAsync<string>("before"));
        Assert.Null(await reader.Store.GetAsync<string>("damaged"));
        Assert.Null(await reader.Store.GetAsync<string>("behind"));
    }

    [Fact]
    public async Task A_damaged_snapshot_costs_nothing_and_the_doctor_puts_it_aside()
    {
        string data = Path.Combine(_folder, "data");
        await using (TestServer server = await StartAsync("data"))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Store.SetAsync("old", "one");
            await client.Admin.SnapshotAsync();
            await client.Store.SetAsync("new", "two");
            await client.Admin.SnapshotAsync();
            await server.StopAsync();
        }

        string newest = Directory.EnumerateFiles(Path.Combine(data, "snapshots")).Order().Last();
        await using (FileStream file = File.OpenWrite(newest))
        {
            file.SetLength(file.Length - 1);
        }

        CliResult found = await new CliRunner().Run("doctor", data, "--json");
        Assert.Equal(1, found.ExitCode);
        Assert.True(found.Json.GetProperty("startable").GetBoolean());
        await using (TestServer server = await StartAsync("data"))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            Assert.Equal("one", await client.Store.GetAsync<string>("old"));
            Assert.Equal("two", await client.Store.GetAsync<string>("new"));
            await server.StopAsync();
        }

        Assert.Equal(0, (await new CliRunner().Run("doctor", data, "--repair", "--yes")).ExitCode);
        Assert.False(File.Exists(newest));
        Assert.True(File.Exists(Path.Combine(data, "quarantine", Path.GetFileName(newest))));
    }

    private static async Task WriteRoundAsync(NexoClient client, int keys, int round)
    {
        for (int i = 0; i < keys; i++)
        {
            await client.Store.SetAsync($"key:{i}", (long)round);
        }
    }

    private static Task<Frame> AskAsync(RawPeer peer, uint correlation) =>
        peer.AskAsync(Opcode.AdminBackup, correlation, buffer => new BackupRequest(0).Write(buffer));

    private Task<TestServer> StartAsync(string name) => TestServer.StartAsync(options => options with
    {
        DataDirectory = Path.Combine(_folder, name),
        Store = options.Store with { Durability = StoreDurability.Interval },
        Storage = options.Storage with { SegmentBytes = 1_024 * 1_024, SnapshotIntervalMs = 0 },
        Log = new LogOptions { Level = Microsoft.Extensions.Logging.LogLevel.None },
    });
}
