namespace Nexo.Engine.Topics;

/// <summary>
/// The retained messages that a subscription is to get for filters that it was given at one time: all that are in the store up to
/// <see cref="VersionMax"/> and are not replaced before their page comes. What replaces them comes live.
/// </summary>
internal sealed class RetainedPages : IRetainedPage
{
    private readonly TopicBuffer _messages = new();
    private readonly TopicRun _run;
    private readonly List<byte[]> _filters = [];
    private FilterSweep? _sweep;
    private RetainedCursor _cursor;
    private int _bytesMax;
    private int _messagesMax;
    private int _bytes;

    public RetainedPages() => _run = new TopicRun(_messages);

    /// <summary>The store's version at the moment when the filters had been added.</summary>
    public ulong VersionMax { get; set; }

    /// <summary>Ascends with those of a subscription.</summary>
    public long Number { get; set; }

    public bool IsEmpty => _filters.Count == 0;

    /// <summary>A filter without a share, which is added now.</summary>
    public void Add(ReadOnlySpan<byte> filter) => _filters.Add(filter.ToArray());

    /// <summary>Filters are the subscription's no more, if these are older than what is given with each.</summary>
    public void Remove(Dictionary<byte[], long> removed)
    {
        if (_filters.RemoveAll(filter => removed.TryGetValue(filter, out long last) && Number <= last) > 0)
        {
            _sweep = null;
        }
    }

    /// <summary>Makes the filters ready for <see cref="Deliver"/>; without a lock, since it sorts them.</summary>
    public void Prepare() => _sweep ??= new FilterSweep(_filters);

    /// <summary>
    /// Gives a sink the next messages: so many, and so many bytes or one message. Under the store's lock: what replaces one of them
    /// is published afterwards, and so comes after it.
    /// </summary>
    /// <returns>True: there are no more.</returns>
    public bool Deliver(
        RetainedStore store, TopicSubscriber to, int bytesMax, int messagesMax, out int delivered, out int dropped)
    {
        _bytes = 0;
        _bytesMax = bytesMax;
        _messagesMax = messagesMax;
        RetainedPages page = this;
        bool isEnd = store.Page(_sweep!, ref _cursor, VersionMax, ref page);
        delivered = _messages.Count;
        dropped = 0;
        if (delivered > 0)
        {
            _run.Begin(0, delivered, isRetained: true);
            dropped = to.Sink.Deliver(_run);
            _run.Release();
            _messages.Clear();
        }

        return isEnd;
    }

    bool IRetainedPage.TryAdd(in RetainedMessage message)
    {
        int bytes = message.Topic.Length + message.Headers.Length + message.Body.Length;
        if (_messages.Count > 0 && (_bytes + bytes > _bytesMax || _messages.Count >= _messagesMax))
        {
            return false;
        }

        _bytes += bytes;
        _messages.Add(new TopicMessage
        {
            Topic = message.Topic,
            Headers = message.Headers,
            Body = message.Body,
            Retain = true,
            TtlMs = message.TtlMs,
        });
        return true;
    }
}
