using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The streams of a server together.</summary>
public sealed class NexoStreams
{
    private const int PageStreams = 1_000;

    private readonly NexoClient _client;
    private readonly TimeSpan _timeout;

    internal NexoStreams(NexoClient client, TimeSpan timeout)
    {
        _client = client;
        _timeout = timeout;
    }

    /// <summary>The same with another deadline for its calls.</summary>
    public NexoStreams WithTimeout(TimeSpan timeout)
    {
        NexoClientOptionsCheck.RequireTimeout(timeout, nameof(timeout));
        return new NexoStreams(_client, timeout);
    }

    /// <summary>All streams whose names begin with a prefix, in the order of their names, page after page.</summary>
    public IAsyncEnumerable<StreamSummary> ListAsync(
        NexoKey prefix = default, CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListPageAsync(prefix, cursor, PageStreams, cancel), cancellationToken);

    /// <summary>One page of <see cref="ListAsync"/>.</summary>
    /// <param name="prefix">Streams whose names begin with it; empty: all.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most streams of the page: 1 to 10,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<StreamSummary>> ListPageAsync(
        NexoKey prefix,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageStreams,
        CancellationToken cancellationToken = default) =>
        _client.CallAsync<StreamsReader, NexoPage<StreamSummary>>(
            Opcode.StreamList,
            CallTraits.Idempotent,
            PageBodies.Scan(prefix, cursor, limit),
            default,
            _timeout,
            cancellationToken);

    /// <summary>The figures of all streams together.</summary>
    public ValueTask<StreamStats> StatsAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync<StreamStatsReader, StreamStats>(
            Opcode.StreamStats, CallTraits.Idempotent, RequestBodies.Rent(), default, _timeout, cancellationToken);
}
