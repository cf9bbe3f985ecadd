using System.Net;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>What clients and operators see when the disk fails, or is full.</summary>
public sealed class DiskFailureTests
{
    [Fact]
    public async Task A_failed_sync_is_told_to_those_who_waited_and_writes_are_refused_from_then_on_while_reads_go_on()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => DurableServer.On(options, disk) with
        {
            Network = options.Network with { HttpPort = NetworkOptions.PortAny },
        });
        using var gate = new DiskGate(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 1, "kept", "v", Durability.Fsync));
        await peer.ReadAsync();
        gate.Close();
        await peer.SendAsync(buffer => DurableServer.Set(buffer, 2, "first", "v", Durability.Fsync));
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await peer.SendAsync(buffer =>
        {
            DurableServer.OfKey(buffer, Opcode.StoreGet, 3, "kept");
            DurableServer.Set(buffer, 4, "second", "v", Durability.Fsync);
            DurableServer.OfKey(buffer, Opcode.StoreGet, 5, "kept");
        });
        await Poll.UntilAsync(() => server.Native.Store.Stats.Entries == 3);
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync, fromThenOn: true);
        gate.Open();

        await AssertFailedAsync(peer, Opcode.StoreSet, 2);
        Assert.Equal((3u, FrameKind.Reply), await ReadAsync(peer));
        await AssertFailedAsync(peer, Opcode.StoreSet, 4);
        Assert.Equal((5u, FrameKind.Reply), await ReadAsync(peer));
        await RefusesWritesAsync(peer);
        await IsNotReadyAsync(server);
    }

    [Fact]
    public async Task After_a_restart_what_was_acknowledged_before_the_failure_is_there()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk, StoreDurability.Fsync))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            await client.Store.SetAsync("kept", "v");
            disk.FailAt(1, DiskError.Io, DiskOperationKinds.Write, fromThenOn: true);
            NexoException failure = await Assert.ThrowsAsync<NexoException>(
                async () => await client.Store.SetAsync("lost", "v"));
            Assert.Equal((ErrorCode.StorageFailed, false), (failure.Code, failure.Retryable));
            await server.StopAsync();
            disk.Heal();
        }

        await using TestServer again = await DurableServer.StartAsync(disk.Crash(5));
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal("v", await reader.Store.GetAsync<string>("kept"));
    }

    [Fact]
    public async Task A_full_disk_refuses_what_adds_lets_pass_what_frees_and_ends_by_itself()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("old", "v");
        await client.Store.WithDurability(Durability.Fsync).SetAsync("old2", "v");
        disk.CapacityBytes -= disk.FreeBytes;
        byte[] value = new byte[50_000];
        NexoException? refused = null;
        for (int i = 0; refused is null && i < 1_000; i++)
        {
            try
            {
                // Waits, so that the log knows of the full disk before its segment is.
                await client.Store.WithDurability(Durability.Fsync).SetBytesAsync($"k{i}", value);
            }
            catch (NexoException failure)
            {
                refused = failure;
            }
        }

        Assert.True(server.Log().Failure is null, server.Log().Failure?.Message);
        Assert.Equal((ErrorCode.StorageFull, true), (refused?.Code, refused?.Retryable));
        Assert.True((await client.Store.WithDurability(Durability.Fsync).DeleteAsync("old")).Deleted);
        Assert.Equal("v", await client.Store.TakeAsync<string>("old2") is { } taken ? taken.Value : null);
        Assert.NotNull(await client.Store.GetBytesAsync("k0"));

        disk.CapacityBytes = long.MaxValue;
        await Poll.UntilAsync(() => !server.Log().IsFull);
        Assert.True((await client.Store.WithDurability(Durability.Fsync).SetBytesAsync("more", value)).Stored);
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_written_is_told_and_costs_nothing()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("k", "v");
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Rename);

        NexoException failure = await Assert.ThrowsAsync<NexoException>(async () => await client.Admin.SnapshotAsync());

        Assert.Equal(ErrorCode.StorageFailed, failure.Code);
        Assert.Equal(1, server.Native.Snapshots.Totals.Failed);
        Assert.True((await client.Store.WithDurability(Durability.Fsync).SetAsync("k", "w")).Stored);
        Assert.NotEqual(0ul, (await client.Admin.SnapshotAsync()).Position);
    }

    private static async Task<(uint Correlation, FrameKind Kind)> ReadAsync(RawPeer peer)
    {
        Frame frame = await peer.ReadAsync();
        return (frame.Header.Correlation, frame.Header.Kind);
    }

    private static async Task AssertFailedAsync(RawPeer peer, Opcode opcode, uint correlation)
    {
        Frame frame = await peer.ReadAsync();
        Assert.Equal(
            (opcode, correlation, FrameKind.Error), (frame.Header.Opcode, frame.Header.Correlation, frame.Header.Kind));
        Assert.Equal(ErrorCode.StorageFailed, frame.Code);
    }

    private static async Task RefusesWritesAsync(RawPeer peer)
    {
        await peer.SendAsync(buffer =>
        {
            DurableServer.Set(buffer, 6, "kept", "w", Durability.Memory);
            DurableServer.OfKey(buffer, Opcode.StoreTake, 7, "kept");
            DurableServer.OfKey(buffer, Opcode.StoreGet, 8, "kept", Durability.Fsync);
            DurableServer.OfKey(buffer, Opcode.StoreClear, 9, "kept");
            DurableServer.OfKey(buffer, Opcode.StoreGet, 10, "kept");
        });
        await AssertFailedAsync(peer, Opcode.StoreSet, 6);
        await AssertFailedAsync(peer, Opcode.StoreTake, 7);
        await AssertFailedAsync(peer, Opcode.StoreGet, 8);
        await AssertFailedAsync(peer, Opcode.StoreClear, 9);
        Frame read = await peer.ReadAsync();
        Assert.True(ValueReply.TryRead(read.Body, out ValueReply value) && value.Value.SequenceEqual("v"u8));
    }

    private static async Task IsNotReadyAsync(TestServer server)
    {
        using var http = new HttpClient();
        using HttpResponseMessage ready = await http.GetAsync(new Uri($"{server.HttpUrl}/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("the log has failed", await ready.Content.ReadAsStringAsync());
        string metrics = await http.GetStringAsync(new Uri($"{server.HttpUrl}/metrics"));
        Assert.Contains("\nnexo_log_failed 1\n", metrics);
        Assert.Contains("the log has failed", await http.GetStringAsync(new Uri(server.HttpUrl!)));
    }
}
