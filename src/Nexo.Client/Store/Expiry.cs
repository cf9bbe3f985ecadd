using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>From the caller's times to the wire's milliseconds.</summary>
internal static class Expiry
{
    public static StoreExpiry None => default;

    public static StoreExpiry AfterOrNone(TimeSpan? ttl) => ttl is { } given ? After(given) : None;

    public static StoreExpiry After(TimeSpan ttl)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ttl, TimeSpan.FromMilliseconds(1));
        return new StoreExpiry(ExpiryKind.After, (long)ttl.TotalMilliseconds);
    }

    public static StoreExpiry At(DateTimeOffset moment) => new(ExpiryKind.At, moment.ToUnixTimeMilliseconds());
}
