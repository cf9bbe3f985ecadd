using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// Taking messages of a queue for as long as it takes: opens a subscription, opens it again when its connection is lost, and keeps
/// the leases of what waits here alive, and of what was taken if that is asked for. For one reader.
/// </summary>
internal sealed class QueueConsumption<T> : IAsyncDisposable
{
    private const int PrefetchMax = 100_000;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeaseUnlessKnown = TimeSpan.FromSeconds(30);

    private readonly NexoQueue<T> _queue;
    private readonly QueueConsumeOptions _options;
    private readonly TimeProvider _time;
    private QueueSubscription<T> _subscription = null!;
    private ITimer? _keeper;
    private volatile bool _stopped;

    private QueueConsumption(NexoQueue<T> queue, QueueConsumeOptions options)
    {
        _queue = queue;
        _options = options;
        _time = queue.Client.Time;
    }

    public static async ValueTask<QueueConsumption<T>> OpenAsync(
        NexoQueue<T> queue, QueueConsumeOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Prefetch, 1, nameof(options.Prefetch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Prefetch, PrefetchMax, nameof(options.Prefetch));
        var consumption = new QueueConsumption<T>(queue, options);
        await consumption.SubscribeAsync(cancel).ConfigureAwait(false);
        return consumption;
    }

    /// <summary>Waits for a message; false once it was stopped. Lost connections are bridged.</summary>
    /// <exception cref="NexoException">The server ended it for good.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancel)
    {
        while (!await _subscription.WaitAsync(cancel).ConfigureAwait(false))
        {
            if (_stopped)
            {
                return false;
            }

            if (_subscription.Error is { Retryable: false } refused)
            {
                throw refused;
            }

            await Reopening.UntilDoneAsync(SubscribeAsync, _time, cancel).ConfigureAwait(false);
        }

        return true;
    }

    public bool TryTake([NotNullWhen(true)] out QueueDelivery<T>? delivery) => _subscription.TryTake(out delivery);

    /// <summary>Takes no more, and gives back what waits here. What was taken stays leased, and is extended further if that was
    /// asked for.</summary>
    public async ValueTask StopAsync()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        _subscription.Stop();
        if (_options.AutoAck)
        {
            return;
        }

        try
        {
            // What is on its way comes before the end, and is given back with the rest.
            await _subscription.Ended.WaitAsync(StopTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The server no longer answers; its leases end by themselves.
        }

        await _subscription.ReleaseAsync(taken: false).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (_keeper is not null)
        {
            await _keeper.DisposeAsync().ConfigureAwait(false);
        }

        if (_options.ReleaseAtEnd)
        {
            await _subscription.ReleaseAsync(taken: true).ConfigureAwait(false);
        }

        _subscription.Leave();
    }

    private async ValueTask SubscribeAsync(CancellationToken cancel)
    {
        // The lease is asked for by its length, so that it is known how often to extend it, also when the definition changes.
        TimeSpan? lease = _options.Lease;
        if (lease is null && !_options.AutoAck)
        {
            lease = await LeaseOfQueueAsync(cancel).ConfigureAwait(false);
        }

        uint leaseMs = WireTimes.MillisecondsShort(lease ?? TimeSpan.Zero, nameof(_options.Lease));
        _subscription = await QueueSubscription<T>.OpenAsync(_queue, _options, leaseMs, cancel).ConfigureAwait(false);
        if (!_options.AutoAck)
        {
            _keeper ??= _time.CreateTimer(
                static state => _ = ((QueueConsumption<T>)state!).KeepAsync(),
                this,
                System.Threading.Timeout.InfiniteTimeSpan,
                System.Threading.Timeout.InfiniteTimeSpan);
            TimeSpan period = (lease ?? LeaseUnlessKnown) / 3;
            _keeper.Change(period, period);
        }
    }

    /// <summary>Null when there is no such queue: consuming may make it, with the defaults.</summary>
    private async ValueTask<TimeSpan?> LeaseOfQueueAsync(CancellationToken cancel)
    {
        try
        {
            QueueDefinition definition = await _queue.DescribeAsync(cancel).ConfigureAwait(false);
            return definition.Options.Lease;
        }
        catch (NexoException error) when (error.Code == ErrorCode.QueueNotFound)
        {
            return null;
        }
    }

    /// <summary>Extends leases every third of their length; one that could not be extended in time is lost.</summary>
    private async Task KeepAsync()
    {
        try
        {
            DeliverySource source = _subscription.Source;
            long now = _time.GetTimestamp();
            List<QueueDelivery> kept = source.Kept(taken: true);
            List<QueueDelivery> over = kept.FindAll(delivery => delivery.LeaseUntil < now);
            if (over.Count > 0)
            {
                source.Lose(over);
            }

            List<QueueDelivery> extended = source.Kept(_options.KeepLeases);
            foreach (QueueDelivery[] some in extended.Chunk(SettleBatch.RequestMax))
            {
                await ExtendAsync(source, some).ConfigureAwait(false);
            }
        }
        catch (NexoException)
        {
            // The next turn tries again; what cannot be extended in time is lost.
        }
    }

    private async ValueTask ExtendAsync(DeliverySource source, QueueDelivery[] deliveries)
    {
        var codes = new ErrorCode[deliveries.Length];
        uint leaseMs = deliveries[0].LeaseMs;
        await LeaseExtension.SendAsync(_queue, deliveries, codes, leaseMs, CancellationToken.None).ConfigureAwait(false);
        List<QueueDelivery> lost = [.. deliveries.Where((_, i) => codes[i] == ErrorCode.LeaseLost)];
        if (lost.Count > 0)
        {
            source.Lose(lost);
        }
    }
}
