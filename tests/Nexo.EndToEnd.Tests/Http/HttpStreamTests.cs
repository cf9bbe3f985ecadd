using System.Text.Json.Nodes;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpStreamTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private ApiPeer Peer => shared.Peer;

    [Fact]
    public async Task A_definition_is_read_back_as_it_was_written()
    {
        const string Given = """{"max_age_ms":3600000,"max_bytes":1048576,"max_records":100,"protect_groups":true,"max_record_bytes":1024}""";
        Assert.Equal(201, (await Peer.PutAsync("/v1/streams/def", Given)).Status);
        Assert.Equal(200, (await Peer.PutAsync("/v1/streams/def", Given)).Status);
        JsonNode read = (await Peer.GetAsync("/v1/streams/def")).Json;
        Assert.All(JsonNode.Parse(Given)!.AsObject(), field => Assert.True(JsonNode.DeepEquals(field.Value, read[field.Key]), field.Key));
        Assert.Equal((0, 0), ((int)read["first"]!, (int)read["next"]!));

        ApiReply changed = await Peer.SendAsync("PATCH", "/v1/streams/def", """{"max_records":50}"""u8.ToArray());
        Assert.Equal((200, 50), (changed.Status, (int)changed.Json["max_records"]!));
        Assert.Equal((409, "StreamConflict"), await StatusAsync(Peer.PutAsync("/v1/streams/def", """{"max_records":60}""")));
        Assert.Contains((await Peer.GetAsync("/v1/streams?prefix=de")).Json["streams"]!.AsArray(), one => (string?)one!["stream"] == "def");
        Assert.Equal(0, (int)(await Peer.DeleteAsync("/v1/streams/def")).Json["deleted"]!);
        Assert.Equal((404, "StreamNotFound"), await StatusAsync(Peer.GetAsync("/v1/streams/def")));
    }

    [Fact]
    public async Task Records_are_read_from_wherever_it_is_asked()
    {
        const string Stream = "/v1/streams/log";
        Assert.Equal(201, (await Peer.PutAsync(Stream, """{"timestamp_bound_ms":3153600000000}""")).Status);
        for (int i = 0; i < 10; i++)
        {
            ApiReply appended = await Peer.PostAsync(
                $"{Stream}/records?key=k{i % 2}&timestamp={1_700_000_000_000 + i}", $"v{i}", ("Nexo-Header-N", $"{i}"));
            Assert.Equal((201, "appended", i), (appended.Status, (string?)appended.Json["outcome"], (int)appended.Json["offset"]!));
        }

        JsonNode page = (await Peer.GetAsync($"{Stream}/records?from=2&limit=3")).Json;
        Assert.Equal([2, 3, 4], page["records"]!.AsArray().Select(record => (int)record!["offset"]!));
        Assert.Equal((0, 10, 5), ((int)page["first"]!, (int)page["next"]!, (int)page["continue_at"]!));
        JsonNode record = page["records"]![0]!;
        Assert.Equal(("k0", "v2", "2"), ((string?)record["key"], (string?)record["value"], (string?)record["headers"]!["n"]));
        Assert.True((bool)record["producer_time"]!);

        Assert.Equal([0, 1, 2], await OffsetsAsync("from=beginning&limit=3"));
        Assert.Equal([8, 9], await OffsetsAsync("from=last:2"));
        Assert.Equal([7, 8, 9], await OffsetsAsync("from=time:1700000000007"));
        Assert.Equal([1, 3, 5, 7, 9], await OffsetsAsync("key=k1"));
        Assert.Empty(await OffsetsAsync("from=end"));
        Assert.Equal((416, "OffsetOutOfRange"), await StatusAsync(Peer.GetAsync($"{Stream}/records?from=11")));
        Assert.Equal((400, "InvalidArgument"), await StatusAsync(Peer.GetAsync($"{Stream}/records?from=soon")));
        Assert.Equal(10, (int)(await Peer.GetAsync($"{Stream}/stats")).Json["appended"]!);

        async Task<IEnumerable<int>> OffsetsAsync(string query) =>
            (await Peer.GetAsync($"{Stream}/records?{query}")).Json["records"]!.AsArray().Select(one => (int)one!["offset"]!);
    }

    [Fact]
    public async Task An_append_that_expects_another_place_is_a_conflict()
    {
        const string Stream = "/v1/streams/expect";
        await Peer.PutAsync(Stream, "{}");
        Assert.Equal(201, (await Peer.PostAsync($"{Stream}/records?expect-next=0", "x")).Status);
        ApiReply conflict = await Peer.PostAsync($"{Stream}/records?expect-next=0", "x");
        Assert.Equal((409, "conflict", 1), (conflict.Status, (string?)conflict.Json["outcome"], (int)conflict.Json["offset"]!));
        Assert.Equal(201, (await Peer.PostAsync($"{Stream}/records?key=a&tombstone&expect-key-version=0", "")).Status);
    }

    [Fact]
    public async Task A_read_waits_for_a_first_record()
    {
        const string Stream = "/v1/streams/wait";
        await Peer.PutAsync(Stream, "{}");
        Task<ApiReply> waiting = Peer.GetAsync($"{Stream}/records?wait=60s");
        await Poll.UntilAsync(async () => (int)(await Peer.GetAsync($"{Stream}/stats")).Json["readers"]! == 1);
        await Peer.PostAsync($"{Stream}/records", "x");
        Assert.Single((await waiting).Json["records"]!.AsArray());
    }

    private static async Task<(int Status, string? Error)> StatusAsync(Task<ApiReply> asked)
    {
        ApiReply reply = await asked;
        return (reply.Status, reply.Error);
    }
}
