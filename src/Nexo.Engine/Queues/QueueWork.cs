namespace Nexo.Engine.Queues;

/// <summary>
/// Queues in which something may have become deliverable, gathered by who calls the queues and run when his batch is done:
/// so consumers get what a pipeline has pushed together. Not thread-safe; one for each connection.
/// </summary>
public sealed class QueueWork
{
    private readonly List<Queue> _queues = [];

    /// <summary>True when <see cref="Run"/> has nothing to do.</summary>
    public bool IsEmpty => _queues.Count == 0;

    /// <summary>Delivers what can be, and has the consumers send it.</summary>
    public void Run()
    {
        // An index: a consumer that is flushed may end, and give back its messages.
        for (int i = 0; i < _queues.Count; i++)
        {
            _queues[i].Dispatch();
        }

        _queues.Clear();
    }

    internal void Add(Queue queue)
    {
        if (_queues is not [.., var last] || last != queue)
        {
            if (!_queues.Contains(queue))
            {
                _queues.Add(queue);
            }
        }
    }
}
