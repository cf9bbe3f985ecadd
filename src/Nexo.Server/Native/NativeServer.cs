using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nexo.Engine;
using Nexo.Engine.Queues;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Server.Hosting;
using Nexo.Server.Security;
using Nexo.Server.Topics;

namespace Nexo.Server.Native;

/// <summary>
/// All native connections: admission, the clock that they share, the sweep that pings and cuts, and the graceful stop.
/// </summary>
internal sealed partial class NativeServer : IDisposable
{
    private const int SweepIntervalMs = 100;

    private readonly ConcurrentDictionary<long, NativeConnection> _connections = new();
    private readonly TimeProvider _time;
    private readonly ILogger<NativeServer> _log;
    private readonly ITimer _sweep;
    private readonly long _startedAt;
    private long _connectionIds;
    private int _connectionCount;
    private long _nowMs;
    private volatile bool _isStopping;

    public NativeServer(
        NexoServerOptions options,
        StoreLimits limits,
        StoreService store,
        QueueLimits queueLimits,
        QueueService queues,
        TopicService topics,
        TopicBuffers topicBuffers,
        TopicTicker topicTicker,
        StreamService streams,
        EngineClock clock,
        ScheduleTicker scheduleTicker,
        Persistence persistence,
        SnapshotService snapshots,
        BackupService backups,
        IAuthenticator authenticator,
        TimeProvider time,
        ILogger<NativeServer> log)
    {
        Options = options.Connections;
        StoreLimits = limits;
        Store = store;
        QueueLimits = queueLimits;
        Queues = queues;
        Topics = topics;
        TopicBuffers = topicBuffers;
        TopicTicker = topicTicker;
        TopicsOptions = options.Topics;
        TopicsDurability = options.EffectiveTopicsDurability;
        Streams = streams;
        StreamsDurability = options.EffectiveStreamsDurability;
        Clock = clock;
        ScheduleTicker = scheduleTicker;
        Persistence = persistence;
        Snapshots = snapshots;
        Backups = backups;
        Durability = options.EffectiveDurability;
        QueuesDurability = options.EffectiveQueuesDurability;
        Authenticator = authenticator;
        Totals = new NativeTotals(this);
        _time = time;
        _log = log;
        _startedAt = time.GetTimestamp();
        _sweep = time.CreateTimer(
            static state => ((NativeServer)state!).Sweep(),
            this,
            TimeSpan.FromMilliseconds(SweepIntervalMs),
            TimeSpan.FromMilliseconds(SweepIntervalMs));
    }

    public ConnectionOptions Options { get; }

    public StoreLimits StoreLimits { get; }

    public StoreService Store { get; }

    public QueueLimits QueueLimits { get; }

    public QueueService Queues { get; }

    public TopicService Topics { get; }

    /// <summary>What waits for slow subscriptions to topics.</summary>
    public TopicBuffers TopicBuffers { get; }

    /// <summary>What is due of the topics, and how much goes on there.</summary>
    public TopicTicker TopicTicker { get; }

    public TopicsOptions TopicsOptions { get; }

    /// <summary>What retained messages and bindings wait for.</summary>
    public TopicsDurability TopicsDurability { get; }

    public StreamService Streams { get; }

    /// <summary>What streams wait for that are not created otherwise.</summary>
    public StreamsDurability StreamsDurability { get; }

    /// <summary>The engine's clock.</summary>
    public EngineClock Clock { get; }

    /// <summary>The schedules, and what runs them.</summary>
    public ScheduleTicker ScheduleTicker { get; }

    public Persistence Persistence { get; }

    public SnapshotService Snapshots { get; }

    public BackupService Backups { get; }

    /// <summary>What a write of the store waits for that asks for nothing.</summary>
    public StoreDurability Durability { get; }

    /// <summary>True when it waits for the disk.</summary>
    public bool WritesWait => Durability == StoreDurability.Fsync;

    /// <summary>True when the store is logged.</summary>
    public bool KeepsStore => Durability != StoreDurability.Memory;

    /// <summary>What queues wait for that are not declared otherwise.</summary>
    public QueuesDurability QueuesDurability { get; }

    public IAuthenticator Authenticator { get; }

    /// <summary>Counters over all connections, the closed ones included.</summary>
    public NativeTotals Totals { get; }

