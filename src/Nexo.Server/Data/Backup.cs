using Nexo.Storage;

namespace Nexo.Server.Data;

/// <summary>
/// One backup of everything that is kept, while the server works: the state, slice by slice, then the records that were logged
/// meanwhile. So it is as of its end, and consistent: docs/storage-format.md, "A backup". For one caller at a time.
/// </summary>
internal sealed class Backup : IRecordSink, IDisposable
{
    // A disk that takes no log for so long may be waiting for the room that this holds back.
    private static readonly TimeSpan LogPatience = TimeSpan.FromMinutes(1);

    private readonly Wal _log;
    private readonly TimeProvider _time;
    private readonly Pace _pace;
    private readonly Action _onEnd;
    private readonly Lsn _first;
    private readonly IDisposable _pin;
    private readonly DurableSnapshot _state;
    private readonly SnapshotEncoder _encoder;
    private WalReading? _changes;
    private bool _isComplete;

    public Backup(
        Wal log, ulong logId, DurableParts parts, long bytesPerSecondMax, TimeProvider time, Action onEnd)
    {
        _log = log;
        _time = time;
        _pace = new Pace(bytesPerSecondMax, time);
        _onEnd = onEnd;

        // What is recycled from here on is older than the state.
        Lsn position = log.AppendedLsn;
        _first = new Lsn(position.Value + 1);
        _pin = log.PinFrom(_first);
        _state = parts.BeginSnapshot(position, isWhole: true);
        _encoder = new SnapshotEncoder(logId, _state.Position, time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Bytes so far.</summary>
    public long Bytes => _encoder.Bytes;

    /// <summary>True when the disk is full, and the log that this holds back could make room.</summary>
    public bool IsInTheWay => _log.IsHeldUp(_first);

    /// <summary>The next bytes, borrowed until the next call; empty at the end.</summary>
    /// <exception cref="WalException">The log has failed: there is nothing consistent to be had.</exception>
    /// <exception cref="TimeoutException">The log does not become durable.</exception>
    /// <exception cref="WalDamageException">The log cannot be read.</exception>
    /// <exception cref="DiskException">A file operation failed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancel)
    {
        if (_isComplete)
        {
            return default;
        }

        while (!_encoder.IsFull)
        {
            cancel.ThrowIfCancellationRequested();
            if (_changes is null)
            {
                if (!_state.MoveNext(this))
                {
                    await BeginChangesAsync(cancel);
                }
            }
            else if (!_changes.MoveNext())
            {
                _isComplete = true;
                return _encoder.TakeLast();
            }
        }

        TimeSpan pause = _pace.PauseAfter(Bytes);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _time, cancel);
        }

        return _encoder.Take();
    }

    void IRecordSink.OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => _encoder.Append(kind, payload);

    public void Dispose()
    {
        try
        {
            _state.Dispose();
            _changes?.Dispose();
        }
        finally
        {
            _pin.Dispose();
            _onEnd();
        }
    }

    // The state may hold what was changed while it was gone over: all of that is in the log by now, and must be durable there
    // before anybody may hold a copy of it.
    private async Task BeginChangesAsync(CancellationToken cancel)
    {
        Lsn end = _log.AppendedLsn;
        Task durable = _log.WhenDurableAsync(end).AsTask().WaitAsync(LogPatience, _time, cancel);

        // Not where the log wakes all who wait for it: what follows reads files.
        await durable.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _changes = _log.BeginRead(new Lsn(_state.Position.Value + 1), end, this);
    }
}
