using System.Buffers.Binary;
using System.Text;
using Nexo.Engine;
using Nexo.Engine.Topics;

namespace Nexo.Bench.Compare.Matching;

/// <summary>The topics of Nexo's engine, in this process.</summary>
internal sealed class EngineTopics : IDisposable
{
    private readonly TopicService _service = new(new TopicLimits(), new EngineClock(TimeProvider.System), new NoTargets());
    private readonly TopicWork _work = new();

    public EngineClient NewClient() => new(_service);

    /// <returns>False: the topic is refused.</returns>
    public bool Publish(string topic, int number)
    {
        Span<byte> body = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(body, number);
        var message = new TopicMessage { Topic = Encoding.UTF8.GetBytes(topic), Body = body };
        return _service.Publish(in message, _work, out _) switch
        {
            TopicStatus.Ok => true,
            TopicStatus.TopicInvalid => false,
            TopicStatus other => throw new CompareFailure($"The engine answered {other} to a message to \"{topic}\"."),
        };
    }

    /// <summary>Delivers what was published.</summary>
    public void Run()
    {
        while (_work.Run())
        {
        }
    }

    public void Dispose() => _service.Dispose();

    private sealed class NoTargets : ITopicTargets
    {
        public bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name) => false;

        public TopicTargetResult Push(in BoundMessage message, object? batch) => default;
    }
}

/// <summary>One subscription of the engine, whose filters come and go.</summary>
internal sealed class EngineClient : ITopicSink, IDisposable
{
    private readonly TopicSubscriber _subscriber;
    private readonly List<int> _numbers = [];

    public EngineClient(TopicService service)
    {
        var options = new TopicSubscribeOptions(new TopicOwner(), Retained: false, NotOwn: false, TopicWhenSlow.DropOldest);
        TopicStatus status = service.Subscribe(this, options, default, out TopicSubscriber? subscriber);
        _subscriber = subscriber ?? throw new CompareFailure($"The engine refused a subscription: {status}.");
    }

    public long Load => _numbers.Count;

    /// <returns>False: the filter is refused.</returns>
    public bool Subscribe(string filter) =>
        _subscriber.Change(new TopicFilterList(TopicFilterList.Encode(filter), 1), default) == TopicStatus.Ok;

    public void Unsubscribe(string filter) =>
        _subscriber.Change(default, new TopicFilterList(TopicFilterList.Encode(filter), 1));

    /// <summary>The numbers of the messages that have come since this was asked last.</summary>
    public List<int> Take()
    {
        List<int> taken = [.. _numbers];
        _numbers.Clear();
        return taken;
    }

    public int Deliver(TopicRun run)
    {
        for (int i = 0; i < run.Count; i++)
        {
            _numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(run[i].Body));
        }

        return 0;
    }

    public void Flush()
    {
    }

    public void Dispose() => _subscriber.Dispose();
}
