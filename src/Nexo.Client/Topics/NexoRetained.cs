using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The last values of topics. They are set by publishing with <see cref="TopicPublishOptions.Retain"/>, and come first to whoever
/// subscribes.</summary>
public sealed class NexoRetained
{
    private const int PageMessages = 1_000;
    private const uint PageBytes = 256 * 1_024;

    private readonly NexoTopics _topics;

    internal NexoRetained(NexoTopics topics) => _topics = topics;

    /// <summary>The retained messages that match a filter, in the order of their topics, page after page.</summary>
    public IAsyncEnumerable<RetainedMessage<T>> ListAsync<T>(
        string filter = "#", CancellationToken cancellationToken = default) =>
        Pages.AllAsync((cursor, cancel) => ListPageAsync<T>(filter, cursor, PageMessages, cancel), cancellationToken);

    /// <summary>One page of the list.</summary>
    /// <param name="filter">Which topics.</param>
    /// <param name="cursor">Empty to start; else <see cref="NexoPage{TItem}.Cursor"/> of the page before.</param>
    /// <param name="limit">Most messages of the page: 1 to 10,000; it has about 256 KiB at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<NexoPage<RetainedMessage<T>>> ListPageAsync<T>(
        string filter,
        ReadOnlyMemory<byte> cursor = default,
        int limit = PageMessages,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        FrameBuffer body = RequestBodies.Rent();
        new RetainedListRequest
        {
            BytesMax = PageBytes,
            Limit = PageBodies.Limit(limit),
            Cursor = cursor.Span,
            Filter = System.Text.Encoding.UTF8.GetBytes(filter),
        }.Write(body);
        return _topics.CallAsync<RetainedReader<T>, NexoPage<RetainedMessage<T>>>(
            Opcode.RetainedList, body, new(_topics.SerializerOf<T>()), cancellationToken);
    }

    /// <summary>The retained message of a topic; null when there is none.</summary>
    /// <exception cref="NexoException"><see cref="ErrorCode.TopicInvalid"/>: it is a filter, or empty.</exception>
    public async ValueTask<RetainedMessage<T>?> GetAsync<T>(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        if (topic.Length == 0 || topic.AsSpan().ContainsAny('+', '#'))
        {
            throw new NexoException(
                ErrorCode.TopicInvalid, $"'{topic}' is no topic: it is {(topic.Length == 0 ? "empty" : "a filter")}.", retryable: false);
        }

        NexoPage<RetainedMessage<T>> page =
            await ListPageAsync<T>(topic, default, 1, cancellationToken).ConfigureAwait(false);
        return page.Items is [var message, ..] ? message : null;
    }

    /// <summary>Removes the retained messages that match a filter, and returns how many there were. For very many of them give it time:
    /// see <see cref="NexoTopics.WithTimeout"/>.</summary>
    public ValueTask<long> ClearAsync(string filter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return _topics.CallAsync<CountReader, long>(
            Opcode.RetainedClear, TopicBodies.Text(filter), default, cancellationToken);
    }
}

/// <summary>The last value of a topic.</summary>
public sealed class RetainedMessage<T>
{
    private readonly INexoSerializer _serializer;

    internal RetainedMessage(in RetainedListItem item, INexoSerializer serializer)
    {
        _serializer = serializer;
        Topic = System.Text.Encoding.UTF8.GetString(item.Topic);
        SetAt = WireTimes.Moment(item.SetAt);
        ExpiresAt = WireTimes.MomentIf(item.ExpiresAt != 0, item.ExpiresAt);
        Headers = new NexoHeaders(item.Headers.ToArray());
        RawBody = item.Body.ToArray();
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>When it was published, by the server's clock.</summary>
    public DateTimeOffset SetAt { get; }

    /// <summary>When it goes; null: when it is replaced.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers { get; }

    /// <summary>The bytes of its body.</summary>
    public ReadOnlyMemory<byte> RawBody { get; }

    /// <summary>Its body, read anew each time.</summary>
    /// <exception cref="NexoException">The serializer cannot read it
    /// (<see cref="ClientErrorCode.ValueUnreadable"/>).</exception>
    public T Body => Values.ReadOwned<T>(_serializer, RawBody);
}
