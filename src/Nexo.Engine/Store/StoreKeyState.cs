namespace Nexo.Engine.Store;

/// <summary>
/// What <see cref="StoreService.Look"/> has seen of a key: when it is the same again, nothing has happened to the key in between.
/// The other way round it may differ although nothing has, but only for a key that was not there.
/// </summary>
/// <param name="Version">Of the entry; 0: there is none.</param>
/// <param name="DeadlineMs">When it expires; 0: never.</param>
/// <param name="Removals">Of a key that is not there: removals of it, and of a few others.</param>
public readonly record struct StoreKeyState(ulong Version, long DeadlineMs, uint Removals);

/// <summary>When a deadline is taken.</summary>
public enum StoreExpiryCondition : byte
{
    None,

    /// <summary>Only if the entry does not expire.</summary>
    IfNone,

    /// <summary>Only if it does.</summary>
    IfAny,

    /// <summary>Only if it comes later than the one that is there; none is later than any.</summary>
    IfLater,

    /// <summary>Only if it comes earlier than the one that is there.</summary>
    IfEarlier,
}

/// <summary>Takes a value, under a shard's lock: copies it, does not block, does not call the store.</summary>
public interface IValueSink
{
    void Take(ReadOnlySpan<byte> value);
}
