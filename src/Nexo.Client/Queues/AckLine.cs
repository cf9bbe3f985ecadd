namespace Nexo.Client;

/// <summary>
/// Acks on their way. One that is alone is sent at once, on its caller's thread; with others under way there is company, and a
/// request is queued to the pool: what is acked until it gets its turn leaves in it. So an ack never waits for a clock, and many
/// share a request and its answer.
/// </summary>
internal sealed class AckLine(DeliverySource source) : IThreadPoolWorkItem
{
    private const int PooledMax = 4;

    private readonly Lock _gate = new();
    private readonly Stack<AckBatch> _pool = new();
    private AckBatch? _filling;
    private int _underWay;
    private bool _scheduled;

    public DeliverySource Source => source;

    public void Add(AckWaiter waiter)
    {
        AckBatch? ready = null;
        bool schedule = false;
        lock (_gate)
        {
            _filling ??= _pool.TryPop(out AckBatch? pooled) ? pooled : new AckBatch(this);
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

        ready?.Send();
        if (schedule)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        AckBatch? ready;
        lock (_gate)
        {
            _scheduled = false;
            ready = TakeFilling();
        }

        ready?.Send();
    }

    /// <summary>A batch was answered.</summary>
    public void Done(AckBatch batch)
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

    private AckBatch? TakeFilling()
    {
        AckBatch? batch = _filling;
        _filling = null;
        if (batch is not null)
        {
            _underWay++;
        }

        return batch;
    }
}
