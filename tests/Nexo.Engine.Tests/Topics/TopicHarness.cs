using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>Topics, and short ways to use them with text.</summary>
internal sealed class TopicHarness : IDisposable
{
    public TopicHarness(TopicLimits? limits = null) =>
        Topics = new TopicService(limits ?? new TopicLimits(), new EngineClock(TimeProvider.System), new NoTargets());

    public TopicService Topics { get; }

    public TopicOwner Owner { get; } = new();

    public TopicWork Work { get; } = new();

    public void Dispose() => Topics.Dispose();

    public TopicSubscriber Subscribe(ITopicSink sink, params string[] filters)
    {
        TopicStatus status = TrySubscribe(sink, new TopicSubscribeOptions { Owner = Owner }, out TopicSubscriber? subscriber, filters);
        Assert.Equal(TopicStatus.Ok, status);
        return subscriber!;
    }

    public TopicStatus TrySubscribe(
        ITopicSink sink, TopicSubscribeOptions options, out TopicSubscriber? subscriber, params string[] filters) =>
        Topics.Subscribe(sink, options, List(TopicFilterList.Encode(filters), filters), out subscriber);

    public TopicStatus Publish(string topic, string body, out TopicPublished published, TopicWork? work = null, TopicOwner? publisher = null)
    {
        var message = new TopicMessage
        {
            Topic = Encoding.UTF8.GetBytes(topic),
            Body = Encoding.UTF8.GetBytes(body),
            Publisher = publisher,
        };
        return Topics.Publish(in message, work ?? Work, out published);
    }

    /// <summary>Publishes and delivers.</summary>
    public TopicPublished Send(string topic, string body)
    {
        Assert.Equal(TopicStatus.Ok, Publish(topic, body, out TopicPublished published));
        RunAll(Work);
        return published;
    }

    /// <summary>How many turns it took.</summary>
    public static int RunAll(TopicWork work)
    {
        int turns = 1;
        while (work.Run())
        {
            turns++;
        }

        return turns;
    }

    public static TopicStatus Change(TopicSubscriber subscriber, string[] added, string[] removed) => subscriber.Change(
        List(TopicFilterList.Encode(added), added), List(TopicFilterList.Encode(removed), removed));

    /// <summary>After everybody has gone: nothing is left of them.</summary>
    public void CheckEmpty()
    {
        Assert.Equal(0, Topics.Check());
        Assert.Equal(0, Topics.Stats.Subscriptions);
        Assert.Equal(0, Topics.Stats.Filters);
        for (int i = 0; i < 500; i++)
        {
            Topics.Tick();
        }

        Assert.Equal(0, Topics.Check());
        Assert.Equal(0, Topics.Index.SharedSets);
    }

    private static TopicFilterList List(byte[] encoded, string[] filters) => new(encoded, filters.Length);

    private sealed class NoTargets : ITopicTargets
    {
        public bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name) => false;

        public TopicTargetResult Push(in BoundMessage message, object? batch) => default;
    }
}

/// <summary>A message as it came.</summary>
internal sealed record Came(string Topic, string Body, TopicGroup? Share);

/// <summary>Keeps what a subscription gets.</summary>
internal sealed class SinkDouble : ITopicSink
{
    public List<Came> All { get; } = [];

    public IEnumerable<string> Bodies => All.Select(message => message.Body);

    public long Load
    {
        get
        {
            LoadsAsked++;
            return field;
        }

        set;
    }

    public int LoadsAsked { get; private set; }

    public int Flushes { get; private set; }

    public int Delivers { get; private set; }

    public int DropsEach { get; set; }

    public int Deliver(TopicRun run)
    {
        lock (All)
        {
            Delivers++;
            for (int i = 0; i < run.Count; i++)
            {
                TopicMessage message = run[i];
                All.Add(new Came(Encoding.UTF8.GetString(message.Topic), Encoding.UTF8.GetString(message.Body), run.Share));
            }
        }

        return DropsEach;
    }

    public void Flush() => Flushes++;
}
