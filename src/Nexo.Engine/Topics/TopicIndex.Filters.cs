using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <content>Filters come and go.</content>
internal sealed partial class TopicIndex
{
    /// <summary>So many filters of a subscription are sooner looked through than the subscriptions of a filter.</summary>
    public const int FewFilters = 64;

    /// <summary>Where a filter lies, or nowhere: nobody has it.</summary>
    /// <remarks>It stays there while somebody has it.</remarks>
    public FilterPlace Find(in TopicFilter filter)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            return shard.IsClosed
                ? default
                : new FilterPlace(shard.Index, shard.Table.Find(filter.Text, filter.IsWildcard));
        }
    }

    /// <summary>Whether this subscription has the filter.</summary>
    /// <param name="own">The places of all filters that it has.</param>
    public bool Has(FilterPlace place, int subscriber, ReadOnlySpan<FilterPlace> own)
    {
        if (own.Length <= FewFilters)
        {
            return own.Contains(place);
        }

        TopicShard shard = ShardAt(place);
        lock (shard.Gate)
        {
            return !shard.IsClosed && shard.Table.HasSubscriber(place.Node, subscriber);
        }
    }

    /// <summary>Gives a filter a subscription that it does not have.</summary>
    public FilterPlace Add(in TopicFilter filter, int subscriber)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return default;
            }

            int node = shard.Table.FindOrAdd(filter.Text, filter.IsWildcard);
            shard.Table.AddSubscriber(node, subscriber);
            Count(filter.IsWildcard, 1);
            Changed(shard, in filter);
            return new FilterPlace(shard.Index, node);
        }
    }

    /// <summary>Takes a filter away from a subscription that has it.</summary>
    public void Remove(FilterPlace place, int subscriber)
    {
        TopicShard shard = ShardAt(place);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return;
            }

            Changed(shard, place.Node);
            Count(!shard.Table.IsExact(place.Node), -1);
            shard.Table.RemoveSubscriber(place.Node, subscriber);
            shard.Table.Prune(place.Node);
        }
    }

    /// <summary>The group of a shared filter, if it has members.</summary>
    public TopicGroup? FindGroup(in TopicFilter filter)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return null;
            }

            int node = shard.Table.Find(filter.Text, filter.IsWildcard);
            return FindGroup(shard, node, filter.Group);
        }
    }

    /// <summary>Makes somebody a member who is not one.</summary>
    public TopicGroup AddMember(in TopicFilter filter, TopicSubscriber member)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return new TopicGroup(filter.Group.ToArray(), filter.Text.ToArray());
            }

            int node = shard.Table.FindOrAdd(filter.Text, filter.IsWildcard);
            TopicGroup? group = FindGroup(shard, node, filter.Group);
            if (group == null)
            {
                group = new TopicGroup(filter.Group.ToArray(), filter.Text.ToArray());
                shard.Table.ListOf(node).Add(group);
                Interlocked.Increment(ref _groups);
                Changed(shard, in filter);
            }

            group.Add(member);
            Count(filter.IsWildcard, 1);
            return group;
        }
    }

    /// <summary>A member leaves; the group is gone with its last one.</summary>
    public void RemoveMember(TopicGroup group, TopicSubscriber member)
    {
        TopicFilter filter = TopicFilter.Of(group.Filter.Span);
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            group.Remove(member);
            Count(filter.IsWildcard, -1);
            if (group.Count > 0 || shard.IsClosed)
            {
                return;
            }

            Interlocked.Decrement(ref _groups);
            int node = shard.Table.Find(filter.Text, filter.IsWildcard);
            shard.Table.ListOf(node).Remove(group);
            shard.Table.Tidy(node);
            shard.Table.Prune(node);
            Changed(shard, in filter);
        }
    }

    public void AddBinding(in TopicFilter filter, TopicBinding binding)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return;
            }

            int node = shard.Table.FindOrAdd(filter.Text, filter.IsWildcard);
            shard.Table.ListOf(node).Bindings.Add(binding);
            Changed(shard, in filter);
        }
    }

    public void RemoveBinding(in TopicFilter filter, TopicBinding binding)
    {
        TopicShard shard = ShardOf(in filter);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return;
            }

            int node = shard.Table.Find(filter.Text, filter.IsWildcard);
            if (shard.Table.ListAt(node)?.Bindings.Remove(binding) == true)
            {
                shard.Table.Tidy(node);
                shard.Table.Prune(node);
                Changed(shard, in filter);
            }
        }
    }

    /// <summary>The text of the filter that lies there.</summary>
    public byte[] FilterOf(FilterPlace place)
    {
        TopicShard shard = ShardAt(place);
        lock (shard.Gate)
        {
            if (shard.IsClosed)
            {
                return [];
            }

            return shard.Table.FilterOf(place.Node);
        }
    }

    /// <summary>The consistency check, for tests. Nobody else may be at work.</summary>
    /// <returns>How many nodes of filters there are.</returns>
    public int Check()
    {
        int nodes = 0;
        foreach (TopicShard shard in (IEnumerable<TopicShard>)[.. _shards, _wide])
        {
            shard.Table.Check();
            nodes += shard.Table.Count;
        }

        var entries = new List<TopicEntry>();
        ulong next = 0;
        do
        {
            next = _cache.Page(next, int.MaxValue, entries);
        }
        while (next != 0);

        Invariant.Require(entries.Count == _cache.Count, "topics are counted");
        var held = new Dictionary<ReceiverSet, int>();
        long extras = 0;
        foreach (TopicEntry entry in entries)
        {
            extras += (entry.Route?.Groups.Length ?? 0) + (entry.Route?.Bindings.Length ?? 0);
            if (entry.Route is { Receivers: { Items.Length: > 1 } receivers })
            {
                held[receivers] = held.GetValueOrDefault(receivers) + 1;
            }
        }

        _sets.Check(held, extras);
        return nodes;
    }

    private static TopicGroup? FindGroup(TopicShard shard, int node, ReadOnlySpan<byte> name) =>
        node == 0 ? null : shard.Table.ListAt(node)?.FindGroup(name);

    private void Count(bool isWildcard, int change)
    {
        if (isWildcard)
        {
            Interlocked.Add(ref _wildcards, change);
        }
    }

    private TopicShard ShardAt(FilterPlace place) => place.Shard == Shards ? _wide : _shards[place.Shard];

    private TopicShard ShardOf(in TopicFilter filter)
    {
        ReadOnlySpan<byte> first = TopicRules.FirstLevel(filter.Text);
        return first is [(byte)'+'] or [(byte)'#'] ? _wide : _shards[ShardIndexOf(first)];
    }

    private void Changed(TopicShard shard, in TopicFilter filter)
    {
        if (filter.IsWildcard)
        {
            shard.Changed();
        }
        else
        {
            Forget(shard, filter.Text);
        }
    }

    private void Changed(TopicShard shard, int node)
    {
        if (shard.Table.IsExact(node))
        {
            Forget(shard, shard.Table.TextOf(node));
        }
        else
        {
            shard.Changed();
        }
    }

    private void Forget(TopicShard shard, ReadOnlySpan<byte> topic)
    {
        shard.LastRoute = null;
        _cache.Forget(topic, _hasher.Of(topic));
    }
}
