using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>A value and the version of the entry that holds it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Version">Never 0; another one after every change, never repeated for a key.</param>
public readonly record struct StoreEntry<T>(T Value, ulong Version);

/// <summary>Whether a value was found, when it was written to a buffer of the caller's.</summary>
/// <param name="Found">True when the value was written to the buffer.</param>
/// <param name="Version">The entry's version; 0 when there is none.</param>
public readonly record struct StoreLookup(bool Found, ulong Version);

/// <summary>What became of a write.</summary>
/// <param name="Stored">False when the condition did not hold.</param>
/// <param name="Version">The new version when stored; else the current one, 0 when there is no entry.</param>
public readonly record struct StoreSetResult(bool Stored, ulong Version);

/// <summary>What became of a write that also asked for the value before.</summary>
/// <param name="Stored">False when the condition did not hold.</param>
/// <param name="Version">The new version when stored; else the current one, 0 when there is no entry.</param>
/// <param name="PreviousFound">Whether there was a value before.</param>
/// <param name="Previous">The value before; the default when there was none.</param>
public readonly record struct StoreSwapResult<T>(bool Stored, ulong Version, bool PreviousFound, T? Previous);

/// <summary>What became of a delete.</summary>
/// <param name="Outcome">Deleted, not found, or the condition failed.</param>
/// <param name="Version">The version of the entry that was deleted or, when the condition failed, that is
/// there.</param>
public readonly record struct StoreDeleteResult(DeleteOutcome Outcome, ulong Version)
{
    /// <summary>True when an entry was removed.</summary>
    public bool Deleted => Outcome == DeleteOutcome.Deleted;
}

/// <summary>How long an entry has to live.</summary>
/// <param name="State">Not found, without expiry, or expiring.</param>
/// <param name="Remaining">The time left when it expires; else zero.</param>
public readonly record struct StoreTtl(TtlState State, TimeSpan Remaining);

/// <summary>One item of a batch read.</summary>
/// <param name="Error">Why this item could not be read, such as a key that holds a hash; else none.</param>
/// <param name="Found">Whether there is a value.</param>
/// <param name="Version">The entry's version; 0 when there is none.</param>
/// <param name="Value">The value; the default when there is none.</param>
public readonly record struct StoreItem<T>(ErrorCode Error, bool Found, ulong Version, T? Value);

/// <summary>One item of a batch write.</summary>
/// <param name="Error">Why this item was not stored; else none.</param>
/// <param name="Version">The new version; 0 when not stored.</param>
public readonly record struct StoreSetItem(ErrorCode Error, ulong Version)
{
    /// <summary>True when it was stored.</summary>
    public bool Stored => Error == ErrorCode.None;
}

/// <summary>A key that a scan found.</summary>
/// <param name="Key">The key.</param>
/// <param name="Kind">What its entry holds.</param>
public readonly record struct StoreKey(NexoKey Key, EntryKind Kind);

/// <summary>A page of a scan.</summary>
/// <param name="Keys">The keys; may be few or none before the end.</param>
/// <param name="Cursor">Where the next page starts; empty at the end. It belongs to one run of one server.</param>
public sealed record StorePage(IReadOnlyList<StoreKey> Keys, ReadOnlyMemory<byte> Cursor)
{
    /// <summary>True when there is no further page.</summary>
    public bool IsLast => Cursor.IsEmpty;
}

/// <summary>All fields of a hash.</summary>
/// <param name="Found">Whether there is an entry.</param>
/// <param name="Version">The entry's version; 0 when there is none.</param>
/// <param name="Fields">The fields and their values, in no order.</param>
public sealed record StoreHash<T>(bool Found, ulong Version, IReadOnlyList<KeyValuePair<NexoKey, T>> Fields);

/// <summary>A change of a watched key, or a gap in what was seen.</summary>
/// <param name="Change">What happened; <see cref="StoreChange.Missed"/> is a gap.</param>
/// <param name="Key">The key; empty for a gap.</param>
/// <param name="Version">The version after a set, or of the entry that went; 0 for a gap.</param>
/// <param name="Missed">For a gap, how many changes were not seen, or <see cref="MissedUnknown"/>; else 0.</param>
public readonly record struct StoreChangeEvent(StoreChange Change, NexoKey Key, ulong Version, long Missed)
{
    /// <summary>The gap lies around a reconnect: nobody knows how many changes it hides.</summary>
    public const long MissedUnknown = -1;

    /// <summary>True when changes were not seen just before the next event.</summary>
    public bool IsGap => Change == StoreChange.Missed;
}
