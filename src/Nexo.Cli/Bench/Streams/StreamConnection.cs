using System.Net.Sockets;

namespace Nexo.Cli.Bench.Streams;

/// <summary>A connection of the streams' benchmark.</summary>
internal abstract class StreamConnection(
    int id, Socket socket, ReadinessQueue ready, StreamTraffic traffic, int frameBytesMax)
    : NexoBenchSocket(id, socket, ready, frameBytesMax)
{
    protected StreamTraffic Traffic => traffic;

    protected override void Hear(long now) => traffic.HeardAt = now;
}
