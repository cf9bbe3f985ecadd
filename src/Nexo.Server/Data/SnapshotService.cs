using Microsoft.Extensions.Logging;
using Nexo.Engine.Store;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// Writes snapshots while the server works: when the log has grown enough, when time has passed, and when somebody
/// asks. One at a time, on a thread of its own, at a bounded rate. The log before the last two is then free.
/// </summary>
internal sealed partial class SnapshotService : IDisposable
{
    private const int SnapshotsThatFree = 2;

    // What the two that are kept have more than two new ones would: below it is not worth writing them.
    private const long WorthBytes = 1_024 * 1_024;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(10);

    // What was appended while a snapshot was written is durable in less, unless the disk does not take it.
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(30);

    private readonly Persistence _persistence;
    private readonly StoreService _store;
    private readonly DurableParts _parts;
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SnapshotService> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource<SnapshotReport>? _wanted;
    private TaskCompletionSource<SnapshotReport>? _answering;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private SnapshotTotals _totals = new();
    private long _logBytesAtLast;
    private long _lastAt;
    private long _failedAt;
    private int _writtenWhileShort;
    private Lsn _needed;

    // The last two snapshots, as far as is known: of those from before the start, the size of one.
    private long _keptBytes;

    public SnapshotService(
        Persistence persistence,
        StoreService store,
        DurableParts parts,
        NexoServerOptions options,
        TimeProvider time,
        ILogger<SnapshotService> logger)
    {
        _persistence = persistence;
        _store = store;
        _parts = parts;
        _options = options.Storage;
        _time = time;
        _logger = logger;
    }

    /// <summary>What has been written so far.</summary>
    public SnapshotTotals Totals => Volatile.Read(ref _totals);

    public void Start()
    {
        if (_persistence.IsOn)
        {
            _running = RunAsync();
        }
    }

