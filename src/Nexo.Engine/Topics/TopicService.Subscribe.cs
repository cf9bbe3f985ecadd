namespace Nexo.Engine.Topics;

/// <content>Subscriptions and their filters.</content>
public sealed partial class TopicService
{
    private int _filters;

    /// <summary>Begins a subscription: with all filters or, if one is refused, not at all.</summary>
    public TopicStatus Subscribe(
        ITopicSink sink, TopicSubscribeOptions options, TopicFilterList filters, out TopicSubscriber? subscriber)
    {
        ArgumentNullException.ThrowIfNull(sink);
        subscriber = new TopicSubscriber(this, sink, options);
        TopicStatus status = subscriber.Change(filters, default);
        if (status != TopicStatus.Ok)
        {
            subscriber.Dispose();
            subscriber = null;
        }

        return status;
    }

    /// <summary>Takes room for so many filters; a negative number gives some back. False: there is none, and none was taken.</summary>
    internal bool TryTakeFilters(TopicOwner owner, int count)
    {
        if (Interlocked.Add(ref _filters, count) > Limits.FiltersMax && count > 0)
        {
            Interlocked.Add(ref _filters, -count);
            return false;
        }

        if (owner.TryAdd(count, Limits.FiltersPerOwnerMax))
        {
            return true;
        }

        Interlocked.Add(ref _filters, -count);
        return false;
    }

    /// <summary>Gives room back.</summary>
    internal void ReturnFilters(TopicOwner owner, int count)
    {
        Interlocked.Add(ref _filters, -count);
        owner.Return(count);
    }

    private void AddBinding(ReadOnlySpan<byte> filter, TopicBinding binding) =>
        Index.AddBinding(TopicFilter.Of(filter), binding);

    private void RemoveBinding(ReadOnlySpan<byte> filter, TopicBinding binding) =>
        Index.RemoveBinding(TopicFilter.Of(filter), binding);
}
