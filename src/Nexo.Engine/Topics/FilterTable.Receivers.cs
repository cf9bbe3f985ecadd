using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <content>What filters lead to.</content>
internal sealed unsafe partial class FilterTable
{
    private readonly List<NodeReceivers?> _lists = [];
    private readonly Stack<int> _freeLists = new();

    public int SubscriberCount(int id)
    {
        int receivers = _nodes[id].Receivers;
        return receivers >= 0 ? Math.Min(receivers, 1) : _lists[~receivers]!.Subscribers.Length;
    }

    public bool HasSubscriber(int id, int subscriber)
    {
        int receivers = _nodes[id].Receivers;
        return receivers >= 0 ? receivers == subscriber : _lists[~receivers]!.Subscribers.Contains(subscriber);
    }

    /// <summary>Gives the filter a subscription that it does not have.</summary>
    public void AddSubscriber(int id, int subscriber)
    {
        ref FilterNode node = ref _nodes[id];
        if (node.Receivers == 0)
        {
            node.Receivers = subscriber;
        }
        else
        {
            ListOf(id).Add(subscriber);
        }
    }

    /// <summary>Takes a subscription away that the filter has.</summary>
    public void RemoveSubscriber(int id, int subscriber)
    {
        ref FilterNode node = ref _nodes[id];
        if (node.Receivers > 0)
        {
            node.Receivers = 0;
        }
        else
        {
            _lists[~node.Receivers]!.Remove(subscriber);
            Tidy(id);
        }
    }

    /// <summary>The list of a filter that leads to more than a subscription. After taking away from it: <see cref="Tidy"/>.</summary>
    public NodeReceivers ListOf(int id)
    {
        ref FilterNode node = ref _nodes[id];
        if (node.Receivers < 0)
        {
            return _lists[~node.Receivers]!;
        }

        var list = new NodeReceivers();
        if (node.Receivers > 0)
        {
            list.Add(node.Receivers);
        }

        if (!_freeLists.TryPop(out int place))
        {
            place = _lists.Count;
            _lists.Add(null);
        }

        _lists[place] = list;
        node.Receivers = ~place;
        return list;
    }

    /// <summary>The list, if there is one.</summary>
    public NodeReceivers? ListAt(int id) => _nodes[id].Receivers < 0 ? _lists[~_nodes[id].Receivers] : null;

    /// <summary>Drops a list that is not needed any more.</summary>
    public void Tidy(int id)
    {
        ref FilterNode node = ref _nodes[id];
        if (node.Receivers >= 0)
        {
            return;
        }

        int place = ~node.Receivers;
        NodeReceivers list = _lists[place]!;
        if (list.HasSubscribersOnly && list.Subscribers.Length <= 1)
        {
            node.Receivers = list.IsEmpty ? 0 : list.Subscribers[0];
            _lists[place] = null;
            _freeLists.Push(place);
        }
    }

    /// <summary>Gathers what all filters that match a topic lead to.</summary>
    public void Match(ReadOnlySpan<byte> topic, ulong topicHash, TopicMatch match)
    {
        int exact = _nodes[Exact].Children == 0 ? 0 : Find(Exact, topic, topicHash);
        if (exact != 0)
        {
            Collect(exact, match);
        }

        if (_nodes[Root].Children == 0)
        {
            return;
        }

        match.Begin(Root);
        for (ReadOnlySpan<byte> left = topic; match.Nodes.Length > 0;)
        {
            ReadOnlySpan<byte> level = TopicRules.FirstLevel(left);
            ulong hash = _hasher.Of(level);
            foreach (int id in match.Nodes)
            {
                Collect(_nodes[id].Rest, match);
                match.Reach(Find(id, level, hash));
                match.Reach(_nodes[id].Plus);
            }

            match.NextLevel();
            if (level.Length == left.Length)
            {
                break;
            }

            left = left[(level.Length + 1)..];
        }

        foreach (int id in match.Nodes)
        {
            // `a/#` matches `a` too.
            Collect(id, match);
            Collect(_nodes[id].Rest, match);
        }
    }

    /// <summary>The consistency check, for tests.</summary>
    public void Check()
    {
        int[] children = new int[_nodes.Count];
        int count = 0;
        int hashed = 0;
        int texts = 0;
        int lists = 0;
        var free = new HashSet<int>();
        for (int id = _free; id != 0; id = _nodes[id].Next)
        {
            Invariant.Require(free.Add(id), "a free node is listed once");
        }

        for (int id = Root + 1; id < _nodes.Count; id++)
        {
            if (free.Contains(id))
            {
                continue;
            }

            ref FilterNode node = ref _nodes[id];
            ref FilterNode above = ref _nodes[node.Parent];
            count++;
            children[node.Parent]++;
            texts += node.Text == 0 ? 0 : 1;
            lists += node.Receivers < 0 ? 1 : 0;
            Invariant.Require(node.Receivers != 0 || node.Children != 0, "a node leads somewhere");
            Invariant.Require(!free.Contains(node.Parent), "a parent is there");
            Invariant.Require(ListAt(id) is not { IsEmpty: true }, "a list has something");
            if (above.Plus != id && above.Rest != id)
            {
                hashed++;
                Invariant.Require(Find(node.Parent, TextOf(id), _hasher.Of(TextOf(id))) == id, "a node is found");
            }
        }

        for (int id = 0; id < _nodes.Count; id++)
        {
            Invariant.Require(free.Contains(id) || _nodes[id].Children == children[id], "children are counted");
        }

        Invariant.Require(count == Count && hashed == _hashed, "nodes are counted");
        Invariant.Require(texts == _texts.Slots, "texts belong to nodes");
        Invariant.Require(lists == _lists.Count - _freeLists.Count, "lists belong to nodes");
    }

    private void Collect(int id, TopicMatch match)
    {
        int receivers = _nodes[id].Receivers;
        if (receivers > 0)
        {
            match.Add(new ReadOnlySpan<int>(in receivers));
        }
        else if (receivers < 0)
        {
            NodeReceivers list = _lists[~receivers]!;
            match.Add(list.Subscribers);
            list.CopyGroupsTo(match.Groups);
            match.Bindings.AddRange(list.Bindings);
        }
    }
}
