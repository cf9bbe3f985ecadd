using Nexo.Client;

namespace Nexo.Cli.Keeper;

/// <summary>What <c>nexo doctor</c> has seen of a running server: two looks, some seconds apart.</summary>
internal sealed record Checkup
{
    public required ServerFigures Before { get; init; }

    public required ServerFigures Now { get; init; }

    /// <summary>The wall clock at the second look.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Groups of all streams at the first look; null: the user may not look at them.</summary>
    public IReadOnlyList<GroupLag>? LagsBefore { get; init; }

    /// <summary>The same at the second look.</summary>
    public IReadOnlyList<GroupLag>? Lags { get; init; }

    /// <summary>All queues; null: the user may not look at them.</summary>
    public IReadOnlyList<QueueSummary>? Queues { get; init; }

    public IReadOnlyList<TopicSubscriber> Subscribers { get; init; } = [];

    public IReadOnlyList<NexoConnection> Connections { get; init; } = [];

    /// <summary>False: only what one namespace has was told, and nothing of the server that it shares with others.</summary>
    public bool IsOfServer => Now.Has(ServerFigures.Namespaces);

    /// <summary>How much a counter has grown between the looks.</summary>
    public long Grown(string name) => Now.Grown(Before, name);

    /// <summary>A moment that the server tells in Unix milliseconds; null: never.</summary>
    public DateTimeOffset? Moment(string name) =>
        Now.Number(name) is > 0 and long ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
