namespace Nexo.Client;

/// <summary>
/// Acks on their way. One that is alone is sent at once, on its caller's thread; with others under way there is company, and a
/// request is queued to the pool: what is acked until it gets its turn leaves in it. So an ack never waits for a clock, and many
/// share a request and its answer.
/// </summary>
internal sealed class AckLine<TDelivery>(IAckSource<TDelivery> source) : IThreadPoolWorkItem
    where TDelivery : class
{
    private const int PooledMax = 4;

    private readonly Lock _gate = new();
    private readonly Stack<AckBatch<TDelivery>> _pool = new();
    private AckBatch<TDelivery>? _filling;
    private int _underWay;
    private bool _scheduled;

    public IAckSource<TDelivery> Source => source;

    /// <summary>Acks a delivery, which nobody else does.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="cancel">Ends the wait; without it nothing is allocated.</param>
    public ValueTask AckAsync(TDelivery delivery, CancellationToken cancel)
    {
        AckWaiter<TDelivery> waiter = AckWaiter<TDelivery>.Rent(delivery);
        ValueTask acked = waiter.AsValueTask();
        Add(waiter);
        return cancel.CanBeCanceled ? new ValueTask(WaitAsync(acked.AsTask(), cancel)) : acked;
    }

    /// <summary>A batch was answered.</summary>
    public void Done(AckBatch<TDelivery> batch)
    {
        lock (_gate)
        {
            _underWay--;
            if (_pool.Count < PooledMax)
            {
                _pool.Push(batch);
            }
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        AckBatch<TDelivery>? ready;
        lock (_gate)
        {
            _scheduled = false;
            ready = TakeFilling();
        }

        ready?.Send();
    }

    private void Add(AckWaiter<TDelivery> waiter)
    {
        AckBatch<TDelivery>? before = null;
        AckBatch<TDelivery>? ready = null;
        bool schedule = false;
        lock (_gate)
        {
            if (_filling?.Takes(waiter.Delivery) == false)
            {
                before = TakeFilling();
            }

            _filling ??= _pool.TryPop(out AckBatch<TDelivery>? pooled) ? pooled : new AckBatch<TDelivery>(this);
            _filling.Add(waiter);
            if (_filling.IsFull || (_underWay == 0 && !_scheduled))
            {
                ready = TakeFilling();
            }
            else if (!_scheduled)
            {
                schedule = true;
                _scheduled = true;
            }
        }

        before?.Send();
        ready?.Send();
        if (schedule)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private static Task WaitAsync(Task acked, CancellationToken cancel)
    {
        // Whoever was cancelled is not told any more how it ended, and it is nobody else's failure.
        _ = acked.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return acked.WaitAsync(cancel);
    }

    private AckBatch<TDelivery>? TakeFilling()
    {
        AckBatch<TDelivery>? batch = _filling;
        _filling = null;
        if (batch is not null)
        {
            _underWay++;
        }

        return batch;
    }
}
