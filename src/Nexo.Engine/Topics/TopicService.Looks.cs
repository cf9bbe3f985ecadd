using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <content>Looking at topics and subscriptions.</content>
public sealed partial class TopicService
{
    // Topics or filters that one page looks at.
    private const int PageAskedMax = 10_000;

    /// <summary>Sums over all topics.</summary>
    public TopicStats Stats
    {
        get
        {
            return new TopicStats
            {
                Topics = Index.CachedTopics,
                Subscriptions = Index.Subscribers.Count,
                Filters = Volatile.Read(ref _filters),
                WildcardFilters = Index.Wildcards,
                SharedGroups = Index.Groups,
                FilterBytes = Index.FilterBytes,
                Refused = Counters.Refused,
                Unheard = Counters.Unheard,
                WillsPublished = Wills.Published,
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

    /// <summary>What retained messages and filters take of memory.</summary>
    public MemoryUse Memory
    {
        get
        {
            lock (_retained.Gate)
            {
                return _retained.Memory + new MemoryUse(Index.FilterBytes, 0);
            }
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
        TopicFilter wanted = default;
        if (!filter.IsEmpty && (!TopicFilter.TryParse(filter, Limits, out wanted) || !wanted.Group.IsEmpty))
        {
            return TopicStatus.FilterInvalid;
        }

        var page = new List<TopicSummary>();
        var entries = new List<TopicEntry>();
        int asked = 0;
        do
        {
            entries.Clear();
            cursor = Index.Page(cursor, limit - page.Count, entries);
            asked += entries.Count + 1;
            foreach (TopicEntry entry in entries)
            {
                if (!TopicRules.IsInbox(entry.Topic) && (filter.IsEmpty || TopicRules.Matches(wanted.Text, entry.Topic)))
                {
                    page.Add(Summary(entry));
                }
            }
        }
        while (cursor != 0 && page.Count < limit && asked < PageAskedMax);
        topics = page;
        return TopicStatus.Ok;
    }

    /// <summary>A page of the subscriptions. A page may end early, even empty, when many were passed over.</summary>
    /// <param name="prefix">Only those with a filter that begins so; empty: all.</param>
    /// <param name="cursor">0 for the first page, then what the last one has set; 0 after the last one.</param>
    public IReadOnlyList<TopicSubscriber> ListSubscribers(ReadOnlySpan<byte> prefix, int limit, ref ulong cursor)
    {
        var page = new List<TopicSubscriber>();
        int last = Index.Subscribers.Last;
        int asked = 0;
        int id = (int)Math.Min(cursor, int.MaxValue - 1);
        while (id < last && page.Count < limit && asked < PageAskedMax)
        {
            if (Index.Subscribers.At(++id) is not { } subscriber)
            {
                continue;
            }

            asked += subscriber.Filters + 1;
            if (prefix.IsEmpty || subscriber.HasFilterWith(prefix))
            {
                page.Add(subscriber);
            }
        }

        cursor = id < last ? (ulong)id : 0;
        return page;
    }

    private static TopicSummary Summary(TopicEntry entry)
    {
        TopicRoute? route = entry.Route;
        long subscriptions = route == null ? 0 : route.Receivers.Items.Length + route.Groups.Length;
        return new TopicSummary(entry.Topic, subscriptions, entry.Messages, entry.Bytes);
    }
}
