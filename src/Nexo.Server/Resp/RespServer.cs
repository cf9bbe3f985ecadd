using Nexo.Engine.Store;
using Nexo.Engine.Topics;
using Nexo.Server.Connections;

namespace Nexo.Server.Resp;

/// <summary>What the connections of clients of Redis work with.</summary>
internal sealed class RespServer(
    NexoServerOptions options,
    StoreService store,
    StoreLimits limits,
    TopicService topics,
    ClientConnections clients)
{
    /// <summary>The connections, and those of other protocols.</summary>
    public ClientConnections Clients { get; } = clients;

    public StoreService Store { get; } = store;

    public StoreLimits StoreLimits { get; } = limits;

    public TopicService Topics { get; } = topics;

    public NexoServerOptions Options { get; } = options;

    /// <summary>True when a write is answered only when the disk has it.</summary>
    public bool WritesWait { get; } = options.EffectiveDurability == StoreDurability.Fsync;

    /// <summary>The largest answer to a command, or to a transaction; a single value is always smaller.</summary>
    public int AnswerBytesMax { get; } = (int)Math.Min(4L * options.Connections.FrameBytesMax, int.MaxValue / 2);

    /// <summary>The channels of SUBSCRIBE.</summary>
    public RespChannelSpace Channels { get; } = new(isSharded: false);

    /// <summary>The channels of SSUBSCRIBE.</summary>
    public RespChannelSpace ShardChannels { get; } = new(isSharded: true);

    /// <summary>Patterns that clients have subscribed to.</summary>
    public RespPatterns Patterns { get; } = new();

    /// <summary>Where pages of SCAN go on.</summary>
    public RespCursors Cursors { get; } = new();

    /// <summary>Name of this run, as Redis has one.</summary>
    public string RunId { get; } = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N")[..8];
}
