using Nexo.Client;
using Nexo.EndToEnd.Tests.Http;
using Nexo.EndToEnd.Tests.Security;

namespace Nexo.EndToEnd.Tests.Spaces;

/// <summary>The HTTP API in namespaces: over one connection, which several clients may have behind a proxy.</summary>
public sealed class HttpSpaceTests
{
    private const string Shop = SpaceServer.Shop;
    private const string Billing = SpaceServer.Billing;

    [Fact]
    public async Task A_request_is_in_the_namespace_of_its_user_or_in_the_one_that_it_asks_for()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync(ApiPeer.On);
        using var http = new ApiPeer(secure.Server);
        (string Owner, (string, string)[] As)[] clients =
        [
            ("keeper", As(SecureServer.Operator)), (Shop, As(Shop)), (Billing, As(SecureServer.Operator, Billing)),
        ];
        foreach ((string owner, (string, string)[] by) in clients)
        {
            Assert.Equal(204, (await http.PutAsync("/v1/store/name", owner, by)).Status);
            Assert.True((await http.PostAsync("/v1/queues/jobs/messages", owner, by)).Status < 300);
            Assert.True((await http.PostAsync("/v1/topics/news?retain=true", owner, by)).Status < 300);
        }

        foreach ((string owner, (string, string)[] by) in clients)
        {
            Assert.Equal(owner, (await http.GetAsync("/v1/store/name", by)).Text);
            Assert.Equal(owner, (await http.GetAsync("/v1/topics/news", by)).Text);
            Assert.Equal(1, (await http.GetAsync("/v1/queues/jobs/stats", by)).Json["ready"]!.GetValue<long>());
            Assert.Equal(owner == "keeper" ? "default" : owner, (string?)(await http.GetAsync("/v1/info", by)).Json["namespace"]);
        }

        // What HTTP has put there is what others find.
        await using NexoClient native = await secure.Server.ConnectAsync(token: Billing);
        Assert.Equal(1, await native.Store.CountAsync());
        Assert.Equal(403, (await http.GetAsync("/v1/store/name", As(Shop, Billing))).Status);
        Assert.Equal(403, (await http.GetAsync("/v1/store/name", As(Shop, "nowhere"))).Status);
        Assert.Equal(404, (await http.GetAsync("/v1/store/name", As(SecureServer.Operator, "nowhere"))).Status);
        Assert.Equal(Shop, (await http.GetAsync("/v1/store/name", As(Shop, Shop))).Text);
    }

    private static (string, string)[] As(string token, string? space = null) => space is null
        ? [("Authorization", $"Bearer {token}")]
        : [("Authorization", $"Bearer {token}"), ("Nexo-Namespace", space)];
}
