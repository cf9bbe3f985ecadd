namespace Nexo.Engine.Store;

/// <summary>How a write sets the life of its entry.</summary>
public enum StoreExpiryKind : byte
{
    /// <summary>The entry lives until it is deleted; an expiry that it had is removed.</summary>
    None,

    /// <summary>The expiry that the entry has, if any, stays.</summary>
    Keep,

    /// <summary>Milliseconds from now, 1 or more.</summary>
    After,

    /// <summary>Milliseconds since the Unix epoch. A moment that has passed removes the entry.</summary>
    At,
}

/// <summary>
/// An expiry; <see cref="Milliseconds"/> counts for <see cref="StoreExpiryKind.After"/> and <see
/// cref="StoreExpiryKind.At"/>.
/// </summary>
public readonly record struct StoreExpiry(StoreExpiryKind Kind, long Milliseconds);
