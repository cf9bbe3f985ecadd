using System.Globalization;
using System.Text;
using CsCheck;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>What a subscription gets of what was there before, beside what comes.</summary>
public sealed class RetainedSubscriptionTests
{
    private static readonly TopicLimits SmallHolds = new()
    {
        RetainedTuning = new RetainedTuning { HoldLooksMax = 3, HoldMessagesMax = 4 },
    };

    [Fact]
    public void A_subscription_gets_what_is_retained_for_its_filters_each_message_once()
    {
        using var harness = new KeptHarness(SmallHolds);
        foreach (string topic in (string[])["a", "a/b", "a/b/c", "b", "b/c", "c"])
        {
            harness.Publish(topic, topic);
        }

        var sink = new SinkList();
        TopicSubscriber subscriber = harness.Subscribe(sink, "a/#", "+/b", "a/b", "c");
        Assert.True(subscriber.HasRetained);
        KeptHarness.ReadRetained(subscriber, bytesMax: 1);
        Assert.Equal(["a=a*", "a/b=a/b*", "a/b/c=a/b/c*", "c=c*"], sink.Take());
        Assert.Equal((false, false, 4L), (subscriber.HasRetained, subscriber.NextRetained(1), subscriber.Delivered));
        Assert.Equal(4, sink.Flushes);

        TopicSubscriber without = harness.Subscribe(sink, retained: false, "#");
        TopicSubscriber shared = harness.Subscribe(sink, "$share/g/#");
        Assert.Equal((false, false), (without.HasRetained, shared.HasRetained));
    }

    [Fact]
    public void What_is_retained_comes_again_when_it_is_asked_for_again()
    {
        using var harness = new KeptHarness();
        harness.Publish("a", "1");
        harness.Publish("b", "1");
        var sink = new SinkList();
        TopicSubscriber subscriber = harness.Subscribe(sink, retained: false, "a", "+", "$share/g/a");
        Assert.False(subscriber.HasRetained);
        byte[] again = TopicFilterList.Encode("a", "$share/g/a");
        for (int i = 0; i < 2; i++)
        {
            subscriber.AskRetained(new TopicFilterList(again, 2));
            Assert.True(subscriber.HasRetained);
            KeptHarness.ReadRetained(subscriber);
            Assert.Equal(["a=1*"], sink.Take());
        }
    }

    [Fact]
    public void What_comes_while_pages_are_read_comes_live_and_replaces_what_is_retained()
    {
        using var harness = new KeptHarness();
        harness.Publish("a", "1");
        harness.Publish("b", "1");
        harness.Publish("c", "1");
        var sink = new SinkList();
        TopicSubscriber subscriber = harness.Subscribe(sink, "#");
        subscriber.NextRetained(1);
        harness.Publish("b", "2");
        harness.Publish("bb", "1");
        harness.PublishOnly("c", "2");
        KeptHarness.ReadRetained(subscriber);
        Assert.Equal(["a=1*", "b=2", "bb=1"], sink.Take());
        harness.Run();
        Assert.Equal(["c=2"], sink.Take());
    }

    [Fact]
    public void What_was_published_before_and_is_delivered_later_does_not_come_behind_what_was_retained()
    {
        using var harness = new KeptHarness();
        harness.PublishOnly("t", "1");
        harness.PublishOnly("t", "2");
        var sink = new SinkList();
        KeptHarness.ReadRetained(harness.Subscribe(sink, "+"));
        harness.Run();
        Assert.Equal(["t=2*"], sink.Take());
    }

    [Fact]
    public void Filters_that_are_added_get_theirs_and_filters_that_are_taken_away_get_no_more()
    {
        using var harness = new KeptHarness();
        foreach (string topic in (string[])["a/1", "a/2", "b/1", "b/2", "c/1"])
        {
            harness.Publish(topic, "1");
        }

        var sink = new SinkList();
        TopicSubscriber subscriber = harness.Subscribe(sink, "c/+");
        KeptHarness.ReadRetained(subscriber);
        Assert.Equal(["c/1=1*"], sink.Take());
        subscriber.Change(KeptHarness.ListOf("a/+", "b/+", "c/+"), default);
        subscriber.NextRetained(1);
        subscriber.Change(default, KeptHarness.ListOf("a/+"));
        subscriber.NextRetained(1);
        subscriber.Change(default, KeptHarness.ListOf("b/+"));
        subscriber.Change(KeptHarness.ListOf("a/+"), default);
        KeptHarness.ReadRetained(subscriber);
        Assert.Equal(["a/1=1*", "b/1=1*", "a/1=1*", "a/2=1*"], sink.Take());
    }

    [Fact]
    public void Values_never_go_back_nothing_is_missed_and_nothing_comes_twice()
    {
        Gen.Int[0, int.MaxValue].Array[60, 250].Sample(
            seeds => new Interleaving().Run(seeds), iter: ModelRounds.Of(300), threads: 1);
    }

