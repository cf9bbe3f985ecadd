namespace Nexo.Engine.Topics;

/// <summary>What a filter leads to, if it is more than one subscription.</summary>
internal sealed class NodeReceivers
{
    // By name: there may be as many as one client has filters.
    private Dictionary<byte[], TopicGroup>? _groups;
    private int[] _subscribers = [];
    private int _count;

    public ReadOnlySpan<int> Subscribers => _subscribers.AsSpan(0, _count);

    public int GroupCount => _groups?.Count ?? 0;

    public List<TopicBinding> Bindings { get; } = new(0);

    public bool HasSubscribersOnly => GroupCount == 0 && Bindings.Count == 0;

    public bool IsEmpty => _count == 0 && HasSubscribersOnly;

    public void Add(int subscriber)
    {
        if (_count == _subscribers.Length)
        {
            Array.Resize(ref _subscribers, Math.Max(2, _count + (_count >> 1)));
        }

        _subscribers[_count++] = subscriber;
    }

    public void Add(TopicGroup group) => (_groups ??= new Dictionary<byte[], TopicGroup>(BytesComparer.Instance)).Add(group.Key, group);

    public void Remove(TopicGroup group) => _groups?.Remove(group.Key);

    public TopicGroup? FindGroup(ReadOnlySpan<byte> name) =>
        _groups != null && _groups.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out TopicGroup? group) ? group : null;

    public void CopyGroupsTo(List<TopicGroup> groups)
    {
        if (GroupCount > 0)
        {
            groups.AddRange(_groups!.Values);
        }
    }

    public void Remove(int subscriber)
    {
        int at = Subscribers.IndexOf(subscriber);
        _subscribers[at] = _subscribers[--_count];
        if (_count < _subscribers.Length / 4)
        {
            Array.Resize(ref _subscribers, _count * 2);
        }
    }
}
