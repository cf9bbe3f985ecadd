using System.Net;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Server.Hosting;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>A server that is not ready yet, and one that will not be.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task While_it_reads_its_data_back_the_server_is_alive_and_not_ready_and_tells_clients_to_try_again()
    {
        SimulatedDisk disk = await WithDataAsync();
        using var gate = new ManualResetEventSlim();
        disk.Before = (kind, path) => Wait(gate, kind, path);
        await using TestServer server = await TestServer.BeginAsync(options => DurableServer.On(options, disk) with
        {
            Network = options.Network with { HttpPort = NetworkOptions.PortAny },
        });
        await Poll.UntilAsync(() => server.Native.Persistence.Obstacle is { } obstacle
            && obstacle.StartsWith("recovering: reading the log", StringComparison.Ordinal));
        using var http = new HttpClient();
        using HttpResponseMessage ready = await http.GetAsync(new Uri($"{server.HttpUrl}/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.StartsWith("recovering: reading the log, ", await ready.Content.ReadAsStringAsync());
        Assert.Equal("alive\n", await http.GetStringAsync(new Uri($"{server.HttpUrl}/healthz")));
        await http.GetStringAsync(new Uri($"{server.HttpUrl}/metrics"));
        using (RawPeer peer = await RawPeer.ConnectAsync(server))
        {
            Frame goAway = await peer.ReadAsync();
            Assert.Equal((Opcode.GoAway, ErrorCode.Recovering), (goAway.Header.Opcode, goAway.Code));
        }

        NexoException early = await Assert.ThrowsAsync<NexoException>(
            async () => await NexoClient.ConnectAsync(server.Url));
        Assert.Equal((ErrorCode.Recovering, true), (early.Code, early.Retryable));

        // A client that is made and used, rather than opened, waits by itself.
        await using var client = new NexoClient(new NexoClientOptions { Url = server.Url });
        ValueTask<string?> reading = client.Store.GetAsync<string>("k0");
        gate.Set();

        Assert.True(await server.WhenReadyAsync());
        Assert.Equal("v", await reading);
        Assert.Equal("ready\n", await http.GetStringAsync(new Uri($"{server.HttpUrl}/readyz")));
    }

    [Fact]
    public async Task A_server_that_is_stopped_while_it_reads_its_data_back_stops()
    {
        SimulatedDisk disk = await WithDataAsync();
        using var gate = new ManualResetEventSlim();
        disk.Before = (kind, path) => Wait(gate, kind, path);
        await using TestServer server = await TestServer.BeginAsync(options => DurableServer.On(options, disk));

        Task stopping = server.StopAsync();
        gate.Set();
        await stopping;

        Assert.False(await server.WhenReadyAsync());
    }

    [Fact]
    public async Task Damage_to_what_was_durable_ends_the_start_with_file_and_offset_and_changes_nothing()
    {
        SimulatedDisk disk = await WithDataAsync();
        string segment = disk.Paths.First(path => path.EndsWith(".wal", StringComparison.Ordinal));
        disk.FlipBit(segment, 512 + 30, 3);
        byte[] before = disk.ReadAll(segment);

        await using TestServer server = await TestServer.BeginAsync(options => DurableServer.On(options, disk));
        ServerStartException failure = await Assert.ThrowsAsync<ServerStartException>(() => server.WhenReadyAsync());

        Assert.Contains(segment, failure.Message);
        Assert.Contains("offset 512", failure.Message);
        Assert.Contains("nexo doctor", failure.Message);
        Assert.Equal(before, disk.ReadAll(segment));
        using RawPeer peer = await RawPeer.ConnectAsync(server);
        Assert.Equal(ErrorCode.Recovering, (await peer.ReadAsync()).Code);
    }

    [Fact]
    public async Task A_damaged_newest_snapshot_is_put_aside_once_the_rest_was_read_and_costs_nothing()
    {
        SimulatedDisk disk = await WithDataAsync();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Admin.SnapshotAsync();
            await client.Store.SetAsync("later", 1);
            await client.Admin.SnapshotAsync();
            await client.Store.SetAsync("last", 2);
            await server.StopAsync();
        }

        disk = disk.Settle();
        string newest = disk.Paths.Last(path => path.EndsWith(".snapshot", StringComparison.Ordinal));
        disk.FlipBit(newest, 100, 1);
        byte[] damaged = disk.ReadAll(newest);

        await using TestServer again = await DurableServer.StartAsync(disk);
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);

        Assert.Equal(12, await reader.Store.CountAsync());
        Assert.Equal(damaged, disk.ReadAll(newest.Replace("snapshots/", "quarantine/", StringComparison.Ordinal)));
        Assert.DoesNotContain(newest, disk.Paths);

        // The next snapshot frees nothing that the one before it needs.
        await reader.Admin.SnapshotAsync();
        Assert.Equal(2, disk.Paths.Count(path => path.StartsWith("snapshots/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_directory_that_another_server_has_is_refused_with_its_process_id()
    {
        string path = Directory.CreateTempSubdirectory("nexo-test-").FullName;
        try
        {
            await using TestServer server = await TestServer.StartAsync(options => options with { DataDirectory = path });

            ServerStartException failure = await Assert.ThrowsAsync<ServerStartException>(
                () => TestServer.StartAsync(options => options with { DataDirectory = path }));

            Assert.Contains($"in use by the process {Environment.ProcessId}", failure.Message);
            Assert.Contains("--data", failure.Message);
            await server.StopAsync();
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public async Task A_start_that_fails_for_a_port_lets_go_of_the_directory()
    {
        var disk = new SimulatedDisk();
        await using TestServer first = await TestServer.StartAsync();

        await Assert.ThrowsAsync<ServerStartException>(() => TestServer.StartAsync(options =>
            DurableServer.On(options, disk) with { Network = options.Network with { Port = first.Port } }));

        await using TestServer second = await DurableServer.StartAsync(disk);
        Assert.NotNull(second.Log());
    }

    private static async Task<SimulatedDisk> WithDataAsync()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        for (int i = 0; i < 10; i++)
        {
            await client.Store.WithDurability(Durability.Fsync).SetAsync($"k{i}", "v");
        }

        await server.StopAsync();
        return disk.Settle();
    }

    private static void Wait(ManualResetEventSlim gate, DiskOperationKinds kind, string path)
    {
        if (kind == DiskOperationKinds.Open && path.StartsWith("wal/", StringComparison.Ordinal))
        {
            gate.Wait();
        }
    }
}
