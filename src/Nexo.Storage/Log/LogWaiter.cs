using System.Threading.Tasks.Sources;

namespace Nexo.Storage;

/// <summary>
/// Somebody who waits, reused when he has been told. Those who are told together are linked, and told by the thread
/// pool in one piece of work, which is the first of them: no allocation for a wait.
/// </summary>
internal sealed class LogWaiter(LogWaiters pool) : IValueTaskSource, IThreadPoolWorkItem
{
    private readonly LogWaiters _pool = pool;
    private ManualResetValueTaskSourceCore<bool> _core;

    /// <summary>What he waits for.</summary>
    public ulong Position { get; set; }

    public LogWaiter? Next { get; set; }

    /// <summary>What to tell him; null: it is as he wished.</summary>
    public Exception? Outcome { get; set; }

    public ValueTask Task => new(this, _core.Version);

    /// <summary>Tells this one and all that are linked to it.</summary>
    public void Execute()
    {
        LogWaiter? waiter = this;
        while (waiter is not null)
        {
            // Read before he is told: then he may be somebody else already.
            LogWaiter? next = waiter.Next;
            waiter.Tell();
            waiter = next;
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Next = null;
            Outcome = null;
            _pool.Return(this);
        }
    }

    private void Tell()
    {
        if (Outcome is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(Outcome);
        }
    }
}
