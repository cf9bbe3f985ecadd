using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>What a sink of a protocol with its own word for things sees of a message.</summary>
public sealed class TopicRunTests
{
    [Fact]
    public void A_message_comes_with_its_quality_its_life_and_whether_it_is_retained()
    {
        using var harness = new KeptHarness();
        var sink = new LookingSink();
        TopicSubscriber subscriber = harness.Subscribe(sink, "#");
        var work = new TopicWork();
        harness.Service.Publish(new TopicMessage { Topic = "a"u8, Body = "1"u8, Qos = TopicQos.ExactlyOnce, TtlMs = 5_000 }, work, out _);
        harness.Service.Publish(new TopicMessage { Topic = "a"u8, Body = "2"u8, Retain = true, TtlMs = 9_000 }, work, out _);
        harness.Service.Publish(new TopicMessage { Topic = "b"u8, Body = "3"u8 }, work, out _);
        work.Run();
        Assert.Equal(["1 ExactlyOnce 5000 False", "2 Unspecified 9000 True", "3 Unspecified  False"], sink.Take());

        harness.Time.Advance(2_000);
        subscriber.AskRetained(new TopicFilterList(TopicFilterList.Encode("#"), 1));
        KeptHarness.ReadRetained(subscriber);
        Assert.Equal(["2 Unspecified 7000 True"], sink.Take());
    }

    [Fact]
    public void What_sinks_make_once_for_a_run_ends_with_it()
    {
        using var harness = new KeptHarness();
        var first = new SharingSink();
        var second = new SharingSink();
        harness.Subscribe(first, "#");
        harness.Subscribe(second, "#");
        for (int i = 0; i < 3; i++)
        {
            harness.Publish("a", "1");
        }

        Assert.Equal((3, 3), (first.Made.Count, second.Seen.Count));
        Assert.Equal(first.Made, second.Seen);
        Assert.All(first.Made, shared => Assert.Equal(1, shared.Ends));
    }

    private sealed class LookingSink : ITopicSink
    {
        private readonly List<string> _seen = [];

        public long Load => 0;

        public string[] Take()
        {
            string[] taken = [.. _seen];
            _seen.Clear();
            return taken;
        }

        public int Deliver(TopicRun run)
        {
            for (int i = 0; i < run.Count; i++)
            {
                TopicMessage message = run[i];
                _seen.Add($"{(char)message.Body[0]} {message.Qos} {message.TtlMs} {message.Retain}");
            }

            return 0;
        }

        public void Flush()
        {
        }
    }

    private sealed class Ending : IDisposable
    {
        public int Ends { get; private set; }

        public void Dispose() => Ends++;
    }

    private sealed class SharingSink : ITopicSink
    {
        public List<Ending> Made { get; } = [];

        public List<Ending> Seen { get; } = [];

        public long Load => 0;

        public int Deliver(TopicRun run)
        {
            if (run.Shared is Ending there)
            {
                Assert.Equal(0, there.Ends);
                Seen.Add(there);
            }
            else
            {
                var made = new Ending();
                Made.Add(made);
                run.Shared = made;
            }

            return 0;
        }

        public void Flush()
        {
        }
    }
}
