namespace Nexo.Engine.Topics;

/// <summary>One subscription: its filters, and where its messages go. Disposing of it ends it.</summary>
public sealed partial class TopicSubscriber : IDisposable
{
    private readonly TopicService _service;
    private long _delivered;
    private long _dropped;

    internal TopicSubscriber(TopicService service, ITopicSink sink, TopicSubscribeOptions options)
    {
        _service = service;
        Sink = sink;
        Options = options;
    }

    public ITopicSink Sink { get; }

    public TopicSubscribeOptions Options { get; }

    /// <summary>Messages that it was given, those that it dropped later among them.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Messages that its sink has dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>How many filters it has.</summary>
    public int Filters => _service.FiltersOf(this);

    /// <summary>The turn of a work that has touched it last.</summary>
    internal long Turn { get; set; }

    /// <summary>One of its filters, the oldest that it still has, with its share; empty if it has none.</summary>
    public byte[] FirstFilter() => _service.FirstFilterOf(this);

    /// <summary>
    /// Adds filters and takes others away, all of them or, if one is refused, none. Those that are there already, or not there, are
    /// passed over; one that is in both lists stays.
    /// </summary>
    public TopicStatus Change(TopicFilterList added, TopicFilterList removed) => _service.Change(this, added, removed);

    /// <summary>
    /// Ends it. Afterwards nothing comes for a shared group. A fan-out to its own filters that has begun may still reach its sink.
    /// </summary>
    public void Dispose() => _service.Remove(this);

    internal bool IsOwn(TopicOwner? publisher) =>
        Options.NotOwn && publisher != null && ReferenceEquals(publisher, Options.Owner);

    internal void Count(int delivered, int dropped)
    {
        Interlocked.Add(ref _delivered, delivered);
        if (dropped > 0)
        {
            Interlocked.Add(ref _dropped, dropped);
        }
    }
}
