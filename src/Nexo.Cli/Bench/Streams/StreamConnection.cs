
namespace Nexo.Cli.Bench.Streams;

/// <summary>A connection of the streams' benchmark.</summary>
internal abstract class StreamConnection(
    int id, BenchLink link, ReadinessQueue ready, StreamTraffic traffic, int frameBytesMax)
    : NexoBenchSocket(id, link, ready, frameBytesMax)
{
    protected StreamTraffic Traffic => traffic;

    protected override void Hear(long now) => traffic.HeardAt = now;
}
