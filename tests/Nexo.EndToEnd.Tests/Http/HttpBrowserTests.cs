using Nexo.EndToEnd.Tests.Security;
using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>What pages of other sites can do through the browser of somebody who can reach the server.</summary>
public sealed class HttpBrowserTests
{
    private const string Listed = "https://app.example";

    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://127.0.0.1:1", 403)]
    [InlineData("Origin", Listed, 200)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    [InlineData("Host", "evil.example", 403)]
    [InlineData("Host", "evil.example:7655", 403)]
    [InlineData("Host", "app.example", 200)]
    [InlineData("Host", "localhost:7655", 200)]
    [InlineData("Host", "nexo", 200)]
    [InlineData("Host", "nexo.default.svc.cluster.local", 200)]
    [InlineData("Host", "[::1]:7655", 200)]
    [InlineData("Host", "local.evil.example", 403)]
    public async Task A_request_is_judged_by_where_it_comes_from_and_what_the_server_is_called(string name, string value, int expected)
    {
        await using TestServer server = await StartAsync();
        using var peer = new ApiPeer(server);
        ApiReply reply = await peer.GetAsync("/v1/store", (name, value));
        Assert.Equal(expected, reply.Status);
        bool isShared = reply.Headers.TryGetValues("Access-Control-Allow-Origin", out IEnumerable<string>? origins);
        Assert.Equal(name == "Origin" && value == Listed, isShared);
        Assert.Equal(isShared ? Listed : null, origins?.Single());
    }

    [Fact]
    public async Task A_page_of_the_server_itself_is_no_other_site()
    {
        await using TestServer server = await StartAsync();
        using var peer = new ApiPeer(server);
        Assert.Equal(204, (await peer.PutAsync("/v1/store/own", "x", ("Origin", server.HttpUrl!.TrimEnd('/')))).Status);
    }

    [Fact]
    public async Task A_page_that_is_listed_learns_what_it_may_send_and_another_does_not()
    {
        await using TestServer server = await StartAsync();
        using var peer = new ApiPeer(server);
        ApiReply asked = await AskAsync(peer, Listed);
        Assert.Equal(204, asked.Status);
        Assert.Equal(Listed, asked.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("DELETE", asked.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        Assert.Equal("authorization, if-match", asked.Headers.GetValues("Access-Control-Allow-Headers").Single());
        ApiReply unknown = await peer.SendAsync("OPTIONS", "/v1/store/x", null, ("Access-Control-Request-Method", "DELETE"));
        Assert.Equal(405, unknown.Status);
        ApiReply refused = await AskAsync(peer, "https://evil.example");
        Assert.Equal(403, refused.Status);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task With_users_the_name_does_not_matter_and_the_site_does()
    {
        await using SecureServer secure = await SecureServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(secure.Server, SecureServer.Operator);
        Assert.Equal(200, (await peer.GetAsync("/v1/store", ("Host", "nexo.example.org"))).Status);
        Assert.Equal(403, (await peer.GetAsync("/v1/store", ("Origin", "https://evil.example"))).Status);
    }

    [Theory]
    [InlineData("/metrics", "Mozilla/5.0", "evil.example", 403)]
    [InlineData("/", "Mozilla/5.0", "evil.example", 403)]
    [InlineData("/", "Mozilla/5.0", "nexo", 200)]
    [InlineData("/metrics", "Prometheus/3.0", "nexo.example.org", 200)]
    [InlineData("/readyz", "Mozilla/5.0", "evil.example", 200)]
    public async Task Figures_are_not_shown_to_a_browser_under_a_name_that_anybody_could_have_made(
        string path, string agent, string host, int expected)
    {
        await using TestServer server = await StartAsync();
        using var peer = new ApiPeer(server);
        Assert.Equal(expected, (await peer.GetAsync(path, ("User-Agent", agent), ("Host", host))).Status);
    }

    [Fact]
    public async Task Pages_of_other_sites_cannot_open_mqtt_either_while_nobody_is_asked()
    {
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(options) with
        {
            Mqtt = options.Mqtt with { WebSocket = true },
        });
        using var peer = new ApiPeer(server);
        Assert.Equal(403, (await peer.GetAsync("/mqtt", ("Origin", "https://evil.example"))).Status);
        Assert.Equal(403, (await peer.GetAsync("/mqtt", ("Host", "evil.example"))).Status);
        Assert.Equal(400, (await peer.GetAsync("/mqtt")).Status);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(options => ApiPeer.On(options) with
    {
        Http = new HttpOptions { AllowedOrigins = [Listed] },
    });

    private static Task<ApiReply> AskAsync(ApiPeer peer, string origin) => peer.SendAsync(
        "OPTIONS", "/v1/store/x", null,
        ("Origin", origin), ("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Headers", "authorization, if-match"));
}
