using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexo.Server.Brokers;
using Nexo.Server.Hosting;
using Nexo.Server.Observability;
using Nexo.Server.Pressure;
using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// Makes backups when they are due, of all brokers one after the other, keeps the newest, and proves each if it is asked to. One that
/// fails is told loudly and tried again.
/// </summary>
internal sealed partial class ScheduledBackups : IHostedLifecycleService, IAsyncDisposable
{
    // The wall clock may be set meanwhile.
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);
    private const long SpareMin = 64L * 1_024 * 1_024;
    private const int SpareMax = 10;

    private static readonly TimeSpan RetryMax = TimeSpan.FromHours(1);

    private readonly NexoServerOptions _server;
    private readonly BackupOptions _options;
    private readonly BrokerSet _brokers;
    private readonly MemoryPressure _memory;
    private readonly DiskPressure _disk;
    private readonly TimeProvider _time;
    private readonly ILogger<ScheduledBackups> _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly BackupFolder _folder;

    // What was written for the moment that is due, by namespace: it is not written again when another one fails.
    private readonly Dictionary<string, SnapshotReport> _round = [];
    private DateTimeOffset _roundAt;
    private Task _running = Task.CompletedTask;
    private BackupState _state = new();
    private int _isDisposed;

    public ScheduledBackups(
        NexoServerOptions options,
        BrokerSet brokers,
        FactBoard facts,
        NexoMetrics metrics,
        MemoryPressure memory,
        DiskPressure disk,
        TimeProvider time,
        ILogger<ScheduledBackups> log)
    {
        _server = options;
        _options = options.Backup;
        _brokers = brokers;
        _memory = memory;
        _disk = disk;
        _time = time;
        _log = log;
        _folder = new BackupFolder(new RealDisk(_options.Directory!));
        facts.Add(Facts);
        metrics.Backups(() => State);
    }

    public BackupState State => Volatile.Read(ref _state);

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            _folder.Prepare();
            Change(state => state with { LastAt = NewestAt() });
            Change(state => state with { NextAt = DueAfter(state.LastAt) });
            return Task.CompletedTask;
        }
        catch (DiskException failure)
        {
            throw new ServerStartException(
                $"backup.directory {_folder.Root} cannot be written to: {failure.Message}; make it writable for the server's user, or "
                + "name another one",
                failure);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Before the logs are closed, which it reads.
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends what is being made. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
            _folder.Dispose();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            if (!await _brokers.WhenReadyAsync().WaitAsync(_stop.Token))
            {
                return;
            }

            while (State.NextAt is { } next)
            {
                await WaitUntilAsync(next);
                await TryAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (ServerStartException)
        {
            // It does not start, and says so itself.
        }
    }

    private async Task WaitUntilAsync(DateTimeOffset moment)
    {
        while (moment - _time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < LookEvery ? left : LookEvery, _time, _stop.Token);
        }
    }

    private async Task TryAsync()
    {
        DateTimeOffset at = _time.GetUtcNow();
        try
        {
            IReadOnlyList<BackupName> written = await WriteAllAsync(at);
            Change(state => state with { NextAt = DueAfter(at) });
            if (_options.Drill)
            {
                await TryDrillAsync(written);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure) when (failure is IOException or WalException or TimeoutException or UnauthorizedAccessException)
        {
            Fail(failure.Message);
        }
        catch (Exception failure)
        {
            LogUnexpected(failure);
            Fail($"a defect: {failure.Message}");
        }
    }

    private async Task<IReadOnlyList<BackupName>> WriteAllAsync(DateTimeOffset at)
    {
        if (_round.Count == 0 || DueAfter(_roundAt) <= at)
        {
            // What a round that did not come to its end has written is old by now.
            _round.Clear();
            _roundAt = at;
        }

        List<BackupName> written = [];
        foreach (Broker broker in _brokers.All.Where(broker => broker.Persistence.IsOn && !_round.ContainsKey(NamespaceOf(broker))))
        {
            var name = new BackupName(NamespaceOf(broker), at);
            SnapshotReport report = await WriteAsync(broker, name);
            _round[name.Namespace] = report;
            written.Add(name);
            LogWritten(name.File, report.Records, report.Bytes);
            Prune(name.Namespace, at);
        }

        SnapshotReport[] whole = [.. _round.Values];
        _round.Clear();
        TimeSpan took = _time.GetUtcNow() - at;
        Change(state => state with
        {
            LastAt = at,
            LastTook = took,
            LastBytes = whole.Sum(report => report.Bytes),
            LastRecords = whole.Sum(report => report.Records),
            Written = state.Written + 1,
            FailedInRow = 0,
            Problem = string.Empty,
        });
        return written;
    }

    private async Task<SnapshotReport> WriteAsync(Broker broker, BackupName name)
    {
        _folder.RequireRoom(BytesOf(broker), Spare);
        if (!broker.Backups.TryBegin(out Backup? backup))
        {
            throw new IOException("another backup is being made, and there is one at a time");
        }

        using (backup)
        {
            SnapshotReport report = await _folder.WriteAsync(backup, name, _stop.Token);
            broker.Backups.CountCompleted();
            return report;
        }
    }

    private void Fail(string reason)
    {
        int failures = State.FailedInRow + 1;
        TimeSpan pause = _options.RetryAfter * Math.Pow(2, Math.Min(failures - 1, 10));
        pause = pause < RetryMax ? pause : RetryMax;
        DateTimeOffset next = _time.GetUtcNow() + pause;
        Change(state => state with
        {
            Failed = state.Failed + 1,
            FailedInRow = failures,
            Problem = reason,
            NextAt = next,
        });
        LogFailed(reason, $"{next:yyyy-MM-dd HH:mm:ss'Z'}");
    }

    private void Prune(string @namespace, DateTimeOffset now)
    {
        try
        {
            foreach (BackupName old in _folder.Prune(@namespace, _options.Keep, now))
            {
                LogPruned(old.File);
            }
        }
        catch (DiskException failure)
        {
            // There is a new one all the same; with the next one it is tried again.
            LogPruneFailed(failure.Message);
        }
    }

    // The backups are there and whole, whatever becomes of the drill: it is no reason to make them again.
    private async Task TryDrillAsync(IReadOnlyList<BackupName> written)
    {
        try
        {
            await DrillAsync(written);
            _folder.DeleteDrills();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception failure)
        {
            Change(state => state with { DrillProblem = $"could not be proven: {failure.Message}" });
            LogDrillNotHeld(failure.Message);
        }
    }

    // A copy and what is made of it, beside what the server has.
    private void RequireRoomForDrill(long bytes)
    {
        _folder.RequireRoom(2 * bytes, Spare);
        long most = _memory.Max / 4 * 3;
        if (_memory.Max > 0 && _memory.Used + (2 * bytes) > most)
        {
            throw new IOException(
                $"it takes up to {2 * bytes:N0} bytes of memory beside the {_memory.Used:N0} that are used of memory.max; prove it "
                + "elsewhere, with nexo backup drill");
        }
    }

    private async Task DrillAsync(IReadOnlyList<BackupName> written)
    {
        string place = _options.Scratch ?? _folder.Drills;
        Directory.CreateDirectory(place);
        foreach (BackupName name in written)
        {
            string file = Path.Combine(_folder.Root, name.File);
            RequireRoomForDrill(new FileInfo(file).Length);
            BackupProof proof = await BackupDrill.RunAsync(file, place, _server, _time, _stop.Token);
            Change(state => state with
            {
                ProvenAt = proof.IsWhole ? _time.GetUtcNow() : state.ProvenAt,
                DrillProblem = proof.IsWhole ? string.Empty : $"{name.File} does not open: {proof.Problem}",
            });
            if (!proof.IsWhole)
            {
                LogDrillFailed(name.File, proof.Problem);
                return;
            }

            LogProven(name.File, proof.Contents.ToString(), (long)proof.Took.TotalMilliseconds);
        }
    }

    // A schedule by the wall clock begins with its first time, an interval at once; what was missed is made up for, once.
    private DateTimeOffset? DueAfter(DateTimeOffset? last) => last is { } at
        ? _options.Schedule!.Next(at)
        : _options.Schedule!.IsInterval ? _time.GetUtcNow() : _options.Schedule.Next(_time.GetUtcNow());

    private DateTimeOffset? NewestAt()
    {
        // What the slowest of them has; one that has none yet has to be made.
        DateTimeOffset?[] newest = [.. _brokers.All.Select(broker => NewestOf(NamespaceOf(broker)))];
        DateTimeOffset now = _time.GetUtcNow();
        return newest.Contains(null) ? null : newest.Min() > now ? now : newest.Min();
    }

    private DateTimeOffset? NewestOf(string @namespace) => _folder.List(@namespace) is [.., var last] ? last.At : null;

    // Twice what the server wants to be free, so that a backup does not have it refuse writes: its disk may be the same.
    private long Spare => Math.Max(SpareMin, Math.Min(2 * _disk.FreeMin, _folder.SizeBytes / SpareMax));

    private static long BytesOf(Broker broker) =>
        broker.Parts.SnapshotBytes + broker.Streams.Totals.Bytes + broker.Queues.Totals.DiskBytes;

    private static string NamespaceOf(Broker broker) => broker.Name == Namespaces.Default ? string.Empty : broker.Name;

    private void Change(Func<BackupState, BackupState> change) => Volatile.Write(ref _state, change(_state));

    private IEnumerable<KeyValuePair<string, string>> Facts()
    {
        BackupState state = State;
        yield return new("backup.schedule", _options.Schedule!.Text);
        yield return new("backup.directory", _folder.Root);
        yield return Moment("backup.last_at_ms", state.LastAt);
        yield return FactBoard.Number("backup.last_took_ms", (long)state.LastTook.TotalMilliseconds);
        yield return FactBoard.Number("backup.last_bytes", state.LastBytes);
        yield return FactBoard.Number("backup.last_records", state.LastRecords);
        yield return FactBoard.Number("backup.written", state.Written);
        yield return FactBoard.Number("backup.failed", state.Failed);
        yield return new("backup.problem", state.Problem);
        yield return Moment("backup.next_at_ms", state.NextAt);
        if (_options.Drill)
        {
            yield return Moment("backup.proven_at_ms", state.ProvenAt);
            yield return new("backup.drill_problem", state.DrillProblem);
        }
    }

    private static KeyValuePair<string, string> Moment(string name, DateTimeOffset? at) =>
        FactBoard.Number(name, at?.ToUnixTimeMilliseconds() ?? 0);

    [LoggerMessage(1, LogLevel.Information, "backup {File} written: {Records} records, {Bytes} bytes")]
    private partial void LogWritten(string file, long records, long bytes);

    [LoggerMessage(2, LogLevel.Error, "the scheduled backup FAILED, and is tried again at {Next}: {Reason}")]
    private partial void LogFailed(string reason, string next);

    [LoggerMessage(3, LogLevel.Information, "backup {File} deleted: newer ones are kept (backup.keep)")]
    private partial void LogPruned(string file);

    [LoggerMessage(4, LogLevel.Warning, "an old backup could not be deleted: {Reason}")]
    private partial void LogPruneFailed(string reason);

    [LoggerMessage(5, LogLevel.Information, "backup {File} proven: {Contents}, opened in {Took} ms")]
    private partial void LogProven(string file, string contents, long took);

    [LoggerMessage(6, LogLevel.Error, "backup {File} does NOT open, so it would not bring the data back: {Reason}")]
    private partial void LogDrillFailed(string file, string reason);

    [LoggerMessage(8, LogLevel.Error, "the backup was written, and could not be proven: {Reason}")]
    private partial void LogDrillNotHeld(string reason);

    [LoggerMessage(7, LogLevel.Error, "the scheduled backup failed unexpectedly")]
    private partial void LogUnexpected(Exception failure);
}
