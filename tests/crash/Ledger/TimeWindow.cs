namespace Nexo.Crash.Ledger;

/// <summary>A moment that is known to lie between two, in Unix ms.</summary>
internal readonly record struct TimeWindow(long From, long Until)
{
    /// <summary>What clocks and schedulers may differ by, in ms.</summary>
    public const long SlackMs = 300;

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public TimeWindow Plus(long milliseconds) => new(From + milliseconds, Until + milliseconds);
}
