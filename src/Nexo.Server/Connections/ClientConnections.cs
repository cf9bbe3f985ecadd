using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Hosting;
using Nexo.Server.Observability;
using Nexo.Server.Pressure;
using Nexo.Server.Security;
using Nexo.Server.Topics;
using Nexo.Server.Transport;

namespace Nexo.Server.Connections;

/// <summary>
/// The connections of all protocols: admission, the clock that they share, the sweep that looks for those that are due, and the
/// graceful stop.
/// </summary>
internal sealed partial class ClientConnections : ILiveSettings, IDisposable
{
    private const int SweepIntervalMs = 100;

    private readonly ConcurrentDictionary<long, ClientConnection> _connections = new();
    private readonly ILogger<ClientConnections> _log;
    private readonly UserDirectory _users;
    private readonly ITimer _sweep;
    private readonly long _startedAt;
    private long _connectionIds;
    private long _bufferedBytes;
    private int _connectionCount;
    private long _nowMs;
    private volatile ConnectionOptions _options;
    private volatile bool _isStopping;

    public ClientConnections(
        NexoServerOptions options,
        TopicBuffers topicBuffers,
        MemoryPressure memory,
        DiskPressure disk,
        IAuthenticator authenticator,
        AuditLog audit,
        UserDirectory users,
        TimeProvider time,
        SlowLog slow,
        ILogger<ClientConnections> log)
    {
        _options = options.Connections;
        TopicBuffers = topicBuffers;
        Memory = memory;
        Disk = disk;
        Cap = memory.Cap;
        Authenticator = authenticator;
        Audit = audit;
        _users = users;
        users.Changed += Reapply;
        Shares = new UserShares(users, time);
        Totals = new ConnectionTotals(this);
        Time = time;
        _log = log;
        Slow = slow;
        _startedAt = time.GetTimestamp();
        _sweep = time.CreateTimer(
            static state => ((ClientConnections)state!).Sweep(),
            this,
            TimeSpan.FromMilliseconds(SweepIntervalMs),
            TimeSpan.FromMilliseconds(SweepIntervalMs));
        if (ConnectionsMax < Options.ConnectionsMax)
        {
            LogFewDescriptors(Options.ConnectionsMax, DescriptorLimit.Descriptors, ConnectionsMax);
        }
    }

    /// <summary>The bounds that are in force; they may change at any time.</summary>
    public ConnectionOptions Options => _options;

    /// <summary>What waits for slow subscriptions to topics.</summary>
    public TopicBuffers TopicBuffers { get; }

    /// <summary>What the process has of memory.</summary>
    public MemoryPressure Memory { get; }

    /// <summary>What the data directory has of its disk.</summary>
    public DiskPressure Disk { get; }

    /// <summary>What the process may still take of memory.</summary>
    public MemoryCap Cap { get; }

    /// <summary>What connections keep of what is on its way, beyond a little each.</summary>
    public long BufferedBytes => Interlocked.Read(ref _bufferedBytes);

    /// <summary>New at every start, so that clients notice a restart.</summary>
    public Guid ServerId { get; } = Guid.NewGuid();

    public IAuthenticator Authenticator { get; }

    /// <summary>What each user takes of the server.</summary>
    public UserShares Shares { get; }

    /// <summary>Who does what that others should know of.</summary>
    public AuditLog Audit { get; }

    /// <summary>Counters over all connections, the closed ones included.</summary>
    public ConnectionTotals Totals { get; }

    /// <summary>Which took too long.</summary>
    public SlowLog Slow { get; }

    /// <summary>How long batches of requests take.</summary>
    public BatchTimes BatchTimes { get; } = new();

    /// <summary>The clock of time-outs.</summary>
    public TimeProvider Time { get; }

    /// <summary>Milliseconds since the start, as of the last sweep: free to read, and exact enough for time-outs.</summary>
    public long NowMs => Volatile.Read(ref _nowMs);

    public TimeSpan Uptime => Time.GetElapsedTime(_startedAt);

    public bool IsStopping => _isStopping;

    /// <summary>Connections that there may be: as many as the settings say, and the process has descriptors for.</summary>
    public int ConnectionsMax => Math.Min(Options.ConnectionsMax, DescriptorLimit.Shares.Connections);

    /// <summary>Connections that are open now, without those that were one too many.</summary>
    public int Count => Volatile.Read(ref _connectionCount);

