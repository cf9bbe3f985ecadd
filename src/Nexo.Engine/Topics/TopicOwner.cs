namespace Nexo.Engine.Topics;

/// <summary>
/// Who publishes and subscribes, which is a connection: its filters are counted together, and its own messages are known by it.
/// </summary>
public sealed class TopicOwner
{
    private int _filters;
    private TopicOwner? _standsFor;

    /// <summary>Who has published what it publishes: itself, or one that it is a connection of.</summary>
    public TopicOwner StandsFor
    {
        get => Volatile.Read(ref _standsFor) ?? this;
        set => Volatile.Write(ref _standsFor, value);
    }

    /// <summary>Filters of all its subscriptions.</summary>
    public int Filters => Volatile.Read(ref _filters);

    /// <summary>Takes room for so many filters; a negative number gives some back. False: there is none, and none was taken.</summary>
    internal bool TryAdd(int filters, int max)
    {
        if (Interlocked.Add(ref _filters, filters) <= max || filters <= 0)
        {
            return true;
        }

        Interlocked.Add(ref _filters, -filters);
        return false;
    }

    internal void Return(int filters) => Interlocked.Add(ref _filters, -filters);
}
