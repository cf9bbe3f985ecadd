using System.Text.Json.Nodes;

namespace Nexo.EndToEnd.Tests.Http;

public sealed class HttpTopicTests(HttpFixture shared) : IClassFixture<HttpFixture>
{
    private ApiPeer Peer => shared.Peer;

    [Fact]
    public async Task A_retained_message_is_the_topics_value_with_its_headers()
    {
        ApiReply published = await Peer.PostAsync(
            "/v1/topics/home/kitchen/temp?retain&ttl=1h", "21.5", ("Nexo-Header-Unit", "C"));
        Assert.Equal((0, 0), ((int)published.Json["receivers"]!, (int)published.Json["bindings"]!));
        ApiReply value = await Peer.GetAsync("/v1/topics/home/kitchen/temp");
        Assert.Equal((200, "21.5"), (value.Status, value.Text));
        Assert.Equal("C", value.Headers.GetValues("Nexo-Header-Unit").Single());

        JsonNode kept = Assert.Single((await Peer.GetAsync("/v1/retained?filter=home/%2B/temp")).Json["messages"]!.AsArray())!;
        Assert.Equal(("home/kitchen/temp", "21.5", "C"), ((string?)kept["topic"], (string?)kept["body"], (string?)kept["headers"]!["unit"]));
        Assert.True((long)kept["expires_at_ms"]! > (long)kept["set_at_ms"]!);

        await Peer.PostAsync("/v1/topics/home/kitchen/temp?retain");
        Assert.Equal((404, "NotFound"), ((await Peer.GetAsync("/v1/topics/home/kitchen/temp")) is var gone ? (gone.Status, gone.Error) : default));
    }

    [Theory]
    [InlineData("/v1/topics/a%2Fb//c", "a/b//c")]
    [InlineData("/v1/topics/%E2%82%AC", "\u20ac")]
    [InlineData("/v1/topics//x", "/x")]
    public async Task A_topic_is_the_rest_of_the_path(string path, string topic)
    {
        Assert.Equal(200, (await Peer.PostAsync($"{path}?retain", "x")).Status);
        JsonArray all = (await Peer.GetAsync("/v1/retained")).Json["messages"]!.AsArray();
        Assert.Contains(all, message => (string?)message!["topic"] == topic);
    }

    [Theory]
    [InlineData("POST", "/v1/topics/a/%23", "TopicInvalid")]
    [InlineData("POST", "/v1/topics/", "TopicInvalid")]
    [InlineData("POST", "/v1/topics/%FF", "TopicInvalid")]
    [InlineData("GET", "/v1/topics/%2B", "TopicInvalid")]
    [InlineData("GET", "/v1/retained?filter=a%23", "FilterInvalid")]
    [InlineData("POST", "/v1/topics/a?retain=maybe", "InvalidArgument")]
    public async Task What_is_no_topic_is_refused(string method, string path, string error)
    {
        ApiReply reply = await Peer.SendAsync(method, path, method == "POST" ? [1] : null);
        Assert.Equal((400, error), (reply.Status, reply.Error));
    }
}
