using Nexo.Engine.Store;
using Nexo.Engine.Topics;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;

namespace Nexo.Server.Resp;

/// <summary>What the connections of clients of Redis work with.</summary>
internal sealed class RespServer(Broker broker, ClientConnections clients)
{
    /// <summary>What they are connections to.</summary>
    public Broker Broker { get; } = broker;

    /// <summary>The connections, and those of other protocols.</summary>
    public ClientConnections Clients { get; } = clients;

    public StoreService Store { get; } = broker.Store;

    public StoreLimits StoreLimits { get; } = broker.StoreLimits;

    public TopicService Topics { get; } = broker.Topics;

    public NexoServerOptions Options { get; } = broker.Options;

    /// <summary>True when a write is answered only when the disk has it.</summary>
    public bool WritesWait { get; } = broker.Options.EffectiveDurability == StoreDurability.Fsync;

    /// <summary>The largest answer to a command, or to a transaction; a single value is always smaller.</summary>
    public int AnswerBytesMax { get; } = (int)Math.Min(4L * broker.Options.Connections.FrameBytesMax, int.MaxValue / 2);

    /// <summary>The channels of SUBSCRIBE.</summary>
    public RespChannelSpace Channels { get; } = new(isSharded: false);

    /// <summary>The channels of SSUBSCRIBE.</summary>
    public RespChannelSpace ShardChannels { get; } = new(isSharded: true);

    /// <summary>Patterns that clients have subscribed to.</summary>
    public RespPatterns Patterns { get; } = new();

    /// <summary>Where pages of SCAN go on.</summary>
    public RespCursors Cursors { get; } = new();

    /// <summary>Name of this run, as Redis has one.</summary>
    public string RunId { get; } = clients.ServerId.ToString("N") + clients.ServerId.ToString("N")[..8];
}