    [Fact]
    public async Task Threads_that_publish_while_others_subscribe_agree_on_what_came_last()
    {
        const int Topics = 200;
        using var harness = new KeptHarness(SmallHolds with { RetainedTuning = new RetainedTuning { HoldLooksMax = 16 } });
        using var stop = new CancellationTokenSource();
        int[] last = new int[Topics];
        Task[] publishers =
        [
            .. Enumerable.Range(0, 2).Select(part => Task.Run(() =>
            {
                var work = new TopicWork();
                var random = new Random(part);
                while (!stop.IsCancellationRequested)
                {
                    for (int i = 0; i < 16; i++)
                    {
                        int topic = (random.Next(Topics / 2) * 2) + part;
                        byte[] body = KeptHarness.Bytes($"{++last[topic]}");
                        harness.Service.Publish(
                            new TopicMessage { Topic = KeptHarness.Bytes($"t/{topic:D3}/x"), Body = body, Retain = true }, work, out _);
                    }

                    while (work.Run())
                    {
                        // Until all have it.
                    }
                }
            })),
        ];
        var sinks = new List<(SinkList Sink, TopicSubscriber Subscriber)>();
        for (int i = 0; i < 60; i++)
        {
            var sink = new SinkList();
            TopicSubscriber subscriber = harness.Subscribe(sink, "t/+/x");
            KeptHarness.ReadRetained(subscriber, bytesMax: 100);
            sinks.Add((sink, subscriber));
        }

        await stop.CancelAsync();
        await Task.WhenAll(publishers);
        foreach ((SinkList sink, TopicSubscriber subscriber) in sinks)
        {
            int[] seen = new int[Topics];
            foreach (string message in sink.Take())
            {
                int topic = int.Parse(message.AsSpan(2, 3), CultureInfo.InvariantCulture);
                int value = int.Parse(message.AsSpan(8).TrimEnd('*'), CultureInfo.InvariantCulture);
                Assert.True(value > seen[topic], $"{message} after {seen[topic]}");
                Assert.True(seen[topic] == 0 || value == seen[topic] + 1, $"{message} after {seen[topic]}");
                seen[topic] = value;
            }

            Assert.Equal(last, seen);
            subscriber.Dispose();
        }
    }

    /// <summary>
    /// One publisher whose deliveries lag behind what he has published, and subscriptions to wide filters whose pages are read bit by
    /// bit. Bodies are numbers that grow.
    /// </summary>
    private sealed class Interleaving
    {
        private static readonly string[] Filters = ["#", "a/#", "+/1", "a/+", "b/2", "+/+"];

        private readonly KeptHarness _harness = new(SmallHolds);
        private readonly List<Reader> _readers = [];
        private readonly Dictionary<string, int> _last = [];
        private int _number;

        public void Run(int[] seeds)
        {
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
            }

            _harness.Run();
            foreach (Reader reader in _readers)
            {
                KeptHarness.ReadRetained(reader.Subscriber, bytesMax: 1);
                Check(reader);
            }

            _harness.Service.Retained.Check();
            _harness.Dispose();
        }

        private void Step(Random random)
        {
            switch (random.Next(12))
            {
                case < 5:
                    Publish(random);
                    break;
                case < 7:
                    _harness.Run();
                    break;
                case 7 when _readers.Count < 12:
                    var sink = new SinkList();
                    string[] filters = [.. Filters.Where(_ => random.Next(3) == 0), Filters[random.Next(Filters.Length)]];
                    _readers.Add(new Reader(sink, _harness.Subscribe(sink, filters), filters, new(_last)));
                    break;
                case 8:
                    _harness.Time.Advance(random.Next(40));
                    _harness.Service.Tick();
                    break;
                default:
                    if (_readers.Count > 0)
                    {
                        _readers[random.Next(_readers.Count)].Subscriber.NextRetained(random.Next(30));
                    }

                    break;
            }
        }

        // Topics under `b` lose their value now and then, by a clear or by its end; those under `a` never do.
        private void Publish(Random random)
        {
            bool fleeting = random.Next(2) == 0;
            string topic = $"{(fleeting ? 'b' : 'a')}/{random.Next(5)}";
            bool clears = fleeting && random.Next(5) == 0;
            _number++;
            _harness.PublishOnly(
                topic,
                clears ? string.Empty : $"{_number}",
                ttlMs: fleeting && random.Next(3) == 0 ? 1 + random.Next(60) : null);
            _last[topic] = clears ? 0 : _number;
        }

        private void Check(Reader reader)
        {
            var seen = new Dictionary<string, int>();
            var began = new Dictionary<string, bool>();
            foreach (string message in reader.Sink.Take())
            {
                string topic = message[..message.IndexOf('=', StringComparison.Ordinal)];
                string body = message[(topic.Length + 1)..];
                bool isRetained = body.EndsWith('*');
                int value = body.Length == 0 ? 0 : int.Parse(body.TrimEnd('*'), CultureInfo.InvariantCulture);
                Assert.True(Matches(reader, topic), $"{message} is not asked for");
                Assert.True(value == 0 || value > seen.GetValueOrDefault(topic), $"{message} after {seen.GetValueOrDefault(topic)}");
                Assert.False(isRetained && !began.TryAdd(topic, true), $"{message} is retained behind another");
                began.TryAdd(topic, false);
                seen[topic] = value == 0 ? seen.GetValueOrDefault(topic) : value;
                reader.Last[topic] = value;
            }

            foreach ((string topic, int value) in _last)
            {
                if (Matches(reader, topic) && topic[0] == 'a')
                {
                    Assert.True(seen.GetValueOrDefault(topic) == value, $"{topic}: {value} is missed");
                }
            }
        }

        private static bool Matches(Reader reader, string topic) => reader.Filters.Any(
            filter => TopicRules.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));

        private sealed record Reader(
            SinkList Sink, TopicSubscriber Subscriber, string[] Filters, Dictionary<string, int> Last);
    }
}
