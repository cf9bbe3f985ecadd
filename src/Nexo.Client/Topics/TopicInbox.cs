using System.Security.Cryptography;

namespace Nexo.Client;

/// <summary>
/// Where the replies to a client's requests come: a topic whose name is a secret, and one subscription to it, which is opened by the
/// first request.
/// </summary>
internal sealed class TopicInbox(NexoClient client) : ITopicReceiver, IAsyncDisposable
{
    /// <summary>What the topics begin with to which replies go.</summary>
    public const string Prefix = "$inbox/";

    private const int NameBytes = 16;
    private const int CreditsMax = 1_024;

    private static readonly TopicSubscribeOptions Options = new() { Retained = false };

    private readonly Lock _gate = new();
    private readonly PendingReplies<TopicDelivery> _asked = new(client.Time);
    private readonly string _topic = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes));
    private Task? _opening;
    private TopicFeed? _feed;
    private bool _closed;

    public int Credits => CreditsMax;

    public async ValueTask<TReply> AskAsync<T, TReply>(
        NexoTopics topics, string topic, T body, TopicPublishOptions options, TimeSpan timeout, CancellationToken cancel)
    {
        var deadline = new Deadline(timeout, client.Time);
        TopicDelivery reply = await _asked.AskAsync(
            correlation => SendAsync(topics, topic, body, WithReplyTo(options, correlation), deadline, cancel),
            $"to topic '{topic}'",
            deadline,
            cancel).ConfigureAwait(false);
        return Values.ReadOwned<TReply>(topics.SerializerOf<TReply>(), reply.Body);
    }

    public void Take(in TopicDelivery delivery)
    {
        if (delivery.IsMessage)
        {
            delivery.Opening.Use();
            delivery.Opening.Ask(CreditsMax, least: CreditsMax / 2);
            _asked.Take(delivery.Headers, delivery);
        }
    }

    public void End(NexoException? error)
    {
        // It was ended for good; the next request tries anew.
        lock (_gate)
        {
            _opening = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        TopicFeed? feed;
        lock (_gate)
        {
            _closed = true;
            feed = _feed;
        }

        _asked.Close();
        if (feed is not null)
        {
            await feed.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TopicPublishOptions WithReplyTo(TopicPublishOptions options, string correlation) => options with
    {
        Headers =
        [
            .. options.Headers ?? [],
            new(NexoHeaders.ReplyTo, _topic),
            new(NexoHeaders.CorrelationId, correlation),
        ],
    };

    private async ValueTask SendAsync<T>(
        NexoTopics topics, string topic, T body, TopicPublishOptions options, Deadline deadline, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                // Over the connection on which the reply can come, or it might come before the inbox is open again.
                Connection connection = await OpenAsync(deadline, cancel).ConfigureAwait(false);
                TopicPublishResult published = await topics.WithTimeout(deadline.Left)
                    .PublishAsync(topic, body, options, connection, cancel).ConfigureAwait(false);
                if (published is { Receivers: 0, Bindings: 0 })
                {
                    throw new NexoException(
                        ClientErrorCode.NoReceivers, $"Nobody is subscribed to topic '{topic}'.", retryable: true);
                }

                return;
            }
            catch (NexoException error)
                when (error is { Code: ClientErrorCode.ConnectionLost, Retryable: true } && !deadline.IsOver)
            {
                // It was not sent.
                await Task.Delay(Reopening.Pause, client.Time, cancel).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<Connection> OpenAsync(Deadline deadline, CancellationToken cancel)
    {
        Task opening;
        TopicFeed feed;
        lock (_gate)
        {
            if (_closed)
            {
                throw CallErrors.Closed();
            }

            if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _feed = new TopicFeed(client, [_topic], Options, client.Options.RequestTimeout, this);
                _opening = _feed.OpenAsync(CancellationToken.None).AsTask();
            }

            opening = _opening;
            feed = _feed!;
        }

        await opening.WaitAsync(deadline.Left, client.Time, cancel).ConfigureAwait(false);
        return await feed.OpenedOnAsync(cancel).AsTask().WaitAsync(deadline.Left, client.Time, cancel).ConfigureAwait(false);
    }
}
