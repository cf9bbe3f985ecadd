namespace Nexo.Engine.Queues;

/// <summary>
/// Queues in which something may have become deliverable, gathered by who calls the queues and run when his batch is done:
/// so consumers get what a pipeline has pushed together. Not thread-safe; one for each connection.
/// </summary>
public sealed class QueueWork
{
    private const int NotRunning = -1;

    private readonly List<Queue> _queues = [];
    private readonly List<IQueueSink> _touched = [];
    private readonly List<QueueWaiter> _woken = [];
    private int _at = NotRunning;

    /// <summary>True when <see cref="Run"/> has nothing to do.</summary>
    public bool IsEmpty => _queues.Count == 0 && _woken.Count == 0;

    /// <summary>Delivers what can be, and has the consumers send it. What is noted meanwhile is run too.</summary>
    public void Run()
    {
        if (_at != NotRunning)
        {
            // Called by a consumer that is being flushed, or woken: the run that is going on sees to it.
            return;
        }

        try
        {
            _at = 0;
            Flush();
            for (; _at < _queues.Count; _at++)
            {
                _queues[_at].Dispatch(this);
            }
        }
        finally
        {
            _queues.Clear();
            _at = NotRunning;
        }
    }

    internal void Add(Queue queue)
    {
        // While it is run, a queue that was dispatched already comes once more behind the others.
        if (_queues.IndexOf(queue, Math.Min(_at + 1, _queues.Count)) < 0)
        {
            _queues.Add(queue);
        }
    }

    /// <summary>A consumer was delivered to and is to be flushed.</summary>
    internal void Touch(IQueueSink sink) => _touched.Add(sink);

    internal void Wake(QueueWaiter waiter) => _woken.Add(waiter);

    /// <summary>Flushes and wakes whom the last hold of a lock has touched; without any lock.</summary>
    internal void Flush()
    {
        for (int i = 0; i < _touched.Count; i++)
        {
            _touched[i].Flush();
        }

        _touched.Clear();
        for (int i = 0; i < _woken.Count; i++)
        {
            _woken[i].Ready();
        }

        _woken.Clear();
    }
}
