using System.Text.Json.Nodes;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpStoreTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private ApiPeer Peer => shared.Peer;

    [Fact]
    public async Task A_value_comes_back_as_it_was_put_and_its_version_is_the_tag()
    {
        byte[] bytes = [0, 255, 10, 13, 34];
        ApiReply put = await Peer.SendAsync("PUT", "/v1/store/plain", bytes);
        Assert.Equal(204, put.Status);
        ApiReply got = await Peer.GetAsync("/v1/store/plain");
        Assert.Equal(200, got.Status);
        Assert.Equal(bytes, got.Bytes);
        Assert.Equal("application/octet-stream", got.Type);
        Assert.Equal(put.Tag, got.Tag);
        Assert.Equal(304, (await Peer.GetAsync("/v1/store/plain", ("If-None-Match", got.Tag!))).Status);
        ApiReply head = await Peer.SendAsync("HEAD", "/v1/store/plain", null);
        Assert.Equal((200, got.Tag), (head.Status, head.Tag));
        Assert.Empty(head.Bytes);
    }

    [Fact]
    public async Task Conditions_hold_or_the_answer_is_412_with_the_tag_of_what_is_there()
    {
        Assert.Equal(412, (await Peer.PutAsync("/v1/store/cond", "1", ("If-Match", "*"))).Status);
        ApiReply first = await Peer.PutAsync("/v1/store/cond", "1", ("If-None-Match", "*"));
        Assert.Equal(204, first.Status);
        ApiReply again = await Peer.PutAsync("/v1/store/cond", "2", ("If-None-Match", "*"));
        Assert.Equal((412, first.Tag), (again.Status, again.Tag));
        ApiReply second = await Peer.PutAsync("/v1/store/cond", "2", ("If-Match", first.Tag!));
        Assert.Equal(204, second.Status);
        Assert.NotEqual(first.Tag, second.Tag);
        Assert.Equal(412, (await Peer.PutAsync("/v1/store/cond", "3", ("If-Match", first.Tag!))).Status);
        Assert.Equal(412, (await Peer.DeleteAsync("/v1/store/cond", ("If-Match", first.Tag!))).Status);
        Assert.Equal("2", (await Peer.GetAsync("/v1/store/cond")).Text);
        Assert.Equal(204, (await Peer.DeleteAsync("/v1/store/cond", ("If-Match", second.Tag!))).Status);
        Assert.Equal(404, (await Peer.DeleteAsync("/v1/store/cond")).Status);
        Assert.Equal(400, (await Peer.PutAsync("/v1/store/cond", "3", ("If-Match", "x"))).Status);
        Assert.Equal(404, (await Peer.GetAsync("/v1/store/cond")).Status);
    }

    [Theory]
    [InlineData("a%2Fb%3Fc%25", "a/b?c%")]
    [InlineData("%E2%82%AC", "€")]
    [InlineData("..", "..")]
    [InlineData("a+b", "a+b")]
    [InlineData("YQBi?key-encoding=base64url", "a\0b")]
    public async Task A_key_is_decoded_once(string path, string key)
    {
        Assert.Equal(204, (await Peer.PutAsync($"/v1/store/{path}", key)).Status);
        Assert.Equal(key, (await Peer.GetAsync($"/v1/store/{path}")).Text);
        JsonArray keys = (await Peer.GetAsync($"/v1/store?prefix={Uri.EscapeDataString(key)}")).Json["keys"]!.AsArray();
        Assert.Contains(keys, one => (string?)one!["key"] == key && (string?)one["kind"] == "value");
    }

    [Fact]
    public async Task A_key_that_is_no_text_is_told_as_base64()
    {
        Assert.Equal(204, (await Peer.PutAsync("/v1/store/raw%FF%FE", "x")).Status);
        JsonNode key = Assert.Single((await Peer.GetAsync("/v1/store?prefix=raw")).Json["keys"]!.AsArray())!;
        Assert.Equal("raw"u8.ToArray().Concat((byte[])[0xFF, 0xFE]), Convert.FromBase64String((string)key["key_base64"]!));
    }

    [Fact]
    public async Task A_list_goes_on_by_its_cursor_to_its_end()
    {
        for (int i = 0; i < 25; i++)
        {
            Assert.Equal(204, (await Peer.PutAsync($"/v1/store/list-{i}", "x")).Status);
        }

        var keys = new List<string>();
        string cursor = string.Empty;
        do
        {
            JsonNode page = (await Peer.GetAsync($"/v1/store?prefix=list-&limit=10{cursor}")).Json;
            keys.AddRange(page["keys"]!.AsArray().Select(key => (string)key!["key"]!));
            cursor = page["cursor"] is { } next ? $"&cursor={next}" : string.Empty;
        }
        while (cursor.Length > 0);
        Assert.Equal(25, keys.Distinct().Count());
        Assert.Equal(25, keys.Count);
        Assert.Equal(400, (await Peer.GetAsync("/v1/store?cursor=zz")).Status);
    }

    [Fact]
    public async Task A_time_to_live_is_kept_and_told()
    {
        Assert.Equal(204, (await Peer.PutAsync("/v1/store/short?ttl=1h", "x")).Status);
        long left = (long)(await Peer.GetAsync("/v1/store/short/ttl")).Json["ttl_ms"]!;
        Assert.InRange(left, 3_000_000, 3_600_000);
        await Peer.PutAsync("/v1/store/long", "x");
        Assert.Null((await Peer.GetAsync("/v1/store/long/ttl")).Json["ttl_ms"]);
        Assert.Equal(404, (await Peer.GetAsync("/v1/store/nosuch/ttl")).Status);
    }

    [Theory]
    [InlineData("PUT", "/v1/store/x?ttl=soon", 400, "InvalidArgument")]
    [InlineData("PUT", "/v1/store/x?ttl=1s&ttl=2s", 400, "InvalidArgument")]
    [InlineData("PUT", "/v1/store/x?tll=1s", 400, "InvalidArgument")]
    [InlineData("PUT", "/v1/store/x?ttl=9000000h", 400, "ExpiryOutOfRange")]
    [InlineData("PUT", "/v1/store/%zz", 400, "InvalidArgument")]
    [InlineData("PUT", "/v1/store/", 400, "KeyInvalid")]
    [InlineData("GET", "/v1/store?limit=0", 400, "InvalidArgument")]
    [InlineData("GET", "/v1/store?limit=x", 400, "InvalidArgument")]
    [InlineData("GET", "/v1/store/x?key-encoding=hex", 400, "InvalidArgument")]
    [InlineData("GET", "/v1/store/%21?key-encoding=base64url", 400, "InvalidArgument")]
    [InlineData("PUT", "/v1/store/x?durability=fsync", 400, "UnsupportedDurability")]
    [InlineData("GET", "/v1", 404, null)]
    [InlineData("GET", "/v1/store/a/b", 404, "NotFound")]
    [InlineData("POST", "/v1/store/a", 405, "InvalidArgument")]
    public async Task What_is_wrong_is_refused_with_a_reason(string method, string path, int status, string? error)
    {
        ApiReply reply = await Peer.SendAsync(method, path, method == "GET" ? null : [1]);
        Assert.Equal(status, reply.Status);
        if (error is not null)
        {
            Assert.Equal("application/problem+json", reply.Type);
            Assert.Equal(error, reply.Error);
            Assert.Equal(status, (int)reply.Json["status"]!);
        }
    }

    [Fact]
    public async Task A_body_is_taken_up_to_the_bound_and_refused_above_whether_its_length_was_told_or_not()
    {
        byte[] fits = new byte[16_000_000];
        Random.Shared.NextBytes(fits);
        Assert.Equal(204, (await Peer.SendAsync("PUT", "/v1/store/big", fits)).Status);
        Assert.Equal(fits, (await Peer.GetAsync("/v1/store/big")).Bytes);
        await Peer.DeleteAsync("/v1/store/big");

        ApiReply tooLarge = await Peer.SendAsync("PUT", "/v1/store/big", new byte[16 * 1_024 * 1_024]);
        Assert.Equal((413, "ValueTooLarge"), (tooLarge.Status, tooLarge.Error));
        ApiReply chunked = await Peer.SendAsync("PUT", "/v1/store/big", new byte[16 * 1_024 * 1_024 + 1], ("Transfer-Encoding", "chunked"));
        Assert.Equal((413, "ValueTooLarge"), (chunked.Status, chunked.Error));
        Assert.Equal(404, (await Peer.GetAsync("/v1/store/big")).Status);
    }
}