    public IEnumerable<ClientConnection> All => _connections.Values;

    /// <summary>
    /// The connections that somebody may know of who is in a namespace: those to the same broker, and from the default one all, since it is
    /// the keeper's.
    /// </summary>
    public IEnumerable<ClientConnection> SeenBy(Broker broker) =>
        broker.Name == Namespaces.Default ? All : All.Where(one => ReferenceEquals(one.Broker, broker));

    /// <summary>The connection with an identifier; null: it is not there, or not to be known of.</summary>
    public ClientConnection? Find(long id, Broker seenBy) =>
        _connections.GetValueOrDefault(id) is { } found && (seenBy.Name == Namespaces.Default || ReferenceEquals(found.Broker, seenBy))
            ? found
            : null;

    /// <summary>Serves an accepted connection; ends with it, and does not throw.</summary>
    public async Task ServeAsync(ClientConnection connection)
    {
        bool isAdmitted = TryAdmit(connection);
        try
        {
            await connection.RunAsync(isAdmitted);
        }
        finally
        {
            Forget(connection, isAdmitted);
            _ = connection.AbortLaterAsync();
        }
    }

    /// <summary>Who connects from now on is told that the server stops.</summary>
    public void BeginStop() => _isStopping = true;

    /// <summary>
    /// Tells every client to go away, lets what is in flight finish, and returns when all connections have ended or
    /// <paramref name="deadline"/> cuts those that have not.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        BeginStop();
        List<Task> endings = [];
        foreach (ClientConnection connection in _connections.Values)
        {
            endings.Add(connection.GoAwayAsync(ErrorCode.ShuttingDown, "The server is shutting down."));
        }

        try
        {
            await Task.WhenAll(endings).WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            foreach (ClientConnection connection in _connections.Values)
            {
                connection.Cut("still busy when the time to stop was up");
            }
        }
    }

    public void Apply(NexoServerOptions next)
    {
        _options = next.Connections;
        Slow.Apply(next);
    }

    public void Dispose()
    {
        _users.Changed -= Reapply;
        _sweep.Dispose();
    }

    internal void LogFatal(ClientConnection connection, ErrorCode code, string message) =>
        LogFatal(connection.Id, connection.Remote, code, message);

    internal void LogCut(ClientConnection connection, string reason) =>
        LogCut(connection.Id, connection.Remote, reason);

    internal void LogUnexpected(ClientConnection connection, Exception exception) =>
        LogUnexpected(connection.Id, connection.Remote, exception);

    internal void CountBuffered(int change) => Interlocked.Add(ref _bufferedBytes, change);

    /// <summary>Registers a connection; false when it is one too many.</summary>
    private bool TryAdmit(ClientConnection connection)
    {
        connection.Id = Interlocked.Increment(ref _connectionIds);
        _connections[connection.Id] = connection;
        if (Interlocked.Increment(ref _connectionCount) <= ConnectionsMax)
        {
            Totals.CountAccepted(connection.Protocol);
            return true;
        }

        // Only for a moment: one that is merely being told does not keep a place from another.
        Interlocked.Decrement(ref _connectionCount);
        Totals.CountRefused();
        return false;
    }

    private void Forget(ClientConnection connection, bool wasAdmitted)
    {
        Totals.Absorb(connection, () => _connections.TryRemove(connection.Id, out _));
        if (wasAdmitted)
        {
            Totals.CountClosed(connection.Protocol);
            Interlocked.Decrement(ref _connectionCount);
            LogClosed(connection.Id, connection.Remote, connection.CloseReason ?? "without a reason");
        }
    }

    private void Reapply()
    {
        foreach (ClientConnection connection in _connections.Values)
        {
            connection.Reapply();
        }
    }

    private void Sweep()
    {
        Volatile.Write(ref _nowMs, (long)Uptime.TotalMilliseconds);
        foreach (ClientConnection connection in _connections.Values)
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

    [LoggerMessage(5, LogLevel.Warning, "connections.max is {Max}, but the process may have only {Descriptors} files and sockets open: "
        + "there will be at most {Fitting} connections. Raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit of Docker)")]
    private partial void LogFewDescriptors(int max, int descriptors, int fitting);

    [LoggerMessage(4, LogLevel.Error, "connection {Id} from {Remote} failed unexpectedly")]
    private partial void LogUnexpected(long id, string remote, Exception exception);
}
