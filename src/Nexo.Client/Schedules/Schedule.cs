using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>How a schedule pushes its messages.</summary>
public sealed record ScheduleOptions
{
    /// <summary>The IANA name of the time zone of its expression, such as <c>Europe/Berlin</c>; empty, the default: UTC.</summary>
    public string TimeZone { get; init; } = string.Empty;

    /// <summary>What becomes of the pushes that were missed while the server was down; one for all of them by default.</summary>
    public CatchUpKind CatchUp { get; init; } = CatchUpKind.Once;

    /// <summary>The priority of its messages.</summary>
    public int Priority { get; init; }

    /// <summary>The life of each message; as the queue says unless it is given.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>The group of its messages; empty: none.</summary>
    public NexoKey Group { get; init; }

    /// <summary>The headers of its messages. Names are lower-case.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>>? Headers { get; init; }

    /// <summary>True: it is kept and does not push until it is set again without this.</summary>
    public bool Disabled { get; init; }
}

/// <summary>What became of setting a schedule.</summary>
/// <param name="Created">False: there was one of this name, and it was replaced.</param>
/// <param name="NextAt">When it pushes next; null: never.</param>
public readonly record struct ScheduleSetResult(bool Created, DateTimeOffset? NextAt);

/// <summary>One line of a list of schedules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cron">Its expression.</param>
/// <param name="TimeZone">The time zone of its expression; empty: UTC.</param>
/// <param name="Queue">The queue that it pushes to.</param>
/// <param name="LastAt">When it last pushed, if it has.</param>
/// <param name="NextAt">When it pushes next; null: never.</param>
/// <param name="Disabled">True: it does not push.</param>
public sealed record ScheduleSummary(
    string Name,
    string Cron,
    string TimeZone,
    string Queue,
    DateTimeOffset? LastAt,
    DateTimeOffset? NextAt,
    bool Disabled);

/// <summary>What became of the runs of a schedule.</summary>
/// <param name="Tried">Runs that were due and tried, those that failed among them.</param>
/// <param name="Failed">Runs whose push was refused.</param>
/// <param name="Missed">Runs that were passed over, because the server was down.</param>
/// <param name="LastError">Why the last run failed; none when it was pushed.</param>
public readonly record struct ScheduleRuns(long Tried, long Failed, long Missed, ErrorCode LastError);

/// <summary>A schedule with its message.</summary>
/// <param name="Summary">When it pushes, and where to.</param>
/// <param name="Options">How it pushes.</param>
/// <param name="Body">What its messages say.</param>
/// <param name="Runs">What became of its runs.</param>
public sealed record Schedule<T>(ScheduleSummary Summary, ScheduleOptions Options, T Body, ScheduleRuns Runs);
