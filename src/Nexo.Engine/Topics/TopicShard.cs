using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>The filters of some first levels, or those that begin with a wildcard.</summary>
internal sealed class TopicShard(int index, KeyHash hasher, PagePool pool, MemoryBudget budget)
{
    private long _generation;

    public Lock Gate { get; } = new();

    public int Index { get; } = index;

    public FilterTable Table { get; } = new(hasher, new Arena(pool, budget, TopicIndex.PageBytes));

    /// <summary>The service was disposed of: there are no filters, and none can be added. Under the lock.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Another after each change of a filter with wildcards: routes of before are not to be used.</summary>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>The route that was made last: if the next topic has the same, it is not made again. Under the lock.</summary>
    public TopicRoute? LastRoute { get; set; }

    /// <summary>Frees the filters.</summary>
    public void Close()
    {
        lock (Gate)
        {
            if (!IsClosed)
            {
                IsClosed = true;
                Changed();
                Table.Dispose();
            }
        }
    }

    /// <summary>Under the lock.</summary>
    public void Changed()
    {
        Volatile.Write(ref _generation, _generation + 1);
        LastRoute = null;
    }
}
