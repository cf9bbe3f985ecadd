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

        if (subscriber.Options.Retained && added.Count > 0)
        {
            var pages = new RetainedPages();
            lock (_retained.Gate)
            {
                Apply(subscriber, added, removed, pages);
                pages.VersionMax = _retained.Version;
            }

            if (!pages.IsEmpty)
            {
                subscriber.Begin(pages);
            }
        }
        else
        {
            Apply(subscriber, added, removed, pages: null);
        }

        return TopicStatus.Ok;
    }

    private void Apply(TopicSubscriber subscriber, TopicFilterList added, TopicFilterList removed, RetainedPages? pages)
    {
        lock (_gate)
        {
            if (!_subscribers.TryGetValue(subscriber, out List<byte[]>? filters))
            {
                return;
            }

            foreach (ReadOnlySpan<byte> filter in removed)
            {
                if (IndexOf(filters, filter) is >= 0 and int at)
                {
                    filters.RemoveAt(at);
                    subscriber.EndRetained(filter);
                    subscriber.Options.Owner.TryAdd(-1, Limits.FiltersPerOwnerMax);
                }
            }

            foreach (ReadOnlySpan<byte> filter in added)
            {
                if (IndexOf(filters, filter) < 0 && subscriber.Options.Owner.TryAdd(1, Limits.FiltersPerOwnerMax))
                {
                    filters.Add(filter.ToArray());
                    pages?.Add(filter);
                }
            }
        }
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

        TopicBinding[] bindings;
        lock (_gate)
        {
            byte[] wanted = topic.ToArray();
            bindings =
            [
                .. _bound.Where(binding => TopicRules.Matches(binding.Filter, wanted))
                    .OrderBy(binding => binding.Target.Number),
            ];
        }

        return new TopicRoute(new ReceiverSet([.. receivers]), [], bindings);
    }

    private readonly List<TopicBinding> _bound = [];

    private void AddBinding(byte[] filter, TopicBinding binding)
    {
        lock (_gate)
        {
            _bound.Add(binding);
        }
    }

    private void RemoveBinding(byte[] filter, TopicBinding binding)
    {
        lock (_gate)
        {
            _bound.Remove(binding);
        }
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
