using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Nexo.Client;

/// <summary>Healthy when the server answers a ping.</summary>
internal sealed class NexoHealthCheck(NexoClient client) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            TimeSpan elapsed = await client.PingAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"Nexo answered in {elapsed.TotalMilliseconds:F1} ms.");
        }
        catch (NexoException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }
    }
}
