namespace Nexo.Engine.Topics;

/// <content>Subscriptions and their filters.</content>
public sealed partial class TopicService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicSubscriber, List<byte[]>> _subscribers = [];

    /// <summary>Begins a subscription: with all filters or, if one is refused, not at all.</summary>
    public TopicStatus Subscribe(
        ITopicSink sink, TopicSubscribeOptions options, TopicFilterList filters, out TopicSubscriber? subscriber)
    {
        ArgumentNullException.ThrowIfNull(sink);
        subscriber = new TopicSubscriber(this, sink, options);
        lock (_gate)
        {
            _subscribers.Add(subscriber, []);
        }

        TopicStatus status = Change(subscriber, filters, default);
        if (status != TopicStatus.Ok)
        {
            Remove(subscriber);
            subscriber = null;
        }

        return status;
    }

    internal TopicStatus Change(TopicSubscriber subscriber, TopicFilterList added, TopicFilterList removed)
    {
        foreach (ReadOnlySpan<byte> filter in added)
        {
            if (!TopicFilter.TryParse(filter, Limits, out TopicFilter parsed) || (parsed.Group.Length > 0 && subscriber.Options.NotOwn))
            {
                return TopicStatus.FilterInvalid;
            }
        }

        lock (_gate)
        {
            if (!_subscribers.TryGetValue(subscriber, out List<byte[]>? filters))
            {
                return TopicStatus.Ok;
            }

            foreach (ReadOnlySpan<byte> filter in removed)
            {
                if (IndexOf(filters, filter) is >= 0 and int at)
                {
                    filters.RemoveAt(at);
                    subscriber.Options.Owner.TryAdd(-1, Limits.FiltersPerOwnerMax);
                }
            }

            foreach (ReadOnlySpan<byte> filter in added)
            {
                if (IndexOf(filters, filter) < 0 && subscriber.Options.Owner.TryAdd(1, Limits.FiltersPerOwnerMax))
                {
                    filters.Add(filter.ToArray());
                }
            }
        }

        return TopicStatus.Ok;
    }

    internal void Remove(TopicSubscriber subscriber)
    {
        lock (_gate)
        {
            if (_subscribers.Remove(subscriber, out List<byte[]>? filters))
            {
                subscriber.Options.Owner.TryAdd(-filters.Count, Limits.FiltersPerOwnerMax);
            }
        }
    }

    internal int FiltersOf(TopicSubscriber subscriber)
    {
        lock (_gate)
        {
            return _subscribers.TryGetValue(subscriber, out List<byte[]>? filters) ? filters.Count : 0;
        }
    }

    internal byte[] FirstFilterOf(TopicSubscriber subscriber)
    {
        lock (_gate)
        {
            return _subscribers.TryGetValue(subscriber, out List<byte[]>? filters) && filters.Count > 0 ? filters[0] : [];
        }
    }

    private TopicRoute Resolve(ReadOnlySpan<byte> topic)
    {
        var receivers = new List<TopicSubscriber>();
        lock (_gate)
        {
            foreach ((TopicSubscriber subscriber, List<byte[]> filters) in _subscribers)
            {
                foreach (byte[] filter in filters)
                {
                    if (TopicRules.Matches(filter, topic))
                    {
                        receivers.Add(subscriber);
                        break;
                    }
                }
            }
        }

        return new TopicRoute(new ReceiverSet([.. receivers]), [], []);
    }

    private static int IndexOf(List<byte[]> filters, ReadOnlySpan<byte> filter)
    {
        for (int i = 0; i < filters.Count; i++)
        {
            if (filter.SequenceEqual(filters[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
