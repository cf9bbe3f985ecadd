namespace Nexo.Engine.Schedules;

/// <summary>What has become of the runs of a schedule.</summary>
/// <param name="LastAtMs">The moment for which it ran last; 0: it has not.</param>
/// <param name="PassedMs">Every run up to this moment has been dealt with.</param>
/// <param name="Runs">Runs, those that failed among them.</param>
/// <param name="Failed">Runs that the queue refused.</param>
/// <param name="Missed">Runs that were missed and dropped.</param>
/// <param name="LastOutcome">What became of the last run.</param>
internal readonly record struct ScheduleRuns(
    long LastAtMs, long PassedMs, ulong Runs, ulong Failed, ulong Missed, ScheduleOutcome LastOutcome);

/// <summary>What a schedule is, as long as nobody sets it anew. Owns its bytes.</summary>
internal sealed class ScheduleDefinition(in ScheduleSpec spec)
{
    public byte[] Name { get; } = spec.Name.ToArray();

    public byte[] Cron { get; } = spec.Cron.ToArray();

    public byte[] TimeZone { get; } = spec.TimeZone.ToArray();

    public byte[] Queue { get; } = spec.Queue.ToArray();

    public byte[] Group { get; } = spec.Group.ToArray();

    public byte[] Headers { get; } = spec.Headers.ToArray();

    public byte[] Body { get; } = spec.Body.ToArray();

    public int Priority { get; } = spec.Priority;

    public long TtlMs { get; } = spec.TtlMs;

    public ScheduleCatchUp CatchUp { get; } = spec.CatchUp;

    public bool IsEnabled { get; } = spec.IsEnabled;

    /// <summary>Of all its parts.</summary>
    public int Bytes =>
        Name.Length + Cron.Length + TimeZone.Length + Queue.Length + Group.Length + Headers.Length + Body.Length;

    /// <summary>Whether it runs at the same times: then what it has passed stays passed.</summary>
    public bool HasTimesOf(in ScheduleSpec spec) =>
        IsEnabled == spec.IsEnabled && spec.Cron.SequenceEqual(Cron) && spec.TimeZone.SequenceEqual(TimeZone);

    /// <summary>Whether it is all that.</summary>
    public bool Is(in ScheduleSpec spec) =>
        HasTimesOf(spec)
        && Priority == spec.Priority
        && TtlMs == spec.TtlMs
        && CatchUp == spec.CatchUp
        && spec.Queue.SequenceEqual(Queue)
        && spec.Group.SequenceEqual(Group)
        && spec.Headers.SequenceEqual(Headers)
        && spec.Body.SequenceEqual(Body);
}

/// <summary>One schedule, under the lock of the schedules.</summary>
internal sealed class Schedule(ScheduleDefinition definition)
{
    public ScheduleDefinition Definition { get; set; } = definition;

    /// <summary>Null: it is not enabled, or cannot be read on this machine.</summary>
    public ScheduleRule? Rule { get; set; }

    public ScheduleRuns Runs { get; set; }

    /// <summary>When it runs next; 0: never.</summary>
    public long NextAtMs { get; set; }

    public bool IsRemoved { get; set; }

    public ScheduleInfo Describe() => new()
    {
        Name = Definition.Name,
        Cron = Definition.Cron,
        TimeZone = Definition.TimeZone,
        Queue = Definition.Queue,
        Priority = Definition.Priority,
        TtlMs = Definition.TtlMs,
        Group = Definition.Group,
        Headers = Definition.Headers,
        Body = Definition.Body,
        CatchUp = Definition.CatchUp,
        IsEnabled = Definition.IsEnabled,
        LastAtMs = Runs.LastAtMs,
        NextAtMs = NextAtMs,
        Runs = Runs.Runs,
        Failed = Runs.Failed,
        Missed = Runs.Missed,
        LastOutcome = Runs.LastOutcome,
    };
}
