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
public sealed record ScheduleSummary(
    string Name, string Cron, string TimeZone, string Queue, DateTimeOffset? LastAt, DateTimeOffset? NextAt);

/// <summary>A schedule with its message.</summary>
/// <param name="Summary">When it pushes, and where to.</param>
/// <param name="Options">How it pushes; without its headers.</param>
/// <param name="Body">What its messages say.</param>
public sealed record Schedule<T>(ScheduleSummary Summary, ScheduleOptions Options, T Body);
