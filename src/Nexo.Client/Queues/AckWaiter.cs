using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Nexo.Client;

/// <summary>Whoever waits for an ack. Pooled: it goes back when the result was taken.</summary>
internal sealed class AckWaiter<TDelivery> : IValueTaskSource
    where TDelivery : class
{
    private const int PooledMax = 1_024;

    private static readonly ConcurrentQueue<AckWaiter<TDelivery>> Pool = new();

    private ManualResetValueTaskSourceCore<bool> _core;

    public TDelivery Delivery { get; private set; } = null!;

    public static AckWaiter<TDelivery> Rent(TDelivery delivery)
    {
        if (!Pool.TryDequeue(out AckWaiter<TDelivery>? waiter))
        {
            waiter = new AckWaiter<TDelivery>();
        }

        waiter.Delivery = delivery;
        return waiter;
    }

    public ValueTask AsValueTask() => new(this, _core.Version);

    /// <summary>Wakes whoever waits.</summary>
    /// <param name="error">Why it failed, if it did.</param>
    /// <param name="inline">Whether the continuation may run here and now; else it is queued to the pool.</param>
    public void Signal(Exception? error, bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        if (error is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(error);
        }
    }

    public void GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The ack has not ended; await it.");
        }

        Delivery = null!;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            if (Pool.Count < PooledMax)
            {
                Pool.Enqueue(this);
            }
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
