using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexo.Engine.Memory;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Observability;
using Nexo.Server.Topics;

namespace Nexo.Server.Pressure;

/// <summary>Looks at memory and disk several times a second, for all brokers of the process, and has them go by it.</summary>
internal sealed partial class PressureWatch : IHostedService, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // The disk is asked less often: files do not grow as fast.
    private const int DiskEvery = 5;

    private readonly BrokerSet _brokers;
    private readonly ClientConnections _clients;
    private readonly TopicBuffers _topicBuffers;
    private readonly TimeProvider _time;
    private readonly ILogger<PressureWatch> _log;
    private readonly Func<MemoryUse> _accounted;
    private ITimer? _timer;
    private int _isLooking;
    private uint _looks;

    public PressureWatch(
        MemoryPressure memory,
        DiskPressure disk,
        BrokerSet brokers,
        ClientConnections clients,
        TopicBuffers topicBuffers,
        FactBoard facts,
        TimeProvider time,
        ILogger<PressureWatch> log)
    {
        Memory = memory;
        Disk = disk;
        _brokers = brokers;
        _clients = clients;
        _topicBuffers = topicBuffers;
        _time = time;
        _log = log;
        _accounted = Account;
        facts.Add(Facts);
    }

    public MemoryPressure Memory { get; }

    public DiskPressure Disk { get; }

    /// <summary>What there is to say of both, for whoever asks whether the server is ready; null: nothing.</summary>
    public string? Note => (Memory.Note, Disk.Note) switch
    {
        (null, null) => null,
        ({ } memory, { } disk) => $"{memory}\n{disk}",
        var (memory, disk) => memory ?? disk,
    };

    /// <summary>What each part has of memory, over all brokers.</summary>
    public IReadOnlyList<(string Part, MemoryUse Use)> Parts =>
    [
        ("store", Sum(static broker => broker.Store.Memory)),
        ("queues", Sum(static broker => broker.Queues.Memory)),
        ("topics", Sum(static broker => broker.Topics.Memory)),
        ("streams", Sum(static broker => broker.Streams.Memory)),
        ("sessions", Sum(static broker => broker.Sessions.Memory)),
        ("log", Sum(static broker => new MemoryUse(broker.Persistence.Log?.PendingBytes ?? 0, 0))),
        ("outboxes", new MemoryUse(_topicBuffers.Bytes, 0)),
        ("connections", new MemoryUse(_clients.BufferedBytes, 0)),
    ];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Look();
        _timer = _time.CreateTimer(static state => ((PressureWatch)state!).Tick(), this, Interval, Interval);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // A look that is under way is waited for: what it looks at goes next.
        if (_timer is { } timer)
        {
            await timer.DisposeAsync();
        }
    }

    public void Dispose() => _timer?.Dispose();

    internal void Look()
    {
        Memory.Look(_accounted);
        if (_looks++ % DiskEvery != 0)
        {
            return;
        }

        Disk.Look();
        bool isFull = Disk.Level == PressureLevel.Refusing;
        for (int i = 0; i < _brokers.All.Count; i++)
        {
            _brokers.All[i].HoldGrowthOnDisk(isFull, Disk.Room, makeRoom: Disk.Level != PressureLevel.Ok);
        }
    }

    // All parts together, without anything to be collected: it is done while nothing else goes on too.
    private MemoryUse Account()
    {
        var sum = new MemoryUse(_topicBuffers.Bytes + _clients.BufferedBytes, 0);
        for (int i = 0; i < _brokers.All.Count; i++)
        {
            Broker broker = _brokers.All[i];
            sum += broker.Store.Memory;
            sum += broker.Queues.Memory;
            sum += broker.Topics.Memory;
            sum += broker.Streams.Memory;
            sum += broker.Sessions.Memory;
            sum += new MemoryUse(broker.Persistence.Log?.PendingBytes ?? 0, 0);
        }

        return sum;
    }

    private IEnumerable<KeyValuePair<string, string>> Facts() =>
    [
        new("memory.level", Memory.Level.ToString().ToLowerInvariant()),
        FactBoard.Number("memory.used_bytes", Memory.Used),
        FactBoard.Number("memory.max_bytes", Memory.Max),
        FactBoard.Number("memory.refusals", Memory.Refusals),
        .. Parts.Select(static part => FactBoard.Number($"memory.{part.Part}_bytes", part.Use.Bytes)),
        new("disk.level", Disk.Level.ToString().ToLowerInvariant()),
        FactBoard.Number("disk.used_bytes", Disk.Used),
        FactBoard.Number("disk.max_bytes", Disk.Max),
        FactBoard.Number("disk.free_min_bytes", Disk.FreeMin),
        new("pressure.note", Note?.Replace("\n", "; ", StringComparison.Ordinal) ?? string.Empty),
    ];

    private MemoryUse Sum(Func<Broker, MemoryUse> of) =>
        _brokers.All.Aggregate(default(MemoryUse), (sum, broker) => sum + of(broker));

    private void Tick()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
        {
            return;
        }

        try
        {
            Look();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            LogFailed(failure);
        }

        Volatile.Write(ref _isLooking, 0);
    }

    [LoggerMessage(1, LogLevel.Warning, "memory and disk could not be looked at")]
    private partial void LogFailed(Exception failure);
}
