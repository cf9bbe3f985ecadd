using Microsoft.Extensions.Hosting;

namespace Nexo.Client;

/// <summary>Opens the client when the host starts.</summary>
internal sealed class NexoConnectAtStart(NexoClient client) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Retryable)
        {
            // The client goes on trying; the health check tells until then.
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
