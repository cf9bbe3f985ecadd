namespace Nexo.Engine.Schedules;

/// <summary>
/// A schedule as it is, with what has become of its runs. Moments are Unix milliseconds of the wall clock.
/// </summary>
public sealed record ScheduleInfo
{
    public required ReadOnlyMemory<byte> Name { get; init; }

    public required ReadOnlyMemory<byte> Cron { get; init; }

    /// <summary>Empty: UTC.</summary>
    public required ReadOnlyMemory<byte> TimeZone { get; init; }

    public required ReadOnlyMemory<byte> Queue { get; init; }

    public required int Priority { get; init; }

    /// <summary>0: as the queue says.</summary>
    public required long TtlMs { get; init; }

    public required ReadOnlyMemory<byte> Group { get; init; }

    public required ReadOnlyMemory<byte> Headers { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required ScheduleCatchUp CatchUp { get; init; }

    public required bool IsEnabled { get; init; }

    /// <summary>The moment for which it ran last; 0: it has not.</summary>
    public required long LastAtMs { get; init; }

    /// <summary>When it runs next; 0: never, since it is not enabled, or cannot be read on this machine.</summary>
    public required long NextAtMs { get; init; }

    /// <summary>Runs since it was made, those that failed among them.</summary>
    public required ulong Runs { get; init; }

    /// <summary>Runs that the queue refused.</summary>
    public required ulong Failed { get; init; }

    /// <summary>
    /// Runs that were missed and dropped; of many at once, the first <see cref="ScheduleLimits.MissedCountedMax"/>
    /// count.
    /// </summary>
    public required ulong Missed { get; init; }

    /// <summary>What became of the last run.</summary>
    public required ScheduleOutcome LastOutcome { get; init; }
}

/// <summary>All schedules together. Runs are counted since the start.</summary>
/// <param name="Count">Schedules.</param>
/// <param name="Bytes">What <see cref="ScheduleLimits.BytesMax"/> bounds.</param>
/// <param name="Runs">Runs, those that failed among them.</param>
/// <param name="Failed">Runs that a queue refused.</param>
/// <param name="Missed">Runs that were missed and dropped.</param>
public readonly record struct ScheduleStats(int Count, long Bytes, long Runs, long Failed, long Missed);
