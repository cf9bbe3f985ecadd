
namespace Nexo.Cli.Bench.Queues;

/// <summary>A connection of the queues' benchmark.</summary>
internal abstract class QueueConnection(
    int id, BenchLink link, ReadinessQueue ready, QueueTraffic traffic, int frameBytesMax)
    : NexoBenchSocket(id, link, ready, frameBytesMax)
{
    protected QueueTraffic Traffic => traffic;

    protected override void Hear(long now) => traffic.HeardAt = now;
}
