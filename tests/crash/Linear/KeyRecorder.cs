namespace Nexo.Crash.Linear;

/// <summary>The history of one key: events in the order in which the clients saw them. Thread-safe.</summary>
internal sealed class KeyRecorder
{
    private const int RecentMax = 60;

    private readonly Lock _gate = new();
    private readonly LinearChecker _checker = new();
    private readonly Queue<HistoryEvent> _recent = new();
    private readonly List<HistoryEvent> _events = [];

    /// <summary>Calls whose answer is known.</summary>
    public long Answered { get; private set; }

    public void Called(int client, Call call) => Add(new HistoryEvent(EventKind.Called, client, call));

    /// <summary>The call's answer has been filled in.</summary>
    public void Returned(int client, Call call) => Add(new HistoryEvent(EventKind.Returned, client, call));

    /// <summary>The server that had the call is gone.</summary>
    public void Ended(int client, Call call) => Add(new HistoryEvent(EventKind.Ended, client, call));

    /// <summary>
    /// Judges what was recorded since the last time. Null: linearizable, else the events up to the wrong one.
    /// </summary>
    public string? Judge()
    {
        lock (_gate)
        {
            foreach (HistoryEvent happened in _events)
            {
                _recent.Enqueue(happened);
                while (_recent.Count > RecentMax)
                {
                    _recent.Dequeue();
                }

                if (!_checker.Take(happened))
                {
                    return string.Join('\n', _recent);
                }
            }

            _events.Clear();
            return null;
        }
    }

    private void Add(HistoryEvent happened)
    {
        lock (_gate)
        {
            _events.Add(happened);
            Answered += happened.Kind == EventKind.Returned ? 1 : 0;
        }
    }
}
