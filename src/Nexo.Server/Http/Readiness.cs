using Microsoft.Extensions.Hosting;
using Nexo.Server.Brokers;

namespace Nexo.Server.Http;

/// <summary>Whether traffic may be sent here.</summary>
internal sealed class Readiness(IHostApplicationLifetime lifetime, BrokerSet brokers)
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

            return lifetime.ApplicationStarted.IsCancellationRequested ? brokers.Obstacle : "starting";
        }
    }
}
