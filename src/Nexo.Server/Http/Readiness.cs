using Microsoft.Extensions.Hosting;
using Nexo.Server.Data;

namespace Nexo.Server.Http;

/// <summary>Whether traffic may be sent here.</summary>
internal sealed class Readiness(IHostApplicationLifetime lifetime, Persistence persistence)
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

            return lifetime.ApplicationStarted.IsCancellationRequested ? persistence.Obstacle : "starting";
        }
    }
}
