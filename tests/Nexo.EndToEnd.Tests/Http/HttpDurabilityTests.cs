using Nexo.EndToEnd.Tests.Data;
using Nexo.Server;
using Nexo.Server.Connections;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>What an answer waits for, and what becomes of it when that does not come.</summary>
public sealed class HttpDurabilityTests
{
    [Theory]
    [InlineData("PUT", "/v1/store/kept", 204)]
    [InlineData("PUT", "/v1/queues/kept", 201)]
    [InlineData("POST", "/v1/queues/there/messages", 201)]
    public async Task A_write_is_answered_when_the_disk_has_it(string method, string path, int status)
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(
            options => ApiPeer.On(DurableServer.On(options, disk, StoreDurability.Fsync)));
        using var gate = new DiskGate(disk);
        using var peer = new ApiPeer(server);
        Assert.Equal(201, (await peer.PutAsync("/v1/queues/there", "{}")).Status);
        gate.Close();

        Task<ApiReply> asked = peer.SendAsync(method, path, "{}"u8.ToArray());
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Assert.False(asked.IsCompleted);
        gate.Open();
        Assert.Equal(status, (await asked).Status);
    }

    [Fact]
    public async Task A_write_that_waits_for_the_disk_is_answered_though_the_server_stops()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(
            options => ApiPeer.On(DurableServer.On(options, disk, StoreDurability.Fsync)));
        using var gate = new DiskGate(disk);
        using var peer = new ApiPeer(server);
        gate.Close();
        Task<ApiReply> asked = peer.PutAsync("/v1/store/kept", "x");
        await Poll.UntilAsync(() => gate.Waiting > 0);
        Task stopping = server.Native.Clients.StopAsync(TestContext.Current.CancellationToken);
        Assert.False(asked.IsCompleted);
        gate.Open();
        Assert.Equal(204, (await asked).Status);
        await stopping;
    }

    [Fact]
    public async Task A_write_that_is_never_answered_is_not_said_to_be_refused()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(
            options => ApiPeer.On(DurableServer.On(options, disk, StoreDurability.Fsync)));
        using var gate = new DiskGate(disk);
        using var peer = new ApiPeer(server);
        gate.Close();
        Task<ApiReply> asked = peer.PutAsync("/v1/store/kept", "x");
        await Poll.UntilAsync(() => gate.Waiting > 0);
        foreach (ClientConnection client in server.Native.Clients.All)
        {
            client.Cut("of the test");
        }

        ApiReply reply = await asked;
        Assert.Equal((500, "Internal", false), (reply.Status, reply.Error, (bool)reply.Json["retryable"]!));
        gate.Open();
        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
    }

    [Fact]
    public async Task One_that_need_not_wait_does_not()
    {
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(
            options => ApiPeer.On(DurableServer.On(options, disk, StoreDurability.Fsync)));
        using var gate = new DiskGate(disk);
        using var peer = new ApiPeer(server);
        gate.Close();
        Assert.Equal(204, (await peer.PutAsync("/v1/store/quick?durability=interval", "x")).Status);
        Assert.Equal("x", (await peer.GetAsync("/v1/store/quick")).Text);
        gate.Open();
    }

    [Fact]
    public async Task A_server_that_is_not_ready_says_so()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        Assert.Equal(200, (await peer.GetAsync("/v1/store")).Status);
        await server.Native.Clients.StopAsync(TestContext.Current.CancellationToken);
        ApiReply reply = await peer.GetAsync("/v1/store");
        Assert.Equal((503, "ShuttingDown"), (reply.Status, reply.Error));
        Assert.True(reply.Headers.RetryAfter is not null);
    }
}
