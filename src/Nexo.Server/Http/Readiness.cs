using Microsoft.Extensions.Hosting;
using Nexo.Server.Brokers;
using Nexo.Server.Pressure;

namespace Nexo.Server.Http;

/// <summary>Whether traffic may be sent here.</summary>
internal sealed class Readiness(IHostApplicationLifetime lifetime, BrokerSet brokers, PressureWatch pressure)
{
    /// <summary>What there is to say although traffic may come, a line each; null: nothing.</summary>
    public string? Note => pressure.Note;

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
