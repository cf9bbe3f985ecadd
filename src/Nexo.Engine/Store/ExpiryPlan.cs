namespace Nexo.Engine.Store;

/// <summary>An expiry after checking: a deadline (0: none), or to keep the one that is there.</summary>
internal readonly record struct ExpiryPlan(long DeadlineMs, long NowMs, bool Keep)
{
    /// <summary>The moment is over before it begins: the entry is to be removed.</summary>
    public bool Passed => DeadlineMs != 0 && DeadlineMs <= NowMs;

    public static StoreStatus TryMake(StoreExpiry expiry, StoreLimits limits, EngineClock clock, out ExpiryPlan plan)
    {
        plan = new ExpiryPlan(0, 0, expiry.Kind == StoreExpiryKind.Keep);
        switch (expiry.Kind)
        {
            case StoreExpiryKind.None or StoreExpiryKind.Keep:
                return StoreStatus.Ok;
            case StoreExpiryKind.After when expiry.Milliseconds < 1 || expiry.Milliseconds > limits.ExpiryMsMax:
                return StoreStatus.ExpiryOutOfRange;
            case StoreExpiryKind.After:
                long now = clock.NowMs;
                plan = new ExpiryPlan(now + expiry.Milliseconds, now, Keep: false);
                return StoreStatus.Ok;
            case StoreExpiryKind.At:
                // A moment is one on the wall clock; from there on the engine's clock runs.
                now = clock.NowMs;
                long remaining = Math.Max(1, expiry.Milliseconds) - (now + clock.WallOffsetAt(now));
                plan = new ExpiryPlan(Math.Max(1, now + remaining), now, Keep: false);
                return remaining > limits.ExpiryMsMax ? StoreStatus.ExpiryOutOfRange : StoreStatus.Ok;
            default:
                return StoreStatus.InvalidArgument;
        }
    }
}
