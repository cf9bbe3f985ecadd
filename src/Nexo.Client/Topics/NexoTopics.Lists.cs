using Nexo.Protocol;

namespace Nexo.Client;

/// <content>What is going on.</content>
public sealed partial class NexoTopics
{
    private const int PageItems = 1_000;

    /// <summary>The figures of all topics together.</summary>
    public ValueTask<TopicStats> StatsAsync(CancellationToken cancellationToken = default) =>
        CallAsync<TopicStatsReader, TopicStats>(Opcode.TopicStats, null, default, cancellationToken);

    /// <summary>Topics that match a filter and to which something was published lately, in no order, page after
    /// page.</summary>
    public IAsyncEnumerable<TopicSummary> ListTopicsAsync(
        string filter = "#", CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListTopicsPageAsync(filter, cursor, PageItems, cancel), cancellationToken);

    /// <summary>One page of the list of topics.</summary>
    /// <param name="filter">Which topics.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most topics of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<TopicSummary>> ListTopicsPageAsync(
        string filter,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageItems,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return CallAsync<TopicsReader, NexoPage<TopicSummary>>(
            Opcode.TopicList, PageBodies.Scan(filter, cursor, limit), default, cancellationToken);
    }

    /// <summary>Subscriptions of all clients, one of whose filters begins with a text, page after page.</summary>
    public IAsyncEnumerable<TopicSubscriber> ListSubscribersAsync(
        string filterPrefix = "", CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListSubscribersPageAsync(filterPrefix, cursor, PageItems, cancel), cancellationToken);

    /// <summary>One page of the list of subscriptions.</summary>
    /// <param name="filterPrefix">What one of their filters begins with; empty: all.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most subscriptions of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<TopicSubscriber>> ListSubscribersPageAsync(
        string filterPrefix,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageItems,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filterPrefix);
        return CallAsync<TopicSubscribersReader, NexoPage<TopicSubscriber>>(
            Opcode.TopicSubscribers, PageBodies.Scan(filterPrefix, cursor, limit), default, cancellationToken);
    }
}
