using Nexo.Server.Observability;

namespace Nexo.Server.Connections;

/// <summary>How long batches of requests took, microseconds, by protocol.</summary>
internal sealed class BatchTimes
{
    private readonly StripedHistogram[] _byProtocol =
        [.. Enum.GetValues<ClientProtocol>().Select(static _ => new StripedHistogram())];

    public void Add(ClientProtocol protocol, long microseconds) => _byProtocol[(int)protocol].Add(microseconds);

    public IEnumerable<TaggedHistogram> Read() => Enum.GetValues<ClientProtocol>().Select(protocol => new TaggedHistogram(
        new("protocol", protocol.ToString().ToLowerInvariant()), _byProtocol[(int)protocol].Read()));
}
