namespace Nexo.Engine.Sessions;

/// <summary>Sessions without a connection by when they end, the first on top. Guarded by the service's lock.</summary>
internal sealed class SessionHeap
{
    private readonly List<Session> _items = [];

    public int Count => _items.Count;

    /// <summary>The one that ends first; null: there is none.</summary>
    public Session? First => _items.Count == 0 ? null : _items[0];

    public void Add(Session session)
    {
        session.HeapPlace = _items.Count;
        _items.Add(session);
        Rise(session.HeapPlace);
    }

    /// <summary>Nothing if it is not there.</summary>
    public void Remove(Session session)
    {
        int at = session.HeapPlace;
        if (at < 0)
        {
            return;
        }

        session.HeapPlace = -1;
        Session last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        if (last != session)
        {
            Place(at, last);
            Rise(at);
            Sink(last.HeapPlace);
        }
    }

    public void Check()
    {
        for (int i = 0; i < _items.Count; i++)
        {
            Memory.Invariant.Require(_items[i].HeapPlace == i, "a session knows its place");
            Memory.Invariant.Require(
                _items[(i - 1) / 2].DeadlineMs <= _items[i].DeadlineMs, "what is above ends before");
        }
    }

    private void Rise(int at)
    {
        Session session = _items[at];
        while (at > 0 && _items[(at - 1) / 2].DeadlineMs > session.DeadlineMs)
        {
            Place(at, _items[(at - 1) / 2]);
            at = (at - 1) / 2;
        }

        Place(at, session);
    }

    private void Sink(int at)
    {
        Session session = _items[at];
        while ((at * 2) + 1 < _items.Count)
        {
            int child = (at * 2) + 1;
            child += child + 1 < _items.Count && _items[child + 1].DeadlineMs < _items[child].DeadlineMs ? 1 : 0;
            if (_items[child].DeadlineMs >= session.DeadlineMs)
            {
                break;
            }

            Place(at, _items[child]);
            at = child;
        }

        Place(at, session);
    }

    private void Place(int at, Session session)
    {
        _items[at] = session;
        session.HeapPlace = at;
    }
}