    /// <summary>New at every start, so that clients notice a restart.</summary>
    public Guid ServerId { get; } = Guid.NewGuid();

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time => _time;

    /// <summary>Milliseconds since the start, as of the last sweep: free to read, and exact enough for time-outs.</summary>
    public long NowMs => Volatile.Read(ref _nowMs);

    public TimeSpan Uptime => _time.GetElapsedTime(_startedAt);

    public bool IsStopping => _isStopping;

    /// <summary>Connections that are open now, without those that were one too many.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    public IEnumerable<NativeConnection> Connections => _connections.Values;

    /// <summary>What HELLO is answered with.</summary>
    public HelloReply Welcome() => new()
    {
        Version = ProtocolVersion.V1,
        ServerId = ServerId,
        ServerVersion = ServerFacts.Version,
        FrameBytesMax = (uint)Options.FrameBytesMax,
        InFlightMax = (uint)Options.InFlightMax,
        KeyBytesMax = (uint)StoreLimits.KeyBytesMax,
        ValueBytesMax = (uint)StoreLimits.ValueBytesMax,
        IdleTimeoutMs = (uint)Options.IdleTimeoutMs,
    };

    /// <summary>Registers a connection; false when it is one too many.</summary>
    public bool TryAdmit(NativeConnection connection)
    {
        connection.Id = Interlocked.Increment(ref _connectionIds);
        _connections[connection.Id] = connection;
        if (Interlocked.Increment(ref _connectionCount) <= Options.ConnectionsMax)
        {
            Totals.CountAccepted();
            return true;
        }

        // Only for a moment: one that is merely being told does not keep a place from another.
        Interlocked.Decrement(ref _connectionCount);
        Totals.CountRefused();
        return false;
    }

    public void Forget(NativeConnection connection, bool wasAdmitted)
    {
        Totals.Absorb(connection, () => _connections.TryRemove(connection.Id, out _));
        if (wasAdmitted)
        {
            Interlocked.Decrement(ref _connectionCount);
            LogClosed(connection.Id, connection.Remote, connection.CloseReason ?? "without a reason");
        }
    }

    /// <summary>
    /// Tells every client to go away, lets what is in flight finish, and returns when all connections have ended or
    /// <paramref name="deadline"/> cuts those that have not.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        _isStopping = true;

        // Who waits for a snapshot is answered now: else its connection is waited for, and cut in the end.
        await Snapshots.BeginStopAsync();
        List<Task> endings = [];
        foreach (NativeConnection connection in _connections.Values)
        {
            endings.Add(connection.GoAwayAsync(ErrorCode.ShuttingDown, "The server is shutting down."));
        }

        try
        {
            await Task.WhenAll(endings).WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            foreach (NativeConnection connection in _connections.Values)
            {
                connection.Cut("still busy when the time to stop was up");
            }
        }
    }

    public void Dispose() => _sweep.Dispose();

    internal void LogFatal(NativeConnection connection, ErrorCode code, string message) =>
        LogFatal(connection.Id, connection.Remote, code, message);

    internal void LogCut(NativeConnection connection, string reason) =>
        LogCut(connection.Id, connection.Remote, reason);

    internal void LogUnexpected(NativeConnection connection, Exception exception) =>
        LogUnexpected(connection.Id, connection.Remote, exception);

    private void Sweep()
    {
        Volatile.Write(ref _nowMs, (long)Uptime.TotalMilliseconds);
        foreach (NativeConnection connection in _connections.Values)
        {
            connection.CheckTimeouts(_nowMs);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "connection {Id} from {Remote} closed: {Reason}")]
    private partial void LogClosed(long id, string remote, string reason);

    [LoggerMessage(2, LogLevel.Information, "connection {Id} from {Remote} refused with {Code}: {Message}")]
    private partial void LogFatal(long id, string remote, ErrorCode code, string message);

    [LoggerMessage(3, LogLevel.Warning, "connection {Id} from {Remote} cut: {Reason}")]
    private partial void LogCut(long id, string remote, string reason);

    [LoggerMessage(4, LogLevel.Error, "connection {Id} from {Remote} failed unexpectedly")]
    private partial void LogUnexpected(long id, string remote, Exception exception);
}
