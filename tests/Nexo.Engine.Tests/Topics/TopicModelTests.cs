using CsCheck;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicModelTests
{
    private static readonly Gen<int[]> Steps = Gen.Int[0, 99_999].Array[10, 120];

    [Fact]
    public void Who_gets_what_and_in_which_order_is_as_a_naive_model_says() =>
        Steps.Sample(
            steps =>
            {
                foreach (TopicLimits limits in Variants)
                {
                    using var run = new TopicModelRun(limits);
                    run.All(steps);
                }
            },
            iter: ModelRounds.Of(400),
            threads: 1);

    /// <summary>As it is; with a cache that forgets most; with slices of a few; with no room for sets.</summary>
    private static IEnumerable<TopicLimits> Variants =>
    [
        new TopicLimits(),
        new TopicLimits { CachedMax = 3, FanOutMax = 2, FiltersPerOwnerMax = 12 },
        new TopicLimits { CachedReceiversMax = 3, FanOutMax = 1, FiltersMax = 20 },
    ];

    [Fact]
    public void The_tree_and_the_cache_find_what_the_rules_say_while_filters_come_and_go()
    {
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[20, 200]).Sample(
            (seed, steps) =>
            {
                var random = new Random(seed);
                using var harness = new TopicHarness(new TopicLimits { CachedMax = random.Next(1, 30) });
                var there = new List<(string Filter, TopicSubscriber Subscriber)>();
                for (int i = 0; i < steps; i++)
                {
                    if (random.Next(3) == 0)
                    {
                        string filter = TopicModelRun.Filter(random.Next(), random);
                        there.Add((filter, harness.Subscribe(new SinkDouble(), filter)));
                    }
                    else if (random.Next(3) == 0 && there.Count > 0)
                    {
                        int gone = random.Next(there.Count);
                        there[gone].Subscriber.Dispose();
                        there.RemoveAt(gone);
                    }

                    string topic = TopicModelRun.Topic(random.Next(), random);
                    int expected = there.Count(pair => NaiveTopics.Matches(pair.Filter, topic));
                    Assert.Equal(expected, harness.Send(topic, "x").Receivers);
                }

                harness.Topics.Check();
                there.ForEach(pair => pair.Subscriber.Dispose());
                harness.CheckEmpty();
            },
            iter: ModelRounds.Of(500));
    }
}
