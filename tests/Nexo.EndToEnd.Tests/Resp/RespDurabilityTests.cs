using Nexo.EndToEnd.Tests.Data;
using Nexo.Server;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>What a reply to a write promises.</summary>
public sealed class RespDurabilityTests
{
    [Fact]
    public async Task With_fsync_what_was_answered_survives_a_power_loss()
    {
        var disk = new SimulatedDisk();
        SimulatedDisk left;
        await using (TestServer server = await StartAsync(disk))
        {
            await using RespPeer peer = await RespPeer.ConnectAsync(server);
            await peer.ExpectAsync("SET k v", "+OK");
            await peer.ExpectAsync("HSET h f 1", ":1");
            await peer.CallAsync("MULTI");
            await peer.CallAsync("INCR n");
            await peer.CallAsync("APPEND k w");
            await peer.ExpectAsync("EXEC", "[:1, :2]");
            await peer.ExpectAsync("COPY h h2", ":1");
            await peer.ExpectAsync("RENAME h h3", "+OK");
            await peer.ExpectAsync("SETRANGE k 5 xyz", ":8");
            await peer.ExpectAsync("INCRBYFLOAT f 10.5", "\"10.5\"");
            await peer.ExpectAsync("INCRBYFLOAT f 0.1", "\"10.6\"");
            left = disk.Crash(seed: 1);
        }

        await using TestServer again = await StartAsync(left);
        await using RespPeer reader = await RespPeer.ConnectAsync(again);
        await reader.ExpectAsync("GET k", "\"vw\0\0\0xyz\"");
        await reader.ExpectAsync("GET n", "\"1\"");
        await reader.ExpectAsync("GET f", "\"10.6\"");
        await reader.ExpectAsync("HGETALL h2", "[\"f\", \"1\"]");
        await reader.ExpectAsync("HGETALL h3", "[\"f\", \"1\"]");
        await reader.ExpectAsync("EXISTS h", ":0");
    }

    [Fact]
    public async Task When_the_log_fails_one_error_is_the_last_that_a_client_hears()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await StartAsync(disk);
        using var gate = new DiskGate(disk);
        await using RespPeer peer = await RespPeer.ConnectAsync(server);
        await peer.ExpectAsync("SET kept v", "+OK");
        gate.Close();
        await peer.SendRawAsync([.. RespPeer.Encode("SET", "a", "1"), .. RespPeer.Encode("SET", "b", "2")]);
        await Poll.UntilAsync(() => gate.Waiting > 0);
        await peer.SendAsync("GET", "kept");
        await Task.Delay(50);
        disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync, fromThenOn: true);
        gate.Open();

        Assert.StartsWith("-MISCONF Writing to disk has failed", await peer.ReadAsync());

        // The value would be taken for the answer to the second write.
        await Assert.ThrowsAsync<EndOfStreamException>(() => peer.ReadAsync());
    }

    private static Task<TestServer> StartAsync(SimulatedDisk disk) =>
        RespServers.StartAsync(options => DurableServer.On(options, disk, StoreDurability.Fsync));
}
