using Microsoft.Extensions.DependencyInjection;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Security;
using Nexo.Server.Http.Api;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpTailTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private ApiPeer Peer => shared.Peer;

    [Fact]
    public async Task What_is_published_comes_with_its_topic_and_headers_and_retained_messages_first()
    {
        await Peer.PostAsync("/v1/topics/news/old?retain", "kept");
        using EventPeer tail = await EventPeer.OpenAsync(Peer, "/v1/tail?filter=news/%23&filter=other&retained");
        ServerEvent first = (await tail.ReadAsync())!;
        Assert.Equal(("news/old", "kept", true), ((string?)first.Data["topic"], (string?)first.Data["body"], (bool)first.Data["retained"]!));
        ApiReply published = await Peer.PostAsync("/v1/topics/news/today", "x\ny", ("Nexo-Header-N", "1"));
        Assert.Equal(1, (int)published.Json["receivers"]!);
        ServerEvent second = (await tail.ReadAsync())!;
        Assert.Equal(("message", "x\ny", "1"), (second.Name, (string?)second.Data["body"], (string?)second.Data["headers"]!["n"]));
        Assert.Null(second.Data["retained"]);
        await Peer.SendAsync("POST", "/v1/topics/other", [0xFF]);
        Assert.Equal("/w==", (string?)(await tail.ReadAsync())!.Data["body_base64"]);
    }

    [Fact]
    public async Task More_than_its_credits_go_through_a_tail_in_order_and_it_ends_after_its_count()
    {
        await Peer.PutAsync("/v1/streams/many", "{}");
        await using NexoClient client = await NexoClient.ConnectAsync(shared.Server.Url);
        await client.Stream<int>("many").AppendBatchAsync([.. Enumerable.Range(0, 1_000)]);
        using EventPeer tail = await EventPeer.OpenAsync(Peer, "/v1/streams/many/tail?from=beginning&count=1500");
        await client.Stream<int>("many").AppendBatchAsync([.. Enumerable.Range(1_000, 1_000)]);
        for (int i = 0; i < 1_500; i++)
        {
            ServerEvent record = (await tail.ReadAsync())!;
            Assert.Equal(($"{i}", i), (record.Id, (int)record.Data["offset"]!));
        }

        Assert.Null(await tail.ReadAsync());
    }

    [Fact]
    public async Task A_tail_that_comes_back_goes_on_behind_what_it_had()
    {
        await Peer.PutAsync("/v1/streams/back", "{}");
        for (int i = 0; i < 5; i++)
        {
            await Peer.PostAsync($"/v1/streams/back/records?key=k{i % 2}", $"{i}");
        }

        using EventPeer tail = await EventPeer.OpenAsync(Peer, "/v1/streams/back/tail", ("Last-Event-ID", "2"));
        Assert.Equal("3", (await tail.ReadAsync())!.Id);
        using EventPeer ofKey = await EventPeer.OpenAsync(Peer, "/v1/streams/back/tail?from=last:4&key=k0");
        Assert.Equal(["2", "4"], [(await ofKey.ReadAsync())!.Id!, (await ofKey.ReadAsync())!.Id!]);
        using EventPeer end = await EventPeer.OpenAsync(Peer, "/v1/streams/back/tail");
        await Peer.PostAsync("/v1/streams/back/records", "5");
        Assert.Equal("5", (await end.ReadAsync())!.Id);
    }

    [Fact]
    public async Task A_tail_of_what_is_not_there_is_refused_as_any_request()
    {
        Assert.Equal((404, "StreamNotFound"), await StatusAsync("/v1/streams/nosuch/tail"));
        Assert.Equal((400, "FilterInvalid"), await StatusAsync("/v1/tail?filter=a%23"));
        Assert.Equal((400, "InvalidArgument"), await StatusAsync("/v1/tail"));
        Assert.Equal((400, "InvalidArgument"), await StatusAsync("/v1/tail?filter=a&when-slow=wait"));
    }

    [Fact]
    public async Task A_stream_that_is_deleted_ends_its_tails_with_the_reason()
    {
        await Peer.PutAsync("/v1/streams/gone", "{}");
        using EventPeer tail = await EventPeer.OpenAsync(Peer, "/v1/streams/gone/tail");
        await Peer.DeleteAsync("/v1/streams/gone");
        ServerEvent end = (await tail.ReadAsync())!;
        Assert.Equal(("end", "StreamNotFound"), (end.Name, (string?)end.Data["error"]));
        Assert.Null(await tail.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_goes_takes_its_subscription_with_it()
    {
        using (await EventPeer.OpenAsync(Peer, "/v1/tail?filter=leave"))
        {
            Assert.Equal(1, await ReceiversAsync());
        }

        await Poll.UntilAsync(async () => await ReceiversAsync() == 0);

        async Task<int> ReceiversAsync() => (int)(await Peer.PostAsync("/v1/topics/leave", "x")).Json["receivers"]!;
    }

    [Fact]
    public async Task What_is_withdrawn_ends_the_tail_with_the_reason()
    {
        await using SecureServer secure = await SecureServer.StartAsync(ApiPeer.On);
        await secure.AllowAsync("ada", "topics read news/#", "streams read s");
        using var keeper = new ApiPeer(secure.Server, SecureServer.Operator);
        await keeper.PutAsync("/v1/streams/s", "{}");
        using var peer = new ApiPeer(secure.Server, "ada");
        using EventPeer topics = await EventPeer.OpenAsync(peer, "/v1/tail?filter=news/%23");
        using EventPeer stream = await EventPeer.OpenAsync(peer, "/v1/streams/s/tail");
        await secure.AllowAsync("ada", "topics read weather");
        Assert.Equal(("end", "PermissionDenied"), Shown(await topics.ReadAsync()));
        Assert.Equal(("end", "PermissionDenied"), Shown(await stream.ReadAsync()));

        using EventPeer other = await EventPeer.OpenAsync(peer, "/v1/tail?filter=weather");
        await secure.RemoveAsync("ada");
        Assert.Equal(("end", "AuthenticationFailed"), Shown(await other.ReadAsync()));
    }

    [Fact]
    public async Task In_silence_a_comment_says_that_the_server_is_there_and_the_link_lives()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Connections = options.Connections with { PingAfterIdleMs = 200, IdleTimeoutMs = 30_000 },
        });
        using var peer = new ApiPeer(server);
        using HttpResponseMessage response = await peer.OpenAsync("GET", "/v1/tail?filter=quiet", null);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        for (int comments = 0; comments < 5;)
        {
            string? line = await lines.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.Contains(line, (string?[])[":", string.Empty]);
            comments += line == ":" ? 1 : 0;
        }

        await peer.PostAsync("/v1/topics/quiet", "x");
        string? data;
        do
        {
            data = await lines.ReadLineAsync(TestContext.Current.CancellationToken);
        }
        while (data is ":" or "");
        Assert.StartsWith("data: {\"topic\":\"quiet\"", data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tail_that_does_not_read_holds_up_nobody_and_its_outbox_is_bounded()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Topics = options.Topics with { OutboxBytes = 64 * 1_024 },
            Connections = options.Connections with { SendStallMs = 60_000 },
        });
        using var peer = new ApiPeer(server);
        using EventPeer tail = await EventPeer.OpenAsync(peer, "/v1/tail?filter=flood");
        byte[] body = new byte[100_000];
        await Poll.UntilAsync(async () =>
        {
            Assert.Equal(200, (await peer.SendAsync("POST", "/v1/topics/flood", body)).Status);
            return server.Native.Topics.Stats.Dropped > 0;
        });
        Assert.InRange(server.Native.TopicBuffers.Bytes, 0, 4 * 1_024 * 1_024);

        // Once it reads it is told how many were dropped.
        ServerEvent one;
        do
        {
            one = (await tail.ReadAsync())!;
        }
        while (one.Name != "missed");
        Assert.True((int)one.Data["count"]! > 0);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_tails()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        using EventPeer tail = await EventPeer.OpenAsync(peer, "/v1/tail?filter=x");
        Task stopping = server.StopAsync();
        Assert.Equal(("end", "ShuttingDown"), Shown(await tail.ReadAsync()));
        Assert.Null(await tail.ReadAsync());
        await stopping;
    }

    [Fact]
    public async Task Tails_and_requests_that_wait_leave_room_for_others()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        server.Services.GetRequiredService<ApiDispatcher>().HeldMax = 2;
        using var peer = new ApiPeer(server);
        using EventPeer first = await EventPeer.OpenAsync(peer, "/v1/tail?filter=x");
        using (await EventPeer.OpenAsync(peer, "/v1/tail?filter=x"))
        {
            Assert.Equal((503, "TooManyConnections"), await RefusedAsync("/v1/tail?filter=x"));
            Assert.Equal((503, "TooManyConnections"), await RefusedAsync("/v1/streams/s/records?wait=1s"));
            Assert.Equal((404, "StreamNotFound"), await RefusedAsync("/v1/streams/s/records"));
        }

        await Poll.UntilAsync(async () => (await RefusedAsync("/v1/streams/s/records?wait=1s")).Status == 404);

        async Task<(int Status, string? Error)> RefusedAsync(string path)
        {
            ApiReply reply = await peer.GetAsync(path);
            return (reply.Status, reply.Error);
        }
    }

    private static (string? Name, string? Error) Shown(ServerEvent? one) => (one?.Name, (string?)one?.Data["error"]);

    private async Task<(int Status, string? Error)> StatusAsync(string path)
    {
        ApiReply reply = await Peer.GetAsync(path);
        return (reply.Status, reply.Error);
    }
}