    /// <summary>Has a snapshot written that holds everything that is there now, and says when it is on disk.</summary>
    /// <exception cref="DiskException">It could not be written.</exception>
    /// <exception cref="WalException">The log has failed, or is closed.</exception>
    public Task<SnapshotReport> RequestAsync()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return Task.FromException<SnapshotReport>(new WalException(WalError.Closed, "the server is stopping"));
            }

            // One that is being written began too early; this is for the next.
            _wanted ??= new TaskCompletionSource<SnapshotReport>(TaskCreationOptions.RunContinuationsAsynchronously);
            _wake.TrySetResult();
            return _wanted.Task;
        }
    }

    /// <summary>Gives up what is being written, and tells so to those who wait for it, at once.</summary>
    public async Task BeginStopAsync()
    {
        await _stop.CancelAsync();
        lock (_gate)
        {
            _wake.TrySetResult();
            var stopping = new WalException(WalError.Closed, "the server is stopping");
            _wanted?.TrySetException(stopping);
            _answering?.TrySetException(stopping);
        }
    }

    /// <summary>As <see cref="BeginStopAsync"/>, and ends when nothing is written any more.</summary>
    public async Task StopAsync()
    {
        await BeginStopAsync();
        await _running;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        if (!await BecomeReadyAsync())
        {
            return;
        }

        while (!_stop.IsCancellationRequested)
        {
            TaskCompletionSource<SnapshotReport>? wanted = TakeWanted();
            try
            {
                if (wanted is not null || IsDue())
                {
                    SnapshotReport written = await WriteAsync();
                    wanted?.TrySetResult(written);
                }
                else
                {
                    await WaitAsync();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                wanted?.TrySetException(new WalException(WalError.Closed, "the server is stopping"));
            }
            catch (Exception failure)
            {
                // Whatever it was: without snapshots the log would grow until the disk is full.
                Fail(failure);
                wanted?.TrySetException(failure);
            }
        }
    }

    private void Fail(Exception failure)
    {
        _failedAt = _time.GetTimestamp();
        Volatile.Write(ref _totals, Totals with { Failed = Totals.Failed + 1 });
        if (failure is DiskException or WalException or TimeoutException)
        {
            LogFailed(failure.Message);
        }
        else
        {
            LogDefect(failure);
        }
    }

    private async Task<bool> BecomeReadyAsync()
    {
        await ((Task)_persistence.WhenReadyAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_persistence is not { Log: not null, Recovered: { } recovered })
        {
            return false;
        }

        // What was read back counts as grown: a server that is restarted often gets its snapshot too.
        _logBytesAtLast = -recovered.LogBytes;
        _lastAt = _time.GetTimestamp();
        _keptBytes = 2 * recovered.SnapshotBytes;
        _totals = new SnapshotTotals { LastPosition = recovered.SnapshotPosition, LastBytes = recovered.SnapshotBytes };
        return true;
    }

    private async Task WaitAsync()
    {
        Task woken;
        lock (_gate)
        {
            if (_wanted is not null || _stop.IsCancellationRequested)
            {
                return;
            }

            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            woken = _wake.Task;
        }

        await Task.WhenAny(woken, Task.Delay(LookEvery, _time));
    }

    private TaskCompletionSource<SnapshotReport>? TakeWanted()
    {
        lock (_gate)
        {
            TaskCompletionSource<SnapshotReport>? wanted = _wanted;
            _wanted = null;
            _answering = wanted;
            return wanted;
        }
    }

    private bool IsDue()
    {
        if (_persistence.Log is not { Failure: null } log
            || (_failedAt != 0 && _time.GetElapsedTime(_failedAt) < RetryAfter))
        {
            return false;
        }

        if (IsShortOfRoom(log))
        {
            if (MayFreeRoom(log))
            {
                return true;
            }
        }
        else
        {
            _writtenWhileShort = 0;
        }

        long grown = log.Stats.Bytes - _logBytesAtLast;
        long lastedMs = (long)_time.GetElapsedTime(_lastAt).TotalMilliseconds;
        bool isTime = _options.SnapshotIntervalMs > 0
            && lastedMs >= _options.SnapshotIntervalMs
            && log.AppendedLsn > Totals.LastPosition;
        return !log.IsFull && (isTime || grown >= Math.Max(_options.SnapshotWalBytes, Totals.LastBytes));
    }

    // Files block: not on a thread that others wait for.
    private static Task<T> OnOwnThread<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // Soon there may be no room for a snapshot either.
    private bool IsShortOfRoom(Wal log) => log.IsFull || log.IsScarce || _persistence.MustMakeRoom;

    // Two snapshots free all of the log before them. Where there is room for one, that may end the state. Later ones free
    // what has been logged meanwhile.
    private bool MayFreeRoom(Wal log)
    {
        if (_needed != Lsn.None)
        {
            // A backup may have held it back until now.
            log.Recycle(_needed);
        }

        TimeSpan since = _time.GetElapsedTime(_lastAt);
        bool isUseful = _writtenWhileShort < SnapshotsThatFree || (log.AppendedLsn > Totals.LastPosition && since >= RetryAfter);
        return ((isUseful && IsWorthItsLog(log)) || (since >= ReplaceAfter && AreOldOnesWorthReplacing))
            && IsShortOfRoom(log)
            && _persistence.Directory!.Disk.FreeBytes > _parts.SnapshotBytes;
    }

    // On a disk that is full any segment counts; while there is room, one must not be had for many times its size.
    private bool IsWorthItsLog(Wal log) =>
        log.Stats.Segments > 1 && (log.IsFull || log.IsScarce || log.Stats.SegmentBytes > _parts.SnapshotBytes / 4);

    // What was deleted lies in the snapshots of before, until there are two that do not have it.
    private bool AreOldOnesWorthReplacing =>
        _persistence.MustMakeRoom && _keptBytes > (4 * _parts.SnapshotBytes) + WorthBytes;

    // Two snapshots of one position are as good as one: on a full disk nobody else appends anything. The first ones may
    // use what is left for this; others only what removals might.
    private void MovePosition(Wal log)
    {
        bool hasRoom = _writtenWhileShort < SnapshotsThatFree || log.RoomForRemoval(0) == LogRoom.Ok;
        if (hasRoom && log.AppendedLsn <= Totals.LastPosition)
        {
            _store.LogClock();
        }
    }

    private async Task<SnapshotReport> WriteAsync()
    {
        long started = _time.GetTimestamp();
        Wal log = _persistence.Log!;
        long logBytes = log.Stats.Bytes;
        bool isShort = IsShortOfRoom(log);
        if (isShort)
        {
            MovePosition(log);
        }

        using var job = new SnapshotJob(
            _persistence.Directory!,
            log,
            _parts,
            _options.SnapshotRate,
            _time,
            _persistence.Notices,
            _stop.Token);
        await OnOwnThread(() =>
        {
            job.Scan();
            return true;
        });
        await log.FlushAsync().AsTask().WaitAsync(FlushPatience, _time, _stop.Token);
        SnapshotReport written = await OnOwnThread(job.Complete);
        _logBytesAtLast = logBytes;
        _lastAt = started;
        _failedAt = 0;
        _needed = job.Needed;
        _writtenWhileShort += isShort && (job.SegmentsFreed > 0 || written.Position > Totals.LastPosition) ? 1 : 0;
        _keptBytes = Totals.LastBytes + written.Bytes;
        TimeSpan took = _time.GetElapsedTime(started);
        Volatile.Write(ref _totals, Totals.With(written, took));
        LogWritten(written.Position.Value, written.Records, written.Bytes, took.TotalSeconds, job.SegmentsFreed);
        return written;
    }

    [LoggerMessage(
        1,
        LogLevel.Information,
        "wrote a snapshot at record {Position}: {Records} records, {Bytes} bytes in {Seconds:N2} s, "
        + "{Segments} segments of the log are free")]
    private partial void LogWritten(ulong position, long records, long bytes, double seconds, int segments);

    [LoggerMessage(2, LogLevel.Error, "a snapshot could not be written, the log is kept and it is tried again: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(3, LogLevel.Error, "a snapshot has failed by a defect of nexo, or for want of memory; it is tried again")]
    private partial void LogDefect(Exception failure);
}

/// <summary>What has become of snapshots since the start; the last one may be of an earlier run.</summary>
internal sealed record SnapshotTotals
{
    public long Written { get; init; }

    public long Failed { get; init; }

    public Lsn LastPosition { get; init; }

    public long LastBytes { get; init; }

    /// <summary>Unix milliseconds; 0: none in this run.</summary>
    public long LastAtMs { get; init; }

    public TimeSpan LastTook { get; init; }

    public SnapshotTotals With(SnapshotReport written, TimeSpan took) => this with
    {
        Written = Written + 1,
        LastPosition = written.Position,
        LastBytes = written.Bytes,
        LastAtMs = written.CreatedUnixMs,
        LastTook = took,
    };
}
