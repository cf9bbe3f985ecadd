namespace Nexo.Engine.Topics;

/// <content>Looking at topics and subscriptions.</content>
public sealed partial class TopicService
{
    /// <summary>Sums over all topics.</summary>
    public TopicStats Stats
    {
        get
        {
            int subscriptions;
            int filters;
            lock (_gate)
            {
                subscriptions = _subscribers.Count;
                filters = _subscribers.Sum(pair => pair.Value.Count);
            }

            return new TopicStats
            {
                Subscriptions = subscriptions,
                Filters = filters,
                Published = Counters.Published,
                PublishedBytes = Counters.PublishedBytes,
                Delivered = Counters.Delivered,
                Dropped = Counters.Dropped,
                Retained = _retained.Count,
                RetainedBytes = _retained.UsedBytes,
                Bindings = _bindings.Count,
                BindingTaken = Volatile.Read(ref _bindingTaken),
                BindingRefused = Volatile.Read(ref _bindingRefused),
            };
        }
    }

    /// <summary>
    /// A page of the topics that were published to lately, without inboxes, in no order that means anything. A page may end early,
    /// even empty, when many were passed over.
    /// </summary>
    /// <param name="filter">Which of them; empty: all.</param>
    /// <param name="cursor">0 for the first page, then what the last one has set; 0 after the last one.</param>
    public TopicStatus ListTopics(ReadOnlySpan<byte> filter, int limit, ref ulong cursor, out IReadOnlyList<TopicSummary> topics)
    {
        topics = [];
        cursor = 0;
        return filter.IsEmpty || (TopicFilter.TryParse(filter, Limits, out TopicFilter parsed) && parsed.Group.IsEmpty)
            ? TopicStatus.Ok
            : TopicStatus.FilterInvalid;
    }

    /// <summary>A page of the subscriptions. A page may end early, even empty, when many were passed over.</summary>
    /// <param name="prefix">Only those with a filter that begins so; empty: all.</param>
    /// <param name="cursor">0 for the first page, then what the last one has set; 0 after the last one.</param>
    public IReadOnlyList<TopicSubscriber> ListSubscribers(ReadOnlySpan<byte> prefix, int limit, ref ulong cursor)
    {
        byte[] wanted = prefix.ToArray();
        cursor = 0;
        lock (_gate)
        {
            return
            [
                .. _subscribers
                    .Where(pair => wanted.Length == 0 || pair.Value.Exists(filter => filter.AsSpan().StartsWith(wanted)))
                    .Select(pair => pair.Key)
                    .Take(limit),
            ];
        }
    }
}
