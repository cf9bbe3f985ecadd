using System.Text.Json.Nodes;
using Nexo.EndToEnd.Tests.Pressure;
using Nexo.EndToEnd.Tests.Security;
using Nexo.EndToEnd.Tests.Spaces;
using Nexo.Server;
using Nexo.Server.Connections;
using Nexo.Server.Security;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>The native connection behind a connection of HTTP: how long it lives, and where it leads.</summary>
public sealed class HttpLinkTests
{
    [Fact]
    public async Task A_connection_keeps_its_link_through_silence_and_takes_it_along_when_it_ends()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Connections = options.Connections with { PingAfterIdleMs = 100, IdleTimeoutMs = 60_000 },
        });
        long id;
        using (var peer = new ApiPeer(server))
        {
            id = await IdOfAsync(peer);
            long sent = BytesSent(server);

            // PINGs are taken, or it would be cut as one that does not read.
            await Poll.UntilAsync(() => BytesSent(server) >= sent + 60);
            Assert.Equal(id, await IdOfAsync(peer));
        }

        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
        Assert.Equal(0, server.Native.Clients.Totals.Cut);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_connections_that_are_idle()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Connections = options.Connections with { StopGraceMs = 600_000 },
        });
        using var peer = new ApiPeer(server);
        Assert.Equal(200, (await peer.GetAsync("/v1/info")).Status);
        await server.Native.Clients.StopAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_lease_ends_by_its_time_when_the_connection_that_pulled_has_ended()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        await peer.PutAsync("/v1/queues/q", "{\"backoff\":\"none\"}");
        await peer.PostAsync("/v1/queues/q/messages", "x");
        using (var gone = new ApiPeer(server))
        {
            Assert.Single((await gone.PostAsync("/v1/queues/q/pull?lease=1s")).Json["messages"]!.AsArray());
        }

        JsonNode again = Assert.Single((await peer.PostAsync("/v1/queues/q/pull?wait=60s")).Json["messages"]!.AsArray())!;
        Assert.Equal((2, true), ((int)again["attempt"]!, (bool)again["redelivered"]!));
    }

    [Fact]
    public async Task A_request_works_in_the_namespace_that_it_names_and_a_bound_user_in_its_own()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(SpaceServer.WithSpaces(options)));
        using var peer = new ApiPeer(server);
        (string, string) shop = ("Nexo-Namespace", SpaceServer.Shop);
        Assert.Equal(204, (await peer.PutAsync("/v1/store/k", "of the shop", shop)).Status);
        Assert.Equal(404, (await peer.GetAsync("/v1/store/k")).Status);
        Assert.Equal(204, (await peer.PutAsync("/v1/store/k", "of all")).Status);
        Assert.Equal("of the shop", (await peer.GetAsync("/v1/store/k", shop)).Text);
        Assert.Equal("of all", (await peer.GetAsync("/v1/store/k")).Text);
        Assert.Equal(SpaceServer.Shop, (string?)(await peer.GetAsync("/v1/info", shop)).Json["namespace"]);
        ApiReply unknown = await peer.GetAsync("/v1/info", ("Nexo-Namespace", "nosuch"));
        Assert.Equal((404, "NamespaceNotFound"), (unknown.Status, unknown.Error));
    }

    [Fact]
    public async Task A_user_who_is_bound_is_in_its_namespace_and_in_no_other()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync(ApiPeer.On);
        using var peer = new ApiPeer(secure.Server, SpaceServer.Shop);
        Assert.Equal(SpaceServer.Shop, (string?)(await peer.GetAsync("/v1/info")).Json["namespace"]);
        ApiReply refused = await peer.GetAsync("/v1/info", ("Nexo-Namespace", SpaceServer.Billing));
        Assert.Equal((403, "PermissionDenied"), (refused.Status, refused.Error));
    }

    [Fact]
    public async Task Who_hangs_up_while_it_logs_in_leaves_nothing_behind()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Security = options.Security with { Users = [new UserCredential("ada", PasswordHash.Of("right", PasswordHash.IterationsMin))] },
        });
        string request = $"GET /v1/info HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {Convert.ToBase64String("ada:wrong"u8)}\r\n\r\n";
        for (int i = 0; i < 50; i++)
        {
            using RawHttp peer = await RawHttp.ConnectAsync(server);
            await peer.SendAsync(request);
        }

        // They have come, and gone.
        await Poll.UntilAsync(() => server.Native.Clients.Totals.Accepted >= 25);
        await Poll.UntilAsync(() => server.Native.Clients.Count == 0);
    }

    [Fact]
    public async Task An_upload_whose_link_is_ended_meanwhile_is_told_so()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var keeper = new ApiPeer(server);
        using RawHttp peer = await RawHttp.ConnectAsync(server);
        await peer.SendAsync("PUT /v1/store/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nConnection: close\r\n\r\n12345");
        long id = 0;
        await Poll.UntilAsync(async () =>
        {
            JsonArray clients = (await keeper.GetAsync("/v1/clients")).Json["clients"]!.AsArray();
            id = (long?)clients.FirstOrDefault(client => !(bool)client!["own"]!)?["id"] ?? 0;
            return id != 0;
        });
        Assert.Equal(204, (await keeper.DeleteAsync($"/v1/clients/{id}")).Status);
        await Poll.UntilAsync(() => server.Native.Clients.Count == 1);
        await peer.SendAsync("67890");
        string answer = await peer.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"error\":\"Cancelled\"", answer, StringComparison.Ordinal);
        Assert.Equal(404, (await keeper.GetAsync("/v1/store/k")).Status);
    }

    [Fact]
    public async Task What_a_link_is_refused_while_it_sends_is_heard()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        await peer.GetAsync("/v1/info");
        ClientConnection link = server.Native.Clients.All.Single();
        Task<ApiReply> asked = peer.SendAsync("PUT", "/v1/store/k", new byte[15_000_000]);
        link.Cut("of the test");
        ApiReply reply = await asked;
        Assert.Contains(reply.Status, (int[])[204, 500, 503]);
        await Poll.UntilAsync(() => server.Native.Clients.All.All(client => client != link));
    }

    [Fact]
    public async Task Bodies_are_part_of_what_the_process_may_have_in_memory()
    {
        const long Max = 1_000_000_000;
        var machine = new MachineMemoryDouble();
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Machine = machine,
            Pressure = new PressureOptions { MemoryMax = Max },
        });
        using var peer = new ApiPeer(server);
        Assert.Equal(204, (await peer.SendAsync("PUT", "/v1/store/k", new byte[2_000_000])).Status);
        await Poll.UntilAsync(() => server.Native.Clients.BufferedBytes == 0);
        machine.Resident = Max;
        await Poll.UntilAsync(() => server.Native.Clients.Memory.Level.ToString() == "Refusing");
        ApiReply refused = await peer.SendAsync("PUT", "/v1/store/k", new byte[8_000_000]);
        Assert.Equal((507, "OutOfMemory"), (refused.Status, refused.Error));
        await Poll.UntilAsync(() => server.Native.Clients.BufferedBytes == 0);
        Assert.Equal(204, (await peer.DeleteAsync("/v1/store/k")).Status);
    }

    [Fact]
    public async Task A_head_of_a_tail_ends()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        Assert.Equal(200, (await peer.SendAsync("HEAD", "/v1/tail?filter=x", null)).Status);
        await Poll.UntilAsync(async () => (int)(await peer.PostAsync("/v1/topics/x")).Json["receivers"]! == 0);
    }

    private static async Task<long> IdOfAsync(ApiPeer peer) =>
        (long)(await peer.GetAsync("/v1/clients")).Json["clients"]!.AsArray().Single(client => (bool)client!["own"]!)!["id"]!;

    private static long BytesSent(TestServer server) => server.Native.Clients.All
        .Where(client => client.Protocol == ClientProtocol.Http).Sum(client => client.ReadCounters().BytesSent);
}
