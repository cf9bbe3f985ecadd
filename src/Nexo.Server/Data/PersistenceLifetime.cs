using Microsoft.Extensions.Hosting;
using Nexo.Server.Brokers;

namespace Nexo.Server.Data;

/// <summary>
/// Opens the data directories before anything listens, begins to read them back when everything does, and closes them when nobody
/// writes any more. Registered first, so that it is stopped last.
/// </summary>
internal sealed class PersistenceLifetime(BrokerSet brokers) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        brokers.Open();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (Broker broker in brokers.All)
        {
            broker.Persistence.BeginRecovery();
            broker.Snapshots.Start();
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(brokers.All.Select(broker => broker.Persistence.StopRecoveryAsync()));

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(brokers.All.Select(broker => broker.Snapshots.StopAsync()));

    public Task StoppedAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(brokers.All.Select(broker => broker.Persistence.CloseAsync()));
}
