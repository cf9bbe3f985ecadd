namespace Nexo.Storage;

/// <summary>What the writer counts: written by it alone, read by anybody.</summary>
internal sealed class WalCounters
{
    private long _commits;
    private long _records;
    private long _bytes;
    private long _syncs;
    private long _syncTotal;
    private long _syncLast;
    private long _syncMax;

    /// <summary>Of syncs, microseconds.</summary>
    public Histogram SyncTimes { get; } = new();

    /// <summary>Of writing commits with records, microseconds.</summary>
    public Histogram CommitTimes { get; } = new();

    /// <summary>Of these, bytes with headers and padding.</summary>
    public Histogram CommitSizes { get; } = new();

    public void OnCommit(int records, long bytes, long microseconds)
    {
        if (records > 0)
        {
            CommitTimes.Add(microseconds);
            CommitSizes.Add(bytes);
        }

        Volatile.Write(ref _commits, _commits + 1);
        Volatile.Write(ref _records, _records + records);
        Volatile.Write(ref _bytes, _bytes + bytes);
    }

    public void OnSync(long microseconds)
    {
        SyncTimes.Add(microseconds);
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
        SyncBuckets = [.. Enumerable.Range(0, Histogram.BucketCount).Select(SyncTimes.CountAt)],
    };
}
