using System.Diagnostics;

namespace Nexo.Client;

/// <summary>
/// A message of a topic. Its bytes are its own: it may be kept. It is a value, so a subscription to raw bytes allocates nothing but
/// them.
/// </summary>
public readonly record struct TopicMessage<T>
{
    private readonly TopicSource _source;
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _topicBytes;
    private readonly int _headerBytes;
    private readonly T _body;
    private readonly bool _isRead;

    internal TopicMessage(TopicSource source, in TopicDelivery delivery, TopicGap gap)
    {
        _source = source;
        _bytes = delivery.Bytes;
        _topicBytes = delivery.TopicBytes;
        _headerBytes = delivery.HeaderBytes;
        IsRetained = delivery.IsRetained;
        Gap = gap;
        try
        {
            _body = Values.ReadOwned<T>(source.SerializerOf<T>(), delivery.Body);
            _isRead = true;
        }
        catch (Exception)
        {
            // Whoever asks for the body is told: a message that cannot be read harms nobody else.
            _body = default!;
            _isRead = false;
        }
    }

    /// <summary>Where it was published. Recent topics are remembered by the subscription, so that they are one string each.</summary>
    public string Topic => _source.Names.TextOf(TopicBytes.Span);

    /// <summary>The topic, as UTF-8.</summary>
    public ReadOnlyMemory<byte> TopicBytes => _bytes[.._topicBytes];

    /// <summary>What it says.</summary>
    /// <exception cref="NexoException">The serializer cannot read it
    /// (<see cref="ClientErrorCode.ValueUnreadable"/>).</exception>
    public T Body => _isRead ? _body : Values.ReadOwned<T>(_source.SerializerOf<T>(), RawBody);

    /// <summary>The bytes of its body.</summary>
    public ReadOnlyMemory<byte> RawBody => _bytes[(_topicBytes + _headerBytes)..];

    /// <summary>Its headers.</summary>
    public NexoHeaders Headers => new(_bytes.Slice(_topicBytes, _headerBytes));

    /// <summary>True: it was published before, and came because the subscription, or its filter, is new.</summary>
    public bool IsRetained { get; }

    /// <summary>What was missed between the message before and this one.</summary>
    public TopicGap Gap { get; }

    /// <summary>How many messages were dropped between the message before and this one.</summary>
    public long MissedBefore => Gap.Missed;

    /// <summary>The trace in which it was published, to be the parent of an activity; the default when it tells none.</summary>
    public ActivityContext TraceContext => Headers.TraceContext;

    /// <summary>Answers a request: publishes a value to the topic that its <c>reply-to</c> header names, with its
    /// <c>correlation-id</c>. It is not confirmed: whoever asked may have gone.</summary>
    /// <exception cref="InvalidOperationException">The message asks for no reply.</exception>
    /// <exception cref="NexoException">The reply could not be sent.</exception>
    public ValueTask ReplyAsync<TReply>(TReply reply, CancellationToken cancellationToken = default)
    {
        if (Headers[NexoHeaders.ReplyTo] is not { Length: > 0 } replyTo)
        {
            throw new InvalidOperationException("The message asks for no reply: it has no header 'reply-to'.");
        }

        var options = new TopicPublishOptions
        {
            Headers = Headers[NexoHeaders.CorrelationId] is { } correlation
                ? [new(NexoHeaders.CorrelationId, correlation)]
                : null,
        };
        return _source.Topics.PostAsync(replyTo, reply, options, cancellationToken);
    }
}
