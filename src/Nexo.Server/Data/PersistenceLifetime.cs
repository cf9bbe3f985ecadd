using Microsoft.Extensions.Hosting;

namespace Nexo.Server.Data;

/// <summary>
/// Opens the data directory before anything listens, begins to read it back when everything does, and closes it when nobody
/// writes any more. Registered first, so that it is stopped last.
/// </summary>
internal sealed class PersistenceLifetime(Persistence persistence, SnapshotService snapshots) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        persistence.Open();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        persistence.BeginRecovery();
        snapshots.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => persistence.StopRecoveryAsync();

    public Task StopAsync(CancellationToken cancellationToken) => snapshots.StopAsync();

    public Task StoppedAsync(CancellationToken cancellationToken) => persistence.CloseAsync();
}
