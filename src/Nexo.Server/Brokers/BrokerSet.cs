using Nexo.Server.Connections;
using Nexo.Server.Hosting;

namespace Nexo.Server.Brokers;

/// <summary>The brokers of the process: the one that everybody has who asks for no other.</summary>
internal sealed class BrokerSet : IAsyncDisposable
{
    private readonly ClientConnections _clients;

    public BrokerSet(BrokerSurroundings shared)
    {
        _clients = shared.Clients;
        Default = new Broker(shared);
        All = [Default];
    }

    /// <summary>Where a connection begins.</summary>
    public Broker Default { get; }

    /// <summary>All of them, the default one first.</summary>
    public IReadOnlyList<Broker> All { get; }

    /// <summary>Why no traffic may come, in a word or a sentence; null: it may.</summary>
    public string? Obstacle => All.Select(broker => broker.Persistence.Obstacle).FirstOrDefault(obstacle => obstacle is not null);

    /// <summary>Ends when all have read back what they keep: with false, when the server was stopped before.</summary>
    /// <exception cref="ServerStartException">The data of one cannot be read, or not be gone on with.</exception>
    public async Task<bool> WhenReadyAsync()
    {
        // One that fails is told at once, however long others take.
        bool isReady = true;
        await foreach (Task<bool> one in Task.WhenEach(All.Select(broker => broker.Persistence.WhenReadyAsync())))
        {
            isReady &= await one;
        }

        return isReady;
    }

    /// <summary>Snapshots that are being written are given up, and who waits for one is told so.</summary>
    public Task BeginStopAsync() => Task.WhenAll(All.Select(broker => broker.Snapshots.BeginStopAsync()));

    /// <summary>Nothing happens by itself any more. May be called again.</summary>
    public void StopTicks()
    {
        foreach (Broker broker in All)
        {
            broker.StopTicks();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its sweep looks at connections, and they at what goes now.
        _clients.Dispose();
        foreach (Broker broker in All)
        {
            await broker.DisposeAsync();
        }
    }
}
