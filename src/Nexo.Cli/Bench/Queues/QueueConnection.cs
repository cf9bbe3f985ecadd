using System.Net.Sockets;

namespace Nexo.Cli.Bench.Queues;

/// <summary>A connection of the queues' benchmark.</summary>
internal abstract class QueueConnection(
    int id, Socket socket, ReadinessQueue ready, QueueTraffic traffic, int frameBytesMax)
    : NexoBenchSocket(id, socket, ready, frameBytesMax)
{
    protected QueueTraffic Traffic => traffic;

    protected override void Hear(long now) => traffic.HeardAt = now;
}
