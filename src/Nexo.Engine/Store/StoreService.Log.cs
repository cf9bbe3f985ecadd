using Nexo.Storage;

namespace Nexo.Engine.Store;

/// <content>The store and its log: recovery, snapshots, and the clock's records.</content>
public sealed partial class StoreService
{
    private const long ClockRecordMs = 1_000;
    private const long ClockMovedMs = 100;

    /// <summary>Records ahead of the one being applied whose buckets are asked for.</summary>
    private const int RecoveryAhead = 8;

    private ILogWriter? _log;
    private ClockRecord _clockLogged;
    private Lsn _clockAt;
    private bool _keepsEntries = true;
    private volatile bool _recovering;

    /// <summary>
    /// Begins to rebuild the state of an earlier run in this store, which is empty and has no log yet. Until <see
    /// cref="StoreRecovery.Complete"/> has been called no command may be given to it, and <see cref="Tick"/> does
    /// nothing; <see cref="Stats"/> may be read.
    /// </summary>
    /// <param name="workers">
    /// Threads that apply records beside the one that reads them; 0: that one applies them.
    /// </param>
    /// <param name="entriesExpected">
    /// How many entries may come, for tables that need not grow on the way; 0: unknown. Only from a source that was
    /// checked: it costs some 10 bytes of memory for each.
    /// </param>
    /// <param name="keepsEntries">
    /// False: entries end with the process. Of what comes the clock alone is taken, which others go by too, and later
    /// nothing else is logged, nor in a snapshot.
    /// </param>
    public StoreRecovery BeginRecovery(int workers = 0, long entriesExpected = 0, bool keepsEntries = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(entriesExpected);
        if (_log is not null || _recovering || Stats.Entries != 0)
        {
            throw new InvalidOperationException("Only an empty store without a log can be recovered, and only once.");
        }

        _recovering = true;
        _keepsEntries = keepsEntries;
        foreach (StoreShard shard in _shards)
        {
            shard.BeginRecovery(entriesExpected / _shards.Length);
        }

        return new StoreRecovery(this, workers, keepsEntries);
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Writes go
    /// on.
    /// </summary>
    public StoreSnapshot BeginSnapshot(Lsn position) => new(this, _keepsEntries ? _shards.Length : 0, position);

    /// <summary>
    /// Writes to the log what the clocks say: the last thing to do before it is closed. Otherwise <see cref="Tick"/>
    /// does it.
    /// </summary>
    public void LogClock()
    {
        lock (_tickGate)
        {
            WriteClock(_clock.Read());
        }
    }

    internal ClockRecord ReadClock() => _clock.Read();

    /// <summary>Applies records in their order.</summary>
    /// <exception cref="InvalidDataException">One is not valid; those before it have been applied.</exception>
    internal void Apply(RecoveryBatch batch)
    {
        ReadOnlySpan<RecoveryBatch.Item> items = batch.Items;
        for (int i = 0; i < items.Length; i++)
        {
            if (i + RecoveryAhead < items.Length)
            {
                ulong ahead = items[i + RecoveryAhead].Hash;
                ShardOf(ahead).PrefetchBucket(ahead);
            }

            if (!ShardOf(items[i].Hash).Apply(items[i].Kind, batch.PayloadOf(items[i]), items[i].Hash))
            {
                throw StoreRecovery.Invalid(items[i].Lsn, items[i].Kind, items[i].Length);
            }
        }
    }

    /// <summary>The engine's time when what comes now was written, for the wheels.</summary>
    internal void BeginAt(long engineMs)
    {
        foreach (StoreShard shard in _shards)
        {
            shard.BeginAt(engineMs);
        }
    }

    /// <summary>The state is there: sets clock and versions going and attaches the log.</summary>
    internal void EndRecovery(ClockRecord? last, long seenMs, ILogWriter? log)
    {
        if (last is { } clock)
        {
            _clock.Continue(clock, seenMs);
        }

        // Keys fall to other shards than in the run before: above the highest version of all is above that of each.
        ulong highest = VersionAt(_clock.NowMs);
        foreach (StoreShard shard in _shards)
        {
            highest = Math.Max(highest, shard.EndRecovery());
        }

        foreach (StoreShard shard in _shards)
        {
            shard.RaiseVersion(highest);
        }

        Attach(log);
        _recovering = false;
    }

    /// <summary>
    /// Versions start at the microsecond of the start: a version that was given out before a restart does not come
    /// again, unless a shard has changed more often than once in a microsecond all along.
    /// </summary>
    internal static ulong VersionAt(long nowMs) => (ulong)Math.Max(0, nowMs) * 1_000;

    private void Attach(ILogWriter? log)
    {
        _log = log;
        foreach (StoreShard shard in _shards)
        {
            shard.Attach(_keepsEntries ? log : null);
        }

        LogClock();
    }

    /// <summary>
    /// The clocks' record: at most once a second when there were others since, whoever wrote them, so that an idle server
    /// writes nothing, and at once when the wall clock was set.
    /// </summary>
    private void LogClockIfNeeded()
    {
        if (_log is null)
        {
            return;
        }

        ClockRecord now = _clock.Read();
        long moved = now.WallMs - now.EngineMs - (_clockLogged.WallMs - _clockLogged.EngineMs);
        bool due = now.EngineMs - _clockLogged.EngineMs >= ClockRecordMs && _log.AppendedLsn != _clockAt;
        if ((due || Math.Abs(moved) > ClockMovedMs) && _log.RoomForUpkeep(ClockRecord.Bytes) == LogRoom.Ok)
        {
            WriteClock(now);
        }
    }

    private void WriteClock(ClockRecord now)
    {
        if (_log is not null)
        {
            _clockLogged = now;
            using LogAppend append = _log.Begin((byte)StoreRecordKind.Clock, ClockRecord.Bytes);
            now.Write(append.Payload);
            _clockAt = append.Lsn;
        }
    }
}
