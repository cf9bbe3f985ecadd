namespace Nexo.Engine.Store;

/// <summary>
/// Sizes inside the engine that users do not set. Tests make them small, so that every border is crossed.
/// </summary>
internal sealed record StoreTuning
{
    /// <summary>Bytes of an arena's page; a power of two, up to 1 MiB.</summary>
    public int PageBytes { get; init; } = 256 * 1_024;

    /// <summary>Highest page id of a shard; what a reference has no bits for is cut off.</summary>
    public int PageIdMax { get; init; } = int.MaxValue;

    public int IndexNodeBytes { get; init; } = 256;

    /// <summary>A hash larger than this gets a table of its own.</summary>
    public int HashPackedBytesMax { get; init; } = 1_024;

    public int HashPackedFieldsMax { get; init; } = 64;

    /// <summary>Entries that one tick expires, re-sorts or frees at most, over all shards.</summary>
    public int TickStepsMax { get; init; } = 4_096;

    /// <summary>Entries that are expired, re-sorted, freed or cleared under one hold of a lock.</summary>
    public int HoldStepsMax { get; init; } = 256;

    /// <summary>Entries that a snapshot copies, or passes over, under one hold of a lock.</summary>
    public int HoldSnapshotEntriesMax { get; init; } = 128;

    /// <summary>Bytes after which a hold of a snapshot ends: it has copied less than this and one entry or bucket of
    /// fields.</summary>
    public int HoldSnapshotBytesMax { get; init; } = 64 * 1_024;

    /// <summary>
    /// What one command gathers of others' entries to make one of it (copies, unions), with some overhead for each item; beyond, it is
    /// refused: this memory is not the store's, so its limit says nothing of it.
    /// </summary>
    public long GatheredBytesMax { get; init; } = 512L * 1_024 * 1_024;

    /// <summary>Keys that SCAN and COUNT look at under one hold of a lock.</summary>
    public int HoldKeysMax { get; init; } = 1_024;

    /// <summary>
    /// Due entries that a write with an expiry takes along, so that expiry keeps up with any rate of writes.
    /// </summary>
    public int AssistSteps { get; init; } = 2;

    /// <summary>Buckets that the eviction hand passes under one hold of a lock.</summary>
    public int EvictBucketsMax { get; init; } = 256;
}
