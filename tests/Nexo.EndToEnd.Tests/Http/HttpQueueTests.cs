using System.Text.Json.Nodes;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpQueueTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private ApiPeer Peer => shared.Peer;

    [Fact]
    public async Task A_definition_is_read_back_as_it_was_written()
    {
        const string Given = """
            {"lease_ms":5000,"max_deliveries":3,"backoff":"fixed","backoff_delay_ms":100,"dead_letter_queue":"def-dead","when_full":"dead-letter",
             "max_messages":10,"durability":"memory","priorities":4,"group_in_flight":0,"delete_unused_ms":0}
            """;
        ApiReply made = await Peer.PutAsync("/v1/queues/def", Given);
        Assert.Equal(201, made.Status);
        Assert.Equal(200, (await Peer.PutAsync("/v1/queues/def", Given)).Status);
        JsonNode read = (await Peer.GetAsync("/v1/queues/def")).Json;
        Assert.Equal("def", (string?)read["queue"]);
        Assert.All(JsonNode.Parse(Given)!.AsObject(), field => Assert.True(JsonNode.DeepEquals(field.Value, read[field.Key]), field.Key));

        ApiReply changed = await Peer.SendAsync("PATCH", "/v1/queues/def?revision=1", """{"lease_ms":6000}"""u8.ToArray());
        Assert.Equal((200, 6_000), (changed.Status, (int)changed.Json["lease_ms"]!));
        Assert.Equal(3, (int)changed.Json["max_deliveries"]!);
        Assert.Equal(409, (await Peer.SendAsync("PATCH", "/v1/queues/def?revision=1", """{"lease_ms":7000}"""u8.ToArray())).Status);
        Assert.Equal("QueueConflict", (await Peer.PutAsync("/v1/queues/def", """{"lease_ms":1000}""")).Error);
        Assert.Contains(
            (await Peer.GetAsync("/v1/queues?prefix=def")).Json["queues"]!.AsArray(), queue => (string?)queue!["queue"] == "def");
    }

    [Fact]
    public async Task A_message_goes_the_whole_way_over_connections_that_end()
    {
        const string Queue = "/v1/queues/way";
        Assert.Equal(201, (await Peer.PutAsync(Queue, "{}")).Status);
        ApiReply pushed = await Peer.PostAsync(
            $"{Queue}/messages?priority=2&dedup-id=1&group=g", "hello", ("Nexo-Header-Content-Type", "text/plain"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        Assert.Equal((201, "accepted"), (pushed.Status, (string?)pushed.Json["outcome"]));
        ApiReply twice = await Peer.PostAsync($"{Queue}/messages?dedup-id=1", "hello");
        Assert.Equal("duplicate", (string?)twice.Json["outcome"]);

        JsonNode seen = Assert.Single((await Peer.GetAsync($"{Queue}/messages")).Json["messages"]!.AsArray())!;
        Assert.Equal("hello", (string?)seen["body"]);
        Assert.Equal("g", (string?)seen["group"]);
        Assert.Equal("text/plain", (string?)seen["headers"]!["content-type"]);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c", (string?)seen["headers"]!["traceparent"], StringComparison.Ordinal);

        HashSet<long> before = [.. shared.Server.Native.Clients.All.Select(client => client.Id)];
        JsonNode taken = await PullElsewhereAsync(Queue);
        Assert.Equal(1, (int)taken["attempt"]!);

        // The connection that has pulled it is over, and the message is still its client's.
        await Poll.UntilAsync(() => shared.Server.Native.Clients.All.All(client => before.Contains(client.Id)));
        Assert.Empty((await Peer.PostAsync($"{Queue}/pull")).Json["messages"]!.AsArray());
        Assert.Single((await Peer.GetAsync($"{Queue}/messages?which=leased")).Json["messages"]!.AsArray());

        ApiReply extended = await Peer.PostAsync($"{Queue}/extend", Receipts(taken, "\"lease_ms\":60000"));
        Assert.True((long)extended.Json["results"]![0]!["lease_ends_at_ms"]! > (long)taken["lease_ends_at_ms"]!);
        ApiReply back = await Peer.PostAsync($"{Queue}/nack", Receipts(taken, "\"action\":\"now\""));
        Assert.Null(back.Json["results"]![0]!["error"]);
        ApiReply late = await Peer.PostAsync($"{Queue}/ack", Receipts(taken));
        Assert.Equal("LeaseLost", (string?)late.Json["results"]![0]!["error"]);

        JsonNode again = (await Peer.PostAsync($"{Queue}/pull?max=5&lease=30s")).Json["messages"]![0]!;
        Assert.Equal(2, (int)again["attempt"]!);
        Assert.Null((await Peer.PostAsync($"{Queue}/ack", Receipts(again))).Json["results"]![0]!["error"]);
        JsonNode stats = (await Peer.GetAsync($"{Queue}/stats")).Json;
        Assert.Equal((0, 0, 1, 1), ((int)stats["ready"]!, (int)stats["leased"]!, (int)stats["acked"]!, (int)stats["duplicates"]!));
        Assert.Equal(0, (int)(await Peer.DeleteAsync(Queue)).Json["deleted"]!);
        Assert.Equal((404, "QueueNotFound"), await StatusAsync(Peer.GetAsync(Queue)));
    }

    [Fact]
    public async Task A_rejected_message_is_a_dead_letter_until_it_is_redriven()
    {
        const string Queue = "/v1/queues/dead";
        await Peer.PutAsync(Queue, "{}");
        await Peer.SendAsync("POST", $"{Queue}/messages", [0xFF, 0]);
        JsonNode taken = (await Peer.PostAsync($"{Queue}/pull?wait=30s")).Json["messages"]![0]!;
        Assert.Equal([0xFF, 0], Convert.FromBase64String((string)taken["body_base64"]!));
        await Peer.PostAsync($"{Queue}/reject", Receipts(taken, "\"reason\":\"no good\""));
        JsonNode dead = Assert.Single((await Peer.GetAsync($"{Queue}/dead")).Json["messages"]!.AsArray())!;
        Assert.Equal(("rejected", "no good", "dead"), ((string?)dead["cause"], (string?)dead["reason"], (string?)dead["source"]));
        Assert.Equal(1, (int)(await Peer.PostAsync($"{Queue}/dead/redrive")).Json["redriven"]!);
        Assert.Single((await Peer.GetAsync($"{Queue}/messages")).Json["messages"]!.AsArray());
        Assert.Equal(1, (int)(await Peer.DeleteAsync($"{Queue}/messages?part=all")).Json["deleted"]!);
    }

    [Fact]
    public async Task A_paused_queue_says_so()
    {
        const string Queue = "/v1/queues/paused";
        await Peer.PutAsync(Queue, "{}");
        Assert.Equal(204, (await Peer.PostAsync($"{Queue}/pause?flow=pushes")).Status);
        Assert.Equal((409, "QueuePaused"), await StatusAsync(Peer.PostAsync($"{Queue}/messages", "x")));
        Assert.Equal("pushes", (string?)(await Peer.GetAsync($"{Queue}/stats")).Json["paused"]);
        Assert.Equal(204, (await Peer.PostAsync($"{Queue}/resume")).Status);
        Assert.Equal(201, (await Peer.PostAsync($"{Queue}/messages", "x")).Status);
    }

    [Fact]
    public async Task A_pull_that_waits_is_woken_by_a_push_and_given_up_with_its_client()
    {
        const string Queue = "/v1/queues/wait";
        await Peer.PutAsync(Queue, "{}");
        Task<ApiReply> waiting = Peer.PostAsync($"{Queue}/pull?wait=60s");
        await Poll.UntilAsync(async () => (int)(await Peer.GetAsync($"{Queue}/stats")).Json["consumers"]! == 1);
        await Peer.PostAsync($"{Queue}/messages", "x");
        Assert.Single((await waiting).Json["messages"]!.AsArray());

        using (var gone = new ApiPeer(shared.Server))
        {
            _ = gone.PostAsync($"{Queue}/pull?wait=1h").ContinueWith(static _ => { }, TaskScheduler.Default);
            await Poll.UntilAsync(async () => (int)(await Peer.GetAsync($"{Queue}/stats")).Json["consumers"]! == 2);
        }

        await Poll.UntilAsync(async () => (int)(await Peer.GetAsync($"{Queue}/stats")).Json["consumers"]! < 2);
    }

    [Theory]
    [InlineData("""{"lease_ms":"x"}""", "InvalidArgument")]
    [InlineData("""{"lease_ms":1.5}""", "InvalidArgument")]
    [InlineData("""{"lease":5}""", "InvalidArgument")]
    [InlineData("""{"lease_ms":1,"lease_ms":2}""", "InvalidArgument")]
    [InlineData("""{"backoff":"sometimes"}""", "InvalidArgument")]
    [InlineData("""{"dead_letter_queue":"bad"}""", "DeadLetterCycle")]
    [InlineData("""{"lease_ms":1}""", "InvalidArgument")]
    [InlineData("[]", "InvalidArgument")]
    [InlineData("{", "InvalidArgument")]
    [InlineData("{\"dead_letter_queue\":\"\\ud800\"}", "InvalidArgument")]
    public async Task A_definition_that_is_wrong_is_refused(string body, string error) =>
        Assert.Equal((error == "DeadLetterCycle" ? 409 : 400, error), await StatusAsync(Peer.PutAsync("/v1/queues/bad", body)));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"receipts":["x"]}""")]
    [InlineData("""{"receipts":[1]}""")]
    [InlineData("""{"receipts":[]}""")]
    public async Task Receipts_that_are_none_are_refused(string body) =>
        Assert.Equal((400, "InvalidArgument"), await StatusAsync(Peer.PostAsync("/v1/queues/none/ack", body)));

    [Fact]
    public async Task What_a_body_of_JSON_may_have_is_bounded()
    {
        string many = string.Join(',', Enumerable.Repeat("\"1-1\"", 65_537));
        Assert.Equal((400, "InvalidArgument"), await StatusAsync(Peer.PostAsync("/v1/queues/none/ack", $"{{\"receipts\":[{many}]}}")));
        string name = new('x', 65_536);
        Assert.Equal((400, "InvalidArgument"), await StatusAsync(Peer.PutAsync("/v1/queues/none", $"{{\"dead_letter_queue\":\"{name}\"}}")));
        string large = new(' ', 4 * 1_024 * 1_024 + 1);
        Assert.Equal((413, "ValueTooLarge"), await StatusAsync(Peer.PostAsync("/v1/queues/none/ack", large)));
    }

    private static async Task<(int Status, string? Error)> StatusAsync(Task<ApiReply> asked)
    {
        ApiReply reply = await asked;
        return (reply.Status, reply.Error);
    }

    private static string Receipts(JsonNode message, string? more = null) =>
        $$"""{"receipts":["{{message["receipt"]}}"]{{(more is null ? "" : $",{more}")}}}""";

    private async Task<JsonNode> PullElsewhereAsync(string queue)
    {
        using var elsewhere = new ApiPeer(shared.Server);
        return (await elsewhere.PostAsync($"{queue}/pull")).Json["messages"]![0]!;
    }
}
