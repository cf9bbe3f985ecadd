namespace Nexo.Storage;

/// <summary>
/// Those who wait for a position to be reached. One lock, held for a few instructions; never together with another one.
/// </summary>
internal sealed class LogWaiters
{
    private const int PooledMax = 1_024;
    private readonly Lock _gate = new();
    private readonly Stack<LogWaiter> _pool = new();
    private readonly List<LogWaiter> _waiting = [];
    private readonly bool _inline;
    private ulong _reached;
    private ulong _wanted;
    private Exception? _end;

    /// <param name="inline">Tell on the thread that calls <see cref="Reach"/>: for tests.</param>
    public LogWaiters(ulong reached, bool inline)
    {
        _reached = reached;
        _inline = inline;
    }

    public ulong Reached => Volatile.Read(ref _reached);

    /// <summary>The highest position that anybody has waited for.</summary>
    public ulong Wanted => Volatile.Read(ref _wanted);

    /// <summary>Completes when the position is reached; fails if that will not be.</summary>
    public ValueTask WaitAsync(ulong position, out bool waits)
    {
        waits = false;
        if (position <= Reached)
        {
            return ValueTask.CompletedTask;
        }

        lock (_gate)
        {
            if (position <= _reached)
            {
                return ValueTask.CompletedTask;
            }

            if (_end is not null)
            {
                return ValueTask.FromException(_end);
            }

            LogWaiter waiter = _pool.TryPop(out LogWaiter? pooled) ? pooled : new LogWaiter(this);
            waiter.Position = position;
            _waiting.Add(waiter);
            waits = true;
            if (position > _wanted)
            {
                Volatile.Write(ref _wanted, position);
            }

            return waiter.Task;
        }
    }

    /// <summary>Tells those who wait for this position or an earlier one.</summary>
    public void Reach(ulong position)
    {
        LogWaiter? first;
        lock (_gate)
        {
            Volatile.Write(ref _reached, Math.Max(_reached, position));
            first = Take(_reached, outcome: null);
        }

        Tell(first);
    }

    /// <summary>Tells everybody that waits now or later that it will not be.</summary>
    public void End(Exception outcome)
    {
        LogWaiter? first;
        lock (_gate)
        {
            _end ??= outcome;
            first = Take(ulong.MaxValue, _end);
        }

        Tell(first);
    }

    internal void Return(LogWaiter waiter)
    {
        lock (_gate)
        {
            if (_pool.Count < PooledMax)
            {
                _pool.Push(waiter);
            }
        }
    }

    // Links those whose position is reached, in the order in which they came.
    private LogWaiter? Take(ulong reached, Exception? outcome)
    {
        LogWaiter? first = null;
        LogWaiter? last = null;
        int kept = 0;
        for (int i = 0; i < _waiting.Count; i++)
        {
            LogWaiter waiter = _waiting[i];
            if (waiter.Position > reached)
            {
                _waiting[kept++] = waiter;
                continue;
            }

            waiter.Outcome = outcome;
            if (last is null)
            {
                first = waiter;
            }
            else
            {
                last.Next = waiter;
            }

            last = waiter;
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
        return first;
    }

    private void Tell(LogWaiter? first)
    {
        if (first is null)
        {
            return;
        }

        if (_inline)
        {
            first.Execute();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(first, preferLocal: false);
        }
    }
}
