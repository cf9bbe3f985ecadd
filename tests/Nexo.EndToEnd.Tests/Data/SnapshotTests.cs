using Nexo.Client;
using Nexo.EndToEnd.Tests.Native;
using Nexo.Protocol;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>Snapshots of a running server when the disk is full, when something fails, and when the server stops.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public async Task A_disk_that_the_log_has_filled_is_freed_by_snapshots_and_writes_are_taken_again_by_themselves()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoStore store = client.Store.WithDurability(Durability.Fsync);

        // Three segments, and room for snapshots of a few keys.
        disk.CapacityBytes = (3 * 1_024 * 1_024) + (512 * 1_024);
        await FillAsync(store, 20_000);
        await Poll.UntilAsync(() => !server.Log().IsFull);

        Assert.True((await store.SetBytesAsync("k0", new byte[20_000])).Stored);
    }

    [Fact]
    public async Task Two_snapshots_free_a_full_disk_although_nothing_is_appended_between_them()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        NexoStore store = client.Store.WithDurability(Durability.Fsync);

        // No room for a snapshot either until nothing, not even a record of a few bytes, fits the log.
        disk.CapacityBytes -= disk.FreeBytes - (2 * 1_024 * 1_024) - 32_768;
        await FillAsync(store, 20_000);
        await FillAsync(store, 1);
        Assert.Equal(0, server.Native.Snapshots.Totals.Written);

        // None for a segment of the log, but for snapshots.
        disk.CapacityBytes += 512 * 1_024;
        await Poll.UntilAsync(() => !server.Log().IsFull && server.Native.Snapshots.Totals.Written == 2);

        Assert.True((await store.SetBytesAsync("k0", new byte[20_000])).Stored);
    }

    [Fact]
    public async Task A_snapshot_that_fails_by_a_defect_is_told_and_the_next_one_is_written()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("k", "v");
        disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Rename && path.StartsWith("snapshots/", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("a defect");
            }
        };
        NexoException failure = await Assert.ThrowsAsync<NexoException>(async () => await client.Admin.SnapshotAsync());
        Assert.Equal(ErrorCode.Internal, failure.Code);
        Assert.Equal(1, server.Native.Snapshots.Totals.Failed);
        disk.Before = null;

        Assert.NotEqual(0ul, (await client.Admin.SnapshotAsync()).Position);
    }

    [Fact]
    public async Task A_stop_answers_those_who_wait_for_a_snapshot_at_once()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk);
        using RawPeer peer = await RawPeer.GreetAsync(server);
        using var gate = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        disk.Before = (kind, path) =>
        {
            if (kind == DiskOperationKinds.Rename && path.StartsWith("snapshots/", StringComparison.Ordinal))
            {
                reached.Set();
                gate.Wait();
            }
        };
        await peer.RequestAsync(Opcode.AdminSnapshot, 7, _ => { });
        await Poll.UntilAsync(() => reached.IsSet);

        Task stopping = server.StopAsync();

        var answers = new List<(Opcode Opcode, ErrorCode Code)>();
        while (await peer.TryReadAsync() is { } frame)
        {
            answers.Add((frame.Header.Opcode, frame.Code));
        }

        Assert.Contains((Opcode.AdminSnapshot, ErrorCode.ShuttingDown), answers);
        Assert.Equal(0, server.Native.Clients.Totals.Cut);
        gate.Set();
        await stopping;
    }

    private static async Task FillAsync(NexoStore store, int valueBytes)
    {
        byte[] value = new byte[valueBytes];
        NexoException? refused = null;
        for (int i = 0; refused is null && i < 1_000; i++)
        {
            try
            {
                await store.SetBytesAsync($"k{i % 3}-{valueBytes}", value);
            }
            catch (NexoException failure)
            {
                refused = failure;
            }
        }

        Assert.Equal(ErrorCode.StorageFull, refused?.Code);
    }
}
