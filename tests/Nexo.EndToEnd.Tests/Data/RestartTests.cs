using Nexo.Client;
using Nexo.Protocol;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Data;

/// <summary>What is there after the server has ended, well or badly.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task After_a_clean_stop_values_hashes_versions_and_times_to_live_are_there()
    {
        var disk = new SimulatedDisk();
        StoreSetResult written;
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            written = await client.Store.SetAsync("value", "one");
            await client.Store.SetAsync("brief", "two", new() { Ttl = TimeSpan.FromHours(1) });
            await client.Store.SetAsync("gone", "three");
            await client.Store.DeleteAsync("gone");
            await client.Store.IncrementAsync("count", 41);
            await client.Store.IncrementAsync("count");
            await client.Store.HashSetAsync<string>("hash", [new("name", "Ada"), new("role", "admin")]);
            await client.Store.HashDeleteAsync("hash", ["role"]);
            await client.Store.AppendAsync("text", "half and "u8.ToArray());
            await client.Store.AppendAsync("text", "half"u8.ToArray());
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk.Crash(1));
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal(
            new StoreEntry<string>("one", written.Version), await reader.Store.GetEntryAsync<string>("value"));
        Assert.InRange((await reader.Store.TtlAsync("brief")).Remaining.TotalMinutes, 50, 60);
        Assert.Null(await reader.Store.GetAsync<string>("gone"));
        Assert.Equal(42, await reader.Store.GetAsync<long>("count"));
        Assert.Equal("Ada", await reader.Store.HashGetAsync<string>("hash", "name"));
        Assert.Equal(1, await reader.Store.HashLengthAsync("hash"));
        Assert.Equal("half and half", await reader.Store.GetAsync<string>("text"));
        Assert.True((await reader.Store.SetAsync("value", "new", new() { When = StoreWhen.IfVersion(written.Version) })).Stored);
        Assert.True((await reader.Store.SetAsync("value", "newer")).Version > written.Version);
    }

    [Theory]
    [InlineData(StoreDurability.Interval)]
    [InlineData(StoreDurability.Fsync)]
    public async Task What_was_acknowledged_with_fsync_survives_a_power_loss(StoreDurability serverDefault)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var disk = new SimulatedDisk(seed);
            await using (TestServer server = await DurableServer.StartAsync(disk, serverDefault))
            {
                await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
                NexoStore store = client.Store.WithDurability(
                    serverDefault == StoreDurability.Fsync ? Durability.ServerDefault : Durability.Fsync);
                await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.SetAsync($"k{i}", i).AsTask()));
                await store.IncrementAsync("n");
                disk = disk.Crash(seed);
            }

            await using TestServer again = await DurableServer.StartAsync(disk);
            await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
            for (int i = 0; i < 200; i++)
            {
                Assert.True(await reader.Store.GetEntryAsync<int>($"k{i}") is { } entry && entry.Value == i, $"seed {seed}: k{i}");
            }

            Assert.Equal(1, await reader.Store.GetAsync<long>("n"));
        }
    }

    [Fact]
    public async Task In_interval_mode_a_write_survives_a_kill_once_it_was_handed_over_and_a_power_loss_once_it_was_synced()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(
            disk, change: storage => storage with { SyncIntervalMs = 200 });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("k", "v");

        await Poll.UntilAsync(() => server.Log().PendingBytes == 0);
        SimulatedDisk killed = disk.Kill();
        await Poll.UntilAsync(() => server.Log().DurableLsn == server.Log().AppendedLsn);
        SimulatedDisk crashed = disk.Crash(7);

        Assert.Equal("v", await ReadBackAsync(killed, "k"));
        Assert.Equal("v", await ReadBackAsync(crashed, "k"));
    }

    [Fact]
    public async Task In_memory_mode_nothing_is_written()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(disk, StoreDurability.Memory);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        await client.Store.SetAsync("k", "v");

        NexoException refused = await Assert.ThrowsAsync<NexoException>(
            async () => await client.Store.WithDurability(Durability.Fsync).SetAsync("k", "v"));
        NexoException refusedRead = await Assert.ThrowsAsync<NexoException>(
            async () => await client.Store.WithDurability(Durability.Fsync).GetAsync<string>("k"));

        Assert.Equal(ErrorCode.UnsupportedDurability, refused.Code);
        Assert.Equal(ErrorCode.UnsupportedDurability, refusedRead.Code);
        Assert.Equal("v", await client.Store.WithDurability(Durability.Interval).GetAsync<string>("k"));
        Assert.Empty(disk.Paths);
    }

    [Fact]
    public async Task A_snapshot_and_the_log_behind_it_give_the_state_and_the_log_before_it_goes()
    {
        var disk = new SimulatedDisk();
        await using (TestServer server = await DurableServer.StartAsync(disk))
        {
            await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
            string large = new('x', 10_000);
            for (int round = 0; round < 3; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.Store.SetAsync($"k{i}", $"{round}{large}").AsTask()));
                NexoSnapshot snapshot = await client.Admin.SnapshotAsync();
                Assert.InRange(snapshot.Bytes, 3_000_000, 3_500_000);
                await client.Store.SetAsync("after", round);
            }

            Assert.InRange(server.Log().Stats.SegmentsRecycled, 1, int.MaxValue);
            Assert.Equal(2, disk.Paths.Count(path => path.EndsWith(".snapshot", StringComparison.Ordinal)));
            await server.StopAsync();
        }

        await using TestServer again = await DurableServer.StartAsync(disk.Crash(3));
        await using NexoClient reader = await NexoClient.ConnectAsync(again.Url);
        Assert.Equal(301, await reader.Store.CountAsync());
        Assert.Equal(2, await reader.Store.GetAsync<int>("after"));
        Assert.StartsWith("2x", await reader.Store.GetAsync<string>("k299"));
        IReadOnlyList<KeyValuePair<string, string>> info = await reader.InfoAsync();
        Assert.NotEqual("0", info.Single(fact => fact.Key == "recovery.snapshot_records").Value);
        Assert.Equal("ok", info.Single(fact => fact.Key == "storage.state").Value);
    }

    [Fact]
    public async Task A_log_that_has_grown_begins_a_snapshot_by_itself()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await DurableServer.StartAsync(
            disk, change: storage => storage with { SnapshotWalBytes = 1_024 * 1_024 });
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        string large = new('x', 10_000);
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.Store.SetAsync($"k{i}", large).AsTask()));

        await Poll.UntilAsync(() => server.Native.Snapshots.Totals.Written > 0);
    }

    private static async Task<string?> ReadBackAsync(SimulatedDisk disk, string key)
    {
        await using TestServer server = await DurableServer.StartAsync(disk);
        await using NexoClient client = await NexoClient.ConnectAsync(server.Url);
        return await client.Store.GetAsync<string>(key);
    }
}
