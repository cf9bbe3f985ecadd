using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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

    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<QueueDelivery>> _asked = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly NexoQueue<ReadOnlyMemory<byte>> _queue = new(
        client,
        "nexo.reply." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes)),
        RawSerializer.Instance,
        client.Options.RequestTimeout);

    private Task? _opening;
    private Task _run = Task.CompletedTask;
    private long _lastId;
    private bool _closed;

    /// <summary>Pushes a reply to where the headers of a message say.</summary>
    public static ValueTask<QueuePushResult> SendAsync<TReply>(
        DeliverySource source, QueueHeaders headers, TReply reply, CancellationToken cancel)
    {
        if (headers[QueueHeaders.ReplyTo] is not { Length: > 0 } replyTo)
        {
            throw new InvalidOperationException("The message asks for no reply: it has no header 'reply-to'.");
        }

        var answer = new QueuePushOptions
        {
            Headers = headers[QueueHeaders.CorrelationId] is { } correlation
                ? [new(QueueHeaders.CorrelationId, correlation)]
                : null,
        };
        NexoClient client = source.Client;
        return new NexoQueue<TReply>(client, replyTo, client.Options.Serializer, source.Timeout)
            .PushAsync(reply, answer, cancel);
    }

    public async ValueTask<TReply> AskAsync<T, TReply>(
        NexoQueue<T> queue, T body, QueuePushOptions options, TimeSpan deadline, CancellationToken cancel)
    {
        long started = client.Time.GetTimestamp();
        ulong id = (ulong)Interlocked.Increment(ref _lastId);
        var asked = new TaskCompletionSource<QueueDelivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = asked;
        try
        {
            await OpenAsync(deadline, cancel).ConfigureAwait(false);
            await queue.WithTimeout(Left(deadline, started))
                .PushAsync(body, WithReplyTo(options, id, deadline), cancel).ConfigureAwait(false);
            QueueDelivery reply = await asked.Task.WaitAsync(Left(deadline, started), client.Time, cancel)
                .ConfigureAwait(false);
            return Values.ReadOwned<TReply>(client.Options.Serializer, reply.RawBody);
        }
        catch (TimeoutException)
        {
            throw new NexoException(
                ClientErrorCode.DeadlineExceeded,
                $"No reply to a request in queue '{queue.Name}' came within {deadline}. It may be worked on all the same.",
                retryable: false);
        }
        finally
        {
            _asked.TryRemove(id, out _);
        }
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

        await _closing.CancelAsync().ConfigureAwait(false);
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private TimeSpan Left(TimeSpan deadline, long started)
    {
        if (deadline == Timeout.InfiniteTimeSpan)
        {
            return deadline;
        }

        TimeSpan left = deadline - client.Time.GetElapsedTime(started);
        return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private QueuePushOptions WithReplyTo(QueuePushOptions options, ulong id, TimeSpan deadline) => options with
    {
        // A request that nobody waits for any more is not worked on. It is a dead letter then: the server knows no other end.
        Ttl = options.Ttl ?? (deadline == Timeout.InfiniteTimeSpan ? null : deadline),
        Headers =
        [
            .. options.Headers ?? [],
            new(QueueHeaders.ReplyTo, _queue.Name),
            new(QueueHeaders.CorrelationId, id.ToString(CultureInfo.InvariantCulture)),
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
                    Take(reply);
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

    private void Take(QueueDelivery reply)
    {
        if (reply.Headers.TryGetBytes(QueueHeaders.CorrelationId, out ReadOnlyMemory<byte> correlation)
            && ulong.TryParse(Encoding.UTF8.GetString(correlation.Span), CultureInfo.InvariantCulture, out ulong id)
            && _asked.TryGetValue(id, out TaskCompletionSource<QueueDelivery>? asked))
        {
            asked.TrySetResult(reply);
        }
    }
}
