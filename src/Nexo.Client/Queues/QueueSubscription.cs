using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// One opening of a consumption on one connection. Its credits are the messages that may be unsettled at once, and come back by
/// settling; with auto-ack they are those that may wait here, and the reader gives them back by halves.
/// </summary>
internal sealed class QueueSubscription<T> : Subscription
{
    private readonly Channel<QueueDelivery<T>> _waiting = Channel.CreateUnbounded<QueueDelivery<T>>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NexoQueue _queue;
    private readonly uint _leaseMs;
    private readonly bool _autoAck;
    private volatile bool _abandoned;
    private CreditWindow _window;

    private QueueSubscription(NexoQueue queue, QueueConsumeOptions options, uint leaseMs)
    {
        _queue = queue;
        _window = new CreditWindow(options.Prefetch);
        _autoAck = options.AutoAck;
        _leaseMs = leaseMs;
        Source = new DeliverySource(queue, new LinkedLine<QueueDelivery>());
    }

    public DeliverySource Source { get; }

    /// <summary>Why it ended; null while it lasts and after a normal end.</summary>
    public NexoException? Error { get; private set; }

    /// <summary>Ends when nothing comes any more.</summary>
    public Task Ended => _ended.Task;

    // What comes between STOP and END is leased to this consumer: it must be given back.
    public override bool HearsOut => true;

    public static async ValueTask<QueueSubscription<T>> OpenAsync(
        NexoQueue queue, QueueConsumeOptions options, uint leaseMs, CancellationToken cancel)
    {
        var subscription = new QueueSubscription<T>(queue, options, leaseMs);
        FrameBuffer body = RequestBodies.Rent();
        new QueueConsumeRequest
        {
            Credits = (uint)options.Prefetch,
            Options = options.AutoAck ? ConsumeOptions.SettledByDelivery : ConsumeOptions.SettlingGivesCredit,
            LeaseMs = leaseMs,
            Queue = queue.NameBytes,
        }.Write(body);
        try
        {
            await queue.Client.CallAsync<EmptyReader, bool>(
                new CallRequest
                {
                    Opcode = Opcode.QueueConsume,

                    // One that was opened on a lost connection ended with it, and one that opens too late is stopped.
                    Traits = CallTraits.Idempotent,
                    Body = body,
                    Subscription = subscription,
                },
                default,
                queue.Timeout,
                cancel).ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            subscription.Abandon();
            throw;
        }
    }

    /// <summary>False at the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _waiting.Reader.WaitToReadAsync(cancel);

    /// <summary>Takes the next message that still can be settled.</summary>
    public bool TryTake([NotNullWhen(true)] out QueueDelivery<T>? delivery)
    {
        while (_waiting.Reader.TryRead(out delivery))
        {
            if (_autoAck)
            {
                _window.Release(this);
            }

            if (Source.TryTake(delivery))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks the server to give no more.</summary>
    public void Stop() => Connection?.Stop(this);

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!DeliveryList.TryRead(body, out DeliveryList list))
        {
            return false;
        }

        if (_autoAck && !_window.TryHold((int)list.Count))
        {
            return false;
        }

        var bytes = new MessageBytes(body.Length);
        long leaseUntil = _leaseMs == 0
            ? long.MaxValue
            : _queue.Client.Time.GetTimestamp() + (_leaseMs * _queue.Client.Time.TimestampFrequency / 1_000);
        while (list.TryTake(out DeliveredMessage message))
        {
            var delivery = new QueueDelivery<T>(Source, message, bytes.Own(message.Group, message.Headers, message.Body), _queue.Serializer)
            {
                LeaseMs = _leaseMs,
                LeaseUntil = leaseUntil,
            };
            Source.Add(delivery);
            _waiting.Writer.TryWrite(delivery);
        }

        return true;
    }

    public override void OnEnd(NexoException? error)
    {
        Error = error;
        if (error is not null)
        {
            // The connection is gone, or the server goes, or the queue: no lease can be kept or settled any more. What waits
            // must not be worked on here while it comes again elsewhere, and whoever works on the rest is told.
            Source.LoseAll();
        }
        else if (!_abandoned)
        {
            _ = LoseWithConnectionAsync(Connection!);
        }

        _waiting.Writer.TryComplete();
        _ended.TrySetResult();
        if (_abandoned)
        {
            _ = ReleaseAsync(taken: true).AsTask();
        }
    }

    /// <summary>Nobody is to be told any more when the leases of what was taken are lost.</summary>
    public void Leave() => _left.TrySetResult();

    /// <summary>Gives back what waits here, and what was taken as well if that is asked for. What cannot be given back comes back
    /// when its lease ends, or the connection.</summary>
    public ValueTask ReleaseAsync(bool taken)
    {
        List<QueueDelivery> kept = Source.Kept(taken);
        return kept.Count == 0 ? ValueTask.CompletedTask : ReleaseAsync(kept);
    }

    // Opened, perhaps, after its caller had gone: then it is stopped, and what came is given back at its END.
    private void Abandon()
    {
        _abandoned = true;
        if (_ended.Task.IsCompleted)
        {
            _ = ReleaseAsync(taken: true).AsTask();
        }
    }

    // After a normal end what was taken is still leased, for as long as the connection lasts; it no longer tells this one.
    private async Task LoseWithConnectionAsync(Connection connection)
    {
        if (await Task.WhenAny(connection.Over, _left.Task).ConfigureAwait(false) != _left.Task)
        {
            Source.LoseAll();
        }
    }

    private async ValueTask ReleaseAsync(List<QueueDelivery> kept)
    {
        try
        {
            await SettleBatch.RunAsync(_queue, kept, Settlement.Release, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NexoException)
        {
            // See the summary of the other one.
        }
    }
}
