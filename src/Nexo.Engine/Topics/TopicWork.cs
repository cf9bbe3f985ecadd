namespace Nexo.Engine.Topics;

/// <summary>
/// Messages that were published and are to be delivered, gathered by who publishes and run when his batch is done: so a subscription
/// takes what a pipeline has published at once, and is flushed once. Used by one thread at a time; one for each connection.
/// </summary>
/// <param name="batch">Handed to <see cref="ITopicTargets.Push"/> with what bindings take.</param>
public sealed class TopicWork(object? batch = null)
{
    private const int EntriesAtFirst = 8;
    private const int EntriesKept = 1_024;

    private const int TurnBits = 32;

    // What is large is copied for each of its receivers before one of them is flushed: so much more counts as one more of them.
    private const int BytesPerReceiver = 64 * 1_024;

    private static long _works;

    private readonly TopicBuffer _messages = new();
    private readonly List<TopicSubscriber> _touched = [];
    private Entry[] _entries = [];
    private TopicRun? _run;
    private TopicService? _service;

    // Where the fan-out stands: the run that is delivered, the next of its receivers, then of its messages for shared groups.
    private int _at;
    private int _end;
    private int _receiver;
    private int _room;

    // Another for each turn of any work: who bears it was touched in this turn, and is in the list of it.
    private long _turn = Interlocked.Increment(ref _works) << TurnBits;
    private TopicEntry? _counted;
    private long _countedMessages;
    private long _countedBytes;
    private long _published;
    private long _publishedBytes;
    private long _delivered;
    private long _dropped;

    /// <summary>What is set going beside, when the batch is done.</summary>
    public object? Batch { get; } = batch;

    /// <summary>True when <see cref="Run"/> has nothing to do.</summary>
    public bool IsEmpty => _messages.Count == 0 && _counted == null;

    /// <summary>
    /// Delivers, to <see cref="TopicLimits.FanOutMax"/> subscriptions or a few more, fewer if it is much, and flushes them.
    /// </summary>
    /// <returns>True: there are others. To be called again, by any thread, before anything more is published with it.</returns>
    public bool Run()
    {
        if (IsEmpty)
        {
            return false;
        }

        AddCounts();
        if (_messages.Count == 0)
        {
            return false;
        }

        _run ??= new TopicRun(_messages);
        _room = _service!.Limits.FanOutMax;
        _turn++;
        bool more = RunTurn();
        Flush();
        _service.Counters.AddDelivered(_delivered, _dropped);
        _delivered = 0;
        _dropped = 0;
        if (!more)
        {
            Clear();
        }

        return more;
    }

    /// <summary>Takes a message that goes somewhere.</summary>
    internal void Add(TopicService service, TopicRoute route, in TopicMessage message)
    {
        _service = service;
        int index = _messages.Count;
        if (index == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(EntriesAtFirst, index * 2));
        }

        _messages.Add(in message);
        _entries[index] = new Entry(route, message.Publisher);
    }

    /// <summary>A message of a topic was published: counted in sums while the topic is the same.</summary>
    internal void Count(TopicService service, TopicEntry topic, int bytes)
    {
        if (!ReferenceEquals(topic, _counted))
        {
            AddCountsOfTopic();
            _service = service;
            _counted = topic;
        }

        _countedMessages++;
        _countedBytes += bytes;
    }

    /// <summary>A member of a shared group takes the run that it is given.</summary>
    internal void Deliver(TopicSubscriber to, TopicRun run)
    {
        int count = run.Count;
        int dropped = to.Sink.Deliver(run);
        to.Count(count, dropped);
        _delivered += count;
        _dropped += dropped;
        if (to.Turn != _turn)
        {
            // Another work may have put its own number there meanwhile: then it is flushed twice, never not at all.
            to.Turn = _turn;
            _touched.Add(to);
        }
    }

    private bool RunTurn()
    {
        while (_at < _messages.Count)
        {
            if (_end == _at)
            {
                _end = EndOfRun();
                _receiver = 0;
            }

            if (DeliverToReceivers() || DeliverToGroups())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Neighbours with the same receivers and the same publisher, who may be one of them.</summary>
    private int EndOfRun()
    {
        Entry first = _entries[_at];
        int end = _at + 1;
        while (end < _messages.Count
            && ReferenceEquals(_entries[end].Route.Receivers, first.Route.Receivers)
            && ReferenceEquals(_entries[end].Publisher, first.Publisher))
        {
            end++;
        }

        return end;
    }

    /// <summary>True: the turn is over before all have it.</summary>
    private bool DeliverToReceivers()
    {
        TopicSubscriber[] receivers = _entries[_at].Route.Receivers.Items;
        if (_receiver == receivers.Length)
        {
            return false;
        }

        if (_room <= 0)
        {
            return true;
        }

        TopicOwner? publisher = _entries[_at].Publisher;
        int cost = CostOf(_at, _end - _at);
        int until = (int)Math.Min(receivers.Length, (long)_receiver + Math.Max(1, _room / cost));
        _room -= (until - _receiver) * cost;
        _run!.Begin(_at, _end - _at);
        for (int i = _receiver; i < until; i++)
        {
            TopicSubscriber to = receivers[i];
            if (!to.IsOwn(publisher))
            {
                Deliver(to, _run);
            }
        }

        _receiver = until;
        return until < receivers.Length;
    }

    private bool DeliverToGroups()
    {
        for (; _at < _end; _at++)
        {
            TopicGroup[] groups = _entries[_at].Route.Groups;
            if (groups.Length > 0 && _room <= 0)
            {
                return true;
            }

            foreach (TopicGroup group in groups)
            {
                _run!.Begin(_at, 1, group);
                if (!group.Deliver(_run, this))
                {
                    _delivered++;
                    _dropped++;
                }

                _room -= CostOf(_at, 1);
            }
        }

        return false;
    }

    private int CostOf(int from, int count) => 1 + (_messages.BytesOf(from, count) / BytesPerReceiver);

    private void AddCountsOfTopic()
    {
        _counted?.Count(_countedMessages, _countedBytes);
        _published += _countedMessages;
        _publishedBytes += _countedBytes;
        _countedMessages = 0;
        _countedBytes = 0;
        _counted = null;
    }

    private void AddCounts()
    {
        AddCountsOfTopic();
        if (_published > 0)
        {
            _service!.Counters.AddPublished(_published, _publishedBytes);
            _published = 0;
            _publishedBytes = 0;
        }
    }

    private void Flush()
    {
        foreach (TopicSubscriber touched in _touched)
        {
            touched.Sink.Flush();
        }

        _touched.Clear();
    }

    private void Clear()
    {
        Array.Clear(_entries, 0, _messages.Count);
        if (_entries.Length > EntriesKept)
        {
            _entries = [];
        }

        _messages.Clear();
        _run!.Release();
        _at = 0;
        _end = 0;
    }

    private readonly record struct Entry(TopicRoute Route, TopicOwner? Publisher);
}
