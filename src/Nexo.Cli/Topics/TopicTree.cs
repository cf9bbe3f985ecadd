namespace Nexo.Cli.Topics;

/// <summary>A topic that was looked at.</summary>
/// <param name="PerSecond">Messages a second since the look before; null: there was none.</param>
internal sealed record TopicLook(string Topic, long Subscriptions, long Messages, long Bytes, double? PerSecond);

/// <summary>A line of the tree.</summary>
/// <param name="Depth">How far it is set in.</param>
/// <param name="Text">The levels that it stands for.</param>
/// <param name="Topics">Topics that it stands for: itself and what is not shown below it.</param>
/// <param name="Subscriptions">Of the topic itself; null: it is none.</param>
/// <param name="Messages">Of all topics at and below it.</param>
/// <param name="PerSecond">Likewise; null: not known yet.</param>
internal sealed record TopicRow(int Depth, string Text, int Topics, long? Subscriptions, long Messages, double? PerSecond);

/// <summary>
/// Topics as a tree by their levels, of which as much is shown as fits: where most messages go, it is opened first.
/// </summary>
internal sealed class TopicTree
{
    private readonly Node _root = new("");

    public TopicTree(IEnumerable<TopicLook> topics)
    {
        foreach (TopicLook topic in topics)
        {
            Node node = _root;
            node.Count(topic);
            foreach (string level in topic.Topic.Split('/'))
            {
                node = node.Child(level);
                node.Count(topic);
            }

            node.Own = topic;
        }
    }

    /// <summary>The lines, from above; at most so many.</summary>
    public IReadOnlyList<TopicRow> Rows(int rowsMax)
    {
        var open = new HashSet<Node> { _root };
        int rows = Math.Min(_root.Children.Count, rowsMax);
        var closed = new PriorityQueue<Node, (double, long)>();
        Enqueue(_root);
        while (closed.TryDequeue(out Node? node, out _))
        {
            if (rows + node.Last.Children.Count <= rowsMax)
            {
                rows += node.Last.Children.Count;
                open.Add(node.Last);
                Enqueue(node.Last);
            }
        }

        var shown = new List<TopicRow>();
        Show(_root, 0);
        return shown;

        void Enqueue(Node parent)
        {
            foreach (Node child in parent.Busiest(rowsMax).Where(child => child.Last.Children.Count > 0))
            {
                // The busiest first: the queue has the least in front.
                closed.Enqueue(child, (-child.PerSecond ?? 0, -child.Messages));
            }
        }

        void Show(Node parent, int depth)
        {
            foreach (Node child in parent.Busiest(rowsMax).OrderBy(child => child.Level, StringComparer.Ordinal))
            {
                bool isOpen = open.Contains(child.Last);
                shown.Add(child.Row(depth, isOpen));
                if (isOpen)
                {
                    Show(child.Last, depth + 1);
                }
            }
        }
    }

    private sealed class Node(string level)
    {
        private readonly Dictionary<string, Node> _children = [];
        private int _topics;

        public string Level => level;

        public Dictionary<string, Node>.ValueCollection Children => _children.Values;

        public TopicLook? Own { get; set; }

        public long Messages { get; private set; }

        public double? PerSecond { get; private set; }

        /// <summary>The end of the levels that are shown as one, because there is nothing beside them.</summary>
        public Node Last => Own is null && _children.Count == 1 ? _children.Values.Single().Last : this;

        private string Text => Last == this ? level : $"{level}/{_children.Values.Single().Text}";

        public Node Child(string name) =>
            _children.TryGetValue(name, out Node? child) ? child : _children[name] = new Node(name);

        public void Count(TopicLook topic)
        {
            _topics++;
            Messages += topic.Messages;
            PerSecond = topic.PerSecond is { } rate ? (PerSecond ?? 0) + rate : PerSecond;
        }

        public IEnumerable<Node> Busiest(int count) => _children.Count <= count
            ? _children.Values
            : _children.Values
                .OrderByDescending(child => child.PerSecond ?? 0)
                .ThenByDescending(child => child.Messages)
                .Take(count);

        public TopicRow Row(int depth, bool isOpen) => new(
            depth, Text, isOpen ? Last.Own is null ? 0 : 1 : _topics, Last.Own?.Subscriptions, Messages, PerSecond);
    }
}
