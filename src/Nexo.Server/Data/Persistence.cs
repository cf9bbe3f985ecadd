using Microsoft.Extensions.Logging;
using Nexo.Engine.Store;
using Nexo.Server.Hosting;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// The life of the data directory: opened and locked before anything listens, read back while the HTTP port answers
/// already, then the log that everything durable goes through, and its closing. Without anything to be durable it does
/// nothing.
/// </summary>
internal sealed partial class Persistence : IAsyncDisposable
{
    private const double LookAgainMsMin = 5;
    private const double LookAgainMsMax = 500;

    private readonly NexoServerOptions _options;
    private readonly StoreService _store;
    private readonly DurableParts _parts;
    private readonly TimeProvider _time;
    private readonly ILogger<Persistence> _logger;
    private readonly StorageNotices _notices;
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private DataDirectory? _directory;
    private Task _recovering = Task.CompletedTask;
    private string? _startFailure;
    private Wal? _log;

    public Persistence(
        NexoServerOptions options, StoreService store, DurableParts parts, TimeProvider time, ILogger<Persistence> logger)
    {
        _options = options;
        _store = store;
        _parts = parts;
        _time = time;
        _logger = logger;
        _notices = new StorageNotices(logger, time, _stop.Token);
        if (!IsOn)
        {
            _ready.SetResult(true);
        }
    }

    /// <summary>True when there is a log: of the store, of the queues, or of both.</summary>
    public bool IsOn => _options.KeepsData;

    /// <summary>Null until <see cref="Open"/>.</summary>
    public DataDirectory? Directory => _directory;

    /// <summary>Takes what the storage has to tell.</summary>
    public IStorageObserver Notices => _notices;

    /// <summary>The log; null when there is none, and until everything has been read back.</summary>
    public Wal? Log => Volatile.Read(ref _log);

    /// <summary>The disk may have more room, and not for this: what the log can do without goes now.</summary>
    public bool MustMakeRoom { get; set; }

    /// <summary>True when so much waits to be written that those who write should wait.</summary>
    public bool IsCrowded =>
        Log is { } log && log.PendingBytes + _parts.PendingBytes > _options.Storage.PendingBytesMax;

    /// <summary>True when so much waits for the log alone that what happens by itself should wait too.</summary>
    public bool IsLogCrowded => Log is { } log && log.PendingBytes > _options.Storage.PendingBytesMax;

    /// <summary>
    /// Waits until it is not, or a moment: who waits looks again, or goes on. Where it is not the log that is behind, but files, that is a
    /// moment which grows with what waits for them: on a full disk they never catch up, and what makes room must go on.
    /// </summary>
    public Task WhenLessCrowdedAsync() =>
        Log is { } log && log.PendingBytes > _options.Storage.PendingBytesMax
            ? log.WhenRoomAsync().AsTask()
            : Task.Delay(PauseFor(_parts.PendingBytes, _options.Storage.PendingBytesMax), _time);

    /// <summary>By the square of how much more waits than may.</summary>
    internal static TimeSpan PauseFor(long pendingBytes, long bytesMax)
    {
        double times = pendingBytes / (double)Math.Max(1, bytesMax);
        return TimeSpan.FromMilliseconds(Math.Clamp(LookAgainMsMin * times * times, LookAgainMsMin, LookAgainMsMax));
    }

    /// <summary>What was read back at the start.</summary>
    public RecoveryResult? Recovered { get; private set; }

    /// <summary>Why no traffic may come, in a word or a sentence; null: it may.</summary>
    public string? Obstacle => !IsOn ? null
        : _startFailure is not null ? _startFailure
        : Log is not { } log ? _notices.Recovering
        : log.Failure?.Message;

    /// <summary>Waits until everything that was logged before is durable; false: it will not be.</summary>
    public async ValueTask<bool> FlushAsync()
    {
        try
        {
            await (Log?.FlushAsync() ?? ValueTask.CompletedTask);
            return true;
        }
        catch (WalException)
        {
            return false;
        }
    }

    /// <summary>Ends when everything has been read back: with false, when the server was stopped before.</summary>
    /// <exception cref="ServerStartException">The data cannot be read, or not be gone on with.</exception>
    public Task<bool> WhenReadyAsync() => _ready.Task;

    /// <summary>Opens and locks the data directory.</summary>
    /// <exception cref="ServerStartException">It cannot be.</exception>
    public void Open()
    {
        if (!IsOn)
        {
            return;
        }

        try
        {
            IDisk disk = _options.OpenDisk?.Invoke() ?? new RealDisk(_options.DataDirectory!);
            _directory = DataDirectory.Open(disk);
        }
        catch (Exception failure) when (StartFailures.Explain(failure, _options.DataDirectory!) is { } message)
        {
            throw new ServerStartException(message, failure);
        }
    }

    /// <summary>Begins to read back what the directory holds, on a thread of its own.</summary>
    public void BeginRecovery()
    {
        if (IsOn)
        {
            _recovering = Task.Factory.StartNew(
                Recover, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Gives up a recovery that goes on.</summary>
    public async Task StopRecoveryAsync()
    {
        await _stop.CancelAsync();
        await _recovering;
    }

    /// <summary>The clean end: nobody writes any more.</summary>
    public async Task CloseAsync()
    {
        if (Log is not { } log)
        {
            return;
        }

        try
        {
            _store.LogClock();
            await log.CloseAsync();
            LogClosed(log.DurableLsn.Value);
        }
        catch (WalException failure)
        {
            // Nothing that was acknowledged as durable is lost by it; the next start finds an end without a closing commit.
            LogCloseFailed(failure);
        }
    }

    /// <summary>Lets go of everything as a crash would, unless it was closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopRecoveryAsync();
        _log?.Dispose();
        _directory?.Dispose();
        _stop.Dispose();
    }

    private void Recover()
    {
        try
        {
            Recovered = Recovery.Run(_directory!, _parts, _options.Storage, _time, _notices, out Wal log);
            LogRecovered(Recovered.ToString());
            Volatile.Write(ref _log, log);
            _ready.SetResult(true);
        }
        catch (OperationCanceledException)
        {
            _ready.SetResult(false);
        }
        catch (Exception failure) when (StartFailures.Explain(failure, _options.DataDirectory!) is { } message)
        {
            _startFailure = message;
            _ready.SetException(new ServerStartException(message, failure));
        }
        catch (Exception failure)
        {
            _startFailure = "the data could not be read: a defect of nexo";
            _ready.SetException(failure);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{What}")]
    private partial void LogRecovered(string what);

    [LoggerMessage(2, LogLevel.Information, "the log is closed at record {Position}")]
    private partial void LogClosed(ulong position);

    [LoggerMessage(3, LogLevel.Error, "the log could not be closed cleanly")]
    private partial void LogCloseFailed(Exception failure);
}
