using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The queues of a server together.</summary>
public sealed class NexoQueues
{
    private const int PageQueues = 1_000;

    private readonly NexoClient _client;
    private readonly TimeSpan _timeout;

    internal NexoQueues(NexoClient client, TimeSpan timeout)
    {
        _client = client;
        _timeout = timeout;
    }

    /// <summary>The same with another deadline for its calls.</summary>
    public NexoQueues WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoQueues(_client, timeout);
    }

    /// <summary>All queues whose names begin with a prefix, in the order of their names, page after page.</summary>
    public IAsyncEnumerable<QueueSummary> ListAsync(
        NexoKey prefix = default, CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListPageAsync(prefix, cursor, PageQueues, cancel), cancellationToken);

    /// <summary>One page of the list.</summary>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most queues of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<QueueSummary>> ListPageAsync(
        NexoKey prefix,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageQueues,
        CancellationToken cancellationToken = default) =>
        _client.CallAsync<QueuesReader, NexoPage<QueueSummary>>(
            Opcode.QueueList,
            CallTraits.Idempotent,
            PageBodies.Scan(prefix, cursor, limit),
            default,
            _timeout,
            cancellationToken);
}
