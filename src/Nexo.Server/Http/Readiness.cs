using Microsoft.Extensions.Hosting;

namespace Nexo.Server.Http;

/// <summary>Whether traffic may be sent here.</summary>
internal sealed class Readiness(IHostApplicationLifetime lifetime)
{
    /// <summary>Why not; null: it may.</summary>
    public string? Obstacle
    {
        get
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return "stopping";
            }

            return lifetime.ApplicationStarted.IsCancellationRequested ? null : "starting";
        }
    }
}
