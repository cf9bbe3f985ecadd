namespace Nexo.Engine.Schedules;

/// <summary>Every bound of the schedules.</summary>
public sealed record ScheduleLimits
{
    /// <summary>Schedules in all.</summary>
    public int SchedulesMax { get; init; } = 10_000;

    /// <summary>Bytes of all their names, expressions and messages: they are kept in memory.</summary>
    public long BytesMax { get; init; } = 64 * 1_024 * 1_024;

    /// <summary>Longest name. With what is put around it, it still fits a dedup id of the queues.</summary>
    public int NameBytesMax { get; init; } = 200;

    /// <summary>Longest expression.</summary>
    public int CronBytesMax { get; init; } = 256;

    public int TimeZoneBytesMax { get; init; } = 64;

    public int QueueBytesMax { get; init; } = 255;

    public int GroupBytesMax { get; init; } = 255;

    /// <summary>
    /// Longest header block; the server adds headers of its own, which must still fit the protocol's.
    /// </summary>
    public int HeaderBytesMax { get; init; } = 65_000;

    public int BodyBytesMax { get; init; } = 256 * 1_024;

    public int PriorityMax { get; init; } = 255;

    /// <summary>The longest time to live of a message, from its push on.</summary>
    public long TtlMsMax { get; init; } = 100L * 365 * 24 * 3_600 * 1_000;

    /// <summary>The longest interval of <c>@every</c>; the shortest is a second.</summary>
    public long IntervalMsMax { get; init; } = 366L * 24 * 3_600 * 1_000;

    /// <summary>How late a run may be that was not missed.</summary>
    public long LateMsMax { get; init; } = 10_000;

    /// <summary>How far the wall clock may be set back without a run that has been being due again.</summary>
    public long SetBackMsMax { get; init; } = 3L * 3_600 * 1_000;

    /// <summary>Missed runs of one schedule that are counted one by one, each time.</summary>
    public int MissedCountedMax { get; init; } = 100;

    /// <summary>Runs of one <see cref="ScheduleService.Tick"/>.</summary>
    public int RunsPerTickMax { get; init; } = 256;
}
