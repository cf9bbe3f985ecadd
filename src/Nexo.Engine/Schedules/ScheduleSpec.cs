namespace Nexo.Engine.Schedules;

/// <summary>
/// What becomes of runs that were missed: while the server was down, or because the clock was set forward. On disk.
/// </summary>
public enum ScheduleCatchUp : byte
{
    /// <summary>They are dropped.</summary>
    Skip = 0,

    /// <summary>The latest of them is run, the others are dropped.</summary>
    Once = 1,
}

/// <summary>A schedule as it is to be; its bytes are borrowed for the call.</summary>
public readonly ref struct ScheduleSpec
{
    public ScheduleSpec()
    {
    }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>
    /// Five fields, six with seconds, a macro, or <c>@every</c> with an interval: see <see cref="ScheduleRule"/>.
    /// </summary>
    public ReadOnlySpan<byte> Cron { get; init; }

    /// <summary>An IANA name; empty: UTC.</summary>
    public ReadOnlySpan<byte> TimeZone { get; init; }

    /// <summary>Where its messages go. It need not be there.</summary>
    public ReadOnlySpan<byte> Queue { get; init; }

    public int Priority { get; init; }

    /// <summary>Of each message, from its push on; 0: as the queue says.</summary>
    public long TtlMs { get; init; }

    /// <summary>Empty: none.</summary>
    public ReadOnlySpan<byte> Group { get; init; }

    /// <summary>Of each message, not looked into; empty: none.</summary>
    public ReadOnlySpan<byte> Headers { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    public ScheduleCatchUp CatchUp { get; init; } = ScheduleCatchUp.Once;

    /// <summary>False: it is kept, and does not run.</summary>
    public bool IsEnabled { get; init; } = true;
}

/// <summary>The answer to a schedule that was set.</summary>
/// <param name="Created">False: it was there, and is now as was asked for.</param>
/// <param name="NextAtMs">When it runs next, Unix ms of the wall clock; 0: it is not enabled.</param>
/// <param name="Message">Why it was refused, for people; else empty.</param>
/// <param name="Waits">True when the answer must wait until the log is durable.</param>
public readonly record struct ScheduleSetResult(bool Created, long NextAtMs, string Message, bool Waits);
