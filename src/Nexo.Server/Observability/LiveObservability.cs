using Nexo.Server.Hosting;

namespace Nexo.Server.Observability;

/// <summary>What of the observability may be changed while the server runs.</summary>
internal sealed class LiveObservability(NexoServerOptions first) : ILiveSettings
{
    private volatile int _objectsMax = first.Metrics.ObjectsMax;

    /// <summary>Queues, streams and groups, each, that have figures of their own.</summary>
    public int ObjectsMax => _objectsMax;

    public void Apply(NexoServerOptions next) => _objectsMax = next.Metrics.ObjectsMax;
}
