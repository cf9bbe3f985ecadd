namespace Nexo.Engine.Topics;

/// <summary>What the filters that match a topic lead to, gathered; and the memory that it takes to find it.</summary>
internal sealed class TopicMatch
{
    private int[] _subscribers = new int[16];
    private int[] _nodes = new int[16];
    private int[] _nextNodes = new int[16];
    private int _nextCount;
    private int _count;

    public Span<int> Subscribers => _subscribers.AsSpan(0, _count);

    public List<TopicGroup> Groups { get; } = [];

    public List<TopicBinding> Bindings { get; } = [];

    /// <summary>Filters with subscriptions; of more than one, somebody may be here twice.</summary>
    public int Filters { get; private set; }

    /// <summary>The nodes that the levels up to now have led to.</summary>
    public ReadOnlySpan<int> Nodes => _nodes.AsSpan(0, NodeCount);

    private int NodeCount { get; set; }

    public void Clear()
    {
        _count = 0;
        Filters = 0;
        Groups.Clear();
        Bindings.Clear();
    }

    public void Add(ReadOnlySpan<int> subscribers)
    {
        if (subscribers.IsEmpty)
        {
            return;
        }

        Filters++;
        while (_subscribers.Length - _count < subscribers.Length)
        {
            Array.Resize(ref _subscribers, _subscribers.Length * 2);
        }

        subscribers.CopyTo(_subscribers.AsSpan(_count));
        _count += subscribers.Length;
    }

    /// <summary>In order, each once: so that the same subscriptions are the same list.</summary>
    public void Sort()
    {
        Subscribers.Sort();
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (i == 0 || _subscribers[i] != _subscribers[kept - 1])
            {
                _subscribers[kept++] = _subscribers[i];
            }
        }

        _count = kept;
    }

    /// <summary>Begins at a root.</summary>
    public void Begin(int node)
    {
        NodeCount = 1;
        _nodes[0] = node;
        _nextCount = 0;
    }

    /// <summary>A node of the next level; 0: none.</summary>
    public void Reach(int node)
    {
        if (node == 0)
        {
            return;
        }

        if (_nextCount == _nextNodes.Length)
        {
            Array.Resize(ref _nextNodes, _nextCount * 2);
        }

        _nextNodes[_nextCount++] = node;
    }

    public void NextLevel()
    {
        (_nodes, _nextNodes) = (_nextNodes, _nodes);
        NodeCount = _nextCount;
        _nextCount = 0;
    }
}
