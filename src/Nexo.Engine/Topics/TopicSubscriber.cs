namespace Nexo.Engine.Topics;

/// <summary>One subscription: its filters, and where its messages go. Disposing of it ends it.</summary>
public sealed partial class TopicSubscriber : IDisposable
{
    private readonly TopicService _service;
    private ReceiverSet? _alone;
    private long _delivered;
    private long _dropped;

    internal TopicSubscriber(TopicService service, ITopicSink sink, TopicSubscribeOptions options)
    {
        _service = service;
        Sink = sink;
        Options = options;
        Id = Index.Subscribers.Add(this);
    }

    public ITopicSink Sink { get; }

    public TopicSubscribeOptions Options { get; }

    /// <summary>Messages that it was given, those that it dropped later among them.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Messages that its sink has dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Its number in the index; another's once it is gone.</summary>
    internal int Id { get; }

    /// <summary>The turn of a work that has touched it last.</summary>
    internal long Turn { get; set; }

    /// <summary>The receivers of topics that nobody else has.</summary>
    internal ReceiverSet Alone => _alone ??= new ReceiverSet([this]);

    private TopicIndex Index => _service.Index;

    internal bool IsOwn(TopicOwner? publisher) =>
        Options.NotOwn && publisher != null && ReferenceEquals(publisher, Options.Owner);

    /// <summary>Its sink has lost messages that it was given: told by the sink, when it loses them at another time.</summary>
    public void CountDropped(int count)
    {
        Count(0, count);
        _service.Counters.AddDelivered(0, count);
    }

    internal void Count(int delivered, int dropped)
    {
        Interlocked.Add(ref _delivered, delivered);
        if (dropped > 0)
        {
            Interlocked.Add(ref _dropped, dropped);
        }
    }
}
