using System.Collections.Immutable;
using System.Numerics;

namespace Nexo.Storage;

/// <summary>What the writer counts: written by it alone, read by anybody.</summary>
internal sealed class WalCounters
{
    private readonly long[] _syncBuckets = new long[WalStats.SyncBucketCount];
    private long _commits;
    private long _records;
    private long _bytes;
    private long _syncs;
    private long _syncTotal;
    private long _syncLast;
    private long _syncMax;

    public void OnCommit(int records, long bytes)
    {
        Volatile.Write(ref _commits, _commits + 1);
        Volatile.Write(ref _records, _records + records);
        Volatile.Write(ref _bytes, _bytes + bytes);
    }

    public void OnSync(long microseconds)
    {
        int bucket = Math.Min(64 - BitOperations.LeadingZeroCount((ulong)microseconds), WalStats.SyncBucketCount - 1);
        Volatile.Write(ref _syncBuckets[bucket], _syncBuckets[bucket] + 1);
        Volatile.Write(ref _syncTotal, _syncTotal + microseconds);
        Volatile.Write(ref _syncLast, microseconds);
        Volatile.Write(ref _syncMax, Math.Max(_syncMax, microseconds));
        Volatile.Write(ref _syncs, _syncs + 1);
    }

    public WalStats Read() => new()
    {
        Commits = Volatile.Read(ref _commits),
        Records = Volatile.Read(ref _records),
        Bytes = Volatile.Read(ref _bytes),
        Syncs = Volatile.Read(ref _syncs),
        SyncMicrosecondsTotal = Volatile.Read(ref _syncTotal),
        SyncMicrosecondsLast = Volatile.Read(ref _syncLast),
        SyncMicrosecondsMax = Volatile.Read(ref _syncMax),
        SyncBuckets = ImmutableArray.Create(_syncBuckets),
    };
}
