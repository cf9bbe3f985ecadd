namespace Nexo.EndToEnd.Tests.Http;

/// <summary>A server without users, and a client of its HTTP API.</summary>
public sealed class HttpFixture : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    internal ApiPeer Peer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TestServer.StartAsync(ApiPeer.On);
        Peer = new ApiPeer(Server);
    }

    public async ValueTask DisposeAsync()
    {
        Peer.Dispose();
        await Server.DisposeAsync();
    }
}
