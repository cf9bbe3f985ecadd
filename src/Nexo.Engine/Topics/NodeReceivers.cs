namespace Nexo.Engine.Topics;

/// <summary>What a filter leads to, if it is more than one subscription.</summary>
internal sealed class NodeReceivers
{
    private int[] _subscribers = [];
    private int _count;

    public ReadOnlySpan<int> Subscribers => _subscribers.AsSpan(0, _count);

    public List<TopicGroup> Groups { get; } = new(0);

    public List<TopicBinding> Bindings { get; } = new(0);

    public bool HasSubscribersOnly => Groups.Count == 0 && Bindings.Count == 0;

    public bool IsEmpty => _count == 0 && HasSubscribersOnly;

    public void Add(int subscriber)
    {
        if (_count == _subscribers.Length)
        {
            Array.Resize(ref _subscribers, Math.Max(2, _count + (_count >> 1)));
        }

        _subscribers[_count++] = subscriber;
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
