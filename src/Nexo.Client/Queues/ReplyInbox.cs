using System.Security.Cryptography;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Where the replies to a client's requests come: one queue of its own, made when it is first asked for something, and one consumer
/// of it. The queue keeps nothing on disk, and goes by itself when the client has been away for a minute.
/// </summary>
internal sealed class ReplyInbox(NexoClient client) : IAsyncDisposable
{
    private const int NameBytes = 16;
    private const int Prefetch = 256;

    private static readonly TimeSpan UnusedFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReopenPause = TimeSpan.FromMilliseconds(100);

    private readonly PendingReplies<QueueDelivery> _asked = new(client.Time);
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly NexoQueue<ReadOnlyMemory<byte>> _queue = new(
        client,
        "nexo.reply." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes)),
        RawSerializer.Instance,
        client.Options.RequestTimeout);

    private Task? _opening;
    private Task _run = Task.CompletedTask;
    private bool _closed;

    /// <summary>Pushes a reply to where the headers of a message say.</summary>
    public static ValueTask<QueuePushResult> SendAsync<TReply>(
        DeliverySource source, NexoHeaders headers, TReply reply, CancellationToken cancel)
    {
        if (headers[NexoHeaders.ReplyTo] is not { Length: > 0 } replyTo)
        {
            throw new InvalidOperationException("The message asks for no reply: it has no header 'reply-to'.");
        }

        KeyValuePair<string, string>[]? answerHeaders = headers[NexoHeaders.CorrelationId] is { } correlation
            ? [new(NexoHeaders.CorrelationId, correlation)]
            : null;
        NexoClient client = source.Client;
        if (replyTo.StartsWith(TopicInbox.Prefix, StringComparison.Ordinal))
        {
            return PublishAsync(client.Topics.WithTimeout(source.Timeout), replyTo, reply, answerHeaders, cancel);
        }

        var answer = new QueuePushOptions { Headers = answerHeaders };
        return new NexoQueue<TReply>(client, replyTo, client.Options.Serializer, source.Timeout)
            .PushAsync(reply, answer, cancel);
    }

    public async ValueTask<TReply> AskAsync<T, TReply>(
        NexoQueue<T> queue, T body, QueuePushOptions options, TimeSpan timeout, CancellationToken cancel)
    {
        var deadline = new Deadline(timeout, client.Time);
        QueueDelivery reply = await _asked.AskAsync(
            async correlation =>
            {
                await OpenAsync(deadline.Left, cancel).ConfigureAwait(false);
                await queue.WithTimeout(deadline.Left)
                    .PushAsync(body, WithReplyTo(options, correlation, timeout), cancel).ConfigureAwait(false);
            },
            $"in queue '{queue.Name}'",
            deadline,
            cancel).ConfigureAwait(false);
        return Values.ReadOwned<TReply>(client.Options.Serializer, reply.RawBody);
    }

    public async ValueTask DisposeAsync()
    {
        Task run;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            run = _run;
        }

        _asked.Close();
        await _closing.CancelAsync().ConfigureAwait(false);
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    /// <summary>A request to a topic came to a queue by a binding: whoever asked listens to a topic.</summary>
    private static async ValueTask<QueuePushResult> PublishAsync<TReply>(
        NexoTopics topics, string replyTo, TReply reply, KeyValuePair<string, string>[]? headers, CancellationToken cancel)
    {
        TopicPublishResult published = await topics
            .PublishAsync(replyTo, reply, new() { Headers = headers }, cancel).ConfigureAwait(false);
        return published.Receivers > 0
            ? new QueuePushResult(PushOutcome.Accepted, 0)
            : throw new NexoException(ClientErrorCode.NoReceivers, "Whoever asked has gone.", retryable: false);
    }

    private QueuePushOptions WithReplyTo(QueuePushOptions options, string correlation, TimeSpan deadline) => options with
    {
        // A request that nobody waits for any more is not worked on. It is a dead letter then: the server knows no other end.
        Ttl = options.Ttl ?? (deadline == Timeout.InfiniteTimeSpan ? null : deadline),
        Headers =
        [
            .. options.Headers ?? [],
            new(NexoHeaders.ReplyTo, _queue.Name),
            new(NexoHeaders.CorrelationId, correlation),
        ],
    };

    /// <summary>Makes the queue and begins to consume it, once; one that failed is tried again by the next who asks.</summary>
    private async ValueTask OpenAsync(TimeSpan deadline, CancellationToken cancel)
    {
        Task opening;
        lock (_gate)
        {
            if (_closed)
            {
                throw CallErrors.Closed();
            }

            if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _opening = DeclareAsync();
            }

            opening = _opening;
        }

        await opening.WaitAsync(deadline, client.Time, cancel).ConfigureAwait(false);
        lock (_gate)
        {
            if (_run.IsCompleted && !_closed)
            {
                _run = RunAsync();
            }
        }
    }

    private async Task DeclareAsync() => await _queue.DeclareAsync(
        new QueueOptions { Durability = Durability.Memory, MessageTtl = UnusedFor, UnusedFor = UnusedFor },
        _closing.Token).ConfigureAwait(false);

    private async Task RunAsync()
    {
        var options = new QueueConsumeOptions { AutoAck = true, Prefetch = Prefetch };
        while (true)
        {
            try
            {
                await foreach (QueueDelivery<ReadOnlyMemory<byte>> reply in _queue.ConsumeAsync(options, _closing.Token)
                    .ConfigureAwait(false))
                {
                    _asked.Take(reply.Headers, reply);
                }
            }
            catch (NexoException error) when (error.Retryable || error.Code == ErrorCode.QueueNotFound)
            {
                // Away for too long: the queue has gone, and is made again. Whoever waits runs into the deadline.
                await Task.Delay(ReopenPause, client.Time, _closing.Token).ConfigureAwait(false);
                await DeclareAgainAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task DeclareAgainAsync()
    {
        try
        {
            await DeclareAsync().ConfigureAwait(false);
        }
        catch (NexoException error) when (error.Retryable)
        {
            // Consuming fails too, then, and leads here again.
        }
    }
}
