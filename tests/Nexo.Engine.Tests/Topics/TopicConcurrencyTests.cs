using System.Buffers.Binary;
using System.Text;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicConcurrencyTests
{
    private const int Publishers = 3;
    private const int Churners = 3;
    private const int ChangesEach = 34_000;
    private const int Topics = 8;

    private static readonly string[] Churned = ["t/3", "t/+", "+/3", "t/#", "#", "x/y", "t/3/#", "+/+/z"];

    /// <summary>Who stays loses nothing; who comes gets what is published afterwards; of a group's messages each comes to one.</summary>
    [Fact]
    public async Task A_hundred_thousand_changes_while_others_publish_lose_nothing()
    {
        // A cache that is too small for all topics: what is forgotten is looked up while filters change.
        using var harness = new TopicHarness(new TopicLimits { CachedMax = 24, FanOutMax = 16 });
        OrderSink[] stable = [.. Enumerable.Range(0, 6).Select(_ => new OrderSink(-1))];
        TopicSubscriber[] subscribers =
        [
            harness.Subscribe(stable[0], "#"),
            harness.Subscribe(stable[1], "t/+"),
            harness.Subscribe(stable[2], [.. Enumerable.Range(0, Topics).Select(i => $"t/{i}")]),
            harness.Subscribe(stable[3], "+/3", "t/3", "t/#"),
            harness.Subscribe(stable[4], "$share/g/t/#"),
            harness.Subscribe(stable[5], "$share/g/t/#"),
        ];

        int churning = Churners;
        long changes = 0;
        Task<int>[] publishers = [.. Enumerable.Range(0, Publishers).Select(number => Own(() => Publish(
            harness, number, () => Volatile.Read(ref churning) > 0, () => Volatile.Read(ref changes))))];
        Task[] churners = [.. Enumerable.Range(0, Churners).Select(number => Own(() =>
        {
            try
            {
                Churn(harness, number, ref changes);
                return number;
            }
            finally
            {
                Interlocked.Decrement(ref churning);
            }
        }))];
        int[] published = await Task.WhenAll(publishers);
        await Task.WhenAll(churners);

        Assert.True(changes >= 100_000, $"{changes}");
        for (int i = 0; i < 4; i++)
        {
            stable[i].Check(published);
        }

        // Whom a message came to and who gave it back are the churners' own; all others came to the two who stayed.
        var shared = stable[4].Shared.Concat(stable[5].Shared).ToList();
        Assert.Equal(published.Sum(), shared.Count);
        Assert.Equal(published.Sum(), shared.Distinct().Count());
        Assert.Equal(0, harness.Topics.Stats.Dropped);
        Assert.True(harness.Topics.Check() > 0);
        foreach (TopicSubscriber subscriber in subscribers)
        {
            subscriber.Dispose();
        }

        harness.CheckEmpty();
    }

    private static Task<T> Own<T>(Func<T> body) =>
        Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static int Publish(TopicHarness harness, int publisher, Func<bool> goesOn, Func<long> changes)
    {
        var work = new TopicWork();
        var random = new Random(publisher);
        byte[][] topics = [.. Enumerable.Range(0, Topics).Select(i => Encoding.UTF8.GetBytes($"t/{i}"))];
        byte[] body = new byte[8];
        int number = 0;
        while (goesOn())
        {
            if (number > changes())
            {
                // No faster than filters change: else it is only publishing.
                Thread.Yield();
                continue;
            }

            for (int i = random.Next(1, 16); i > 0; i--)
            {
                int topic = random.Next(8) == 0 ? 3 : random.Next(Topics);
                BinaryPrimitives.WriteInt32LittleEndian(body, publisher);
                BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), number++);
                var message = new TopicMessage { Topic = topics[topic], Body = body };
                Assert.Equal(TopicStatus.Ok, harness.Topics.Publish(in message, work, out TopicPublished published));
                Assert.InRange(published.Receivers, topic == 3 ? 5 : 4, 100);
            }

            TopicHarness.RunAll(work);
        }

        return number;
    }

    private static void Churn(TopicHarness harness, int churner, ref long changes)
    {
        var random = new Random(100 + churner);
        var work = new TopicWork();
        var owner = new TopicOwner();
        for (int done = 0; done < ChangesEach; done += 2)
        {
            string own = $"own/{churner}/{random.Next(20)}";
            string ownFilter = random.Next(3) switch { 0 => own, 1 => $"own/{churner}/+", _ => $"+/{churner}/#" };
            string[] filters = [ownFilter, .. Churned.Where(_ => random.Next(4) == 0), .. random.Next(3) == 0 ? ["$share/g/t/#"] : (string[])[]];
            var sink = new OrderSink(churner);
            var options = new TopicSubscribeOptions { Owner = owner };
            Assert.Equal(TopicStatus.Ok, harness.TrySubscribe(sink, options, out TopicSubscriber? subscriber, filters));

            // What is published from now on comes, whatever others do; what was taken away does not.
            Send(harness, work, own, churner);
            Assert.Equal(1, sink.Own);
            if (random.Next(2) == 0)
            {
                Assert.Equal(TopicStatus.Ok, TopicHarness.Change(subscriber!, ["t/5"], filters[..^1]));
                Send(harness, work, own, churner);
                Assert.Equal(filters.Length == 1 || filters[^1] == "#" ? 2 : 1, sink.Own);
                Interlocked.Increment(ref changes);
            }

            subscriber!.Dispose();
            GiveBack(harness, sink, work);
            Interlocked.Add(ref changes, 2);
        }

        Assert.Equal(0, owner.Filters);
    }

    private static void Send(TopicHarness harness, TopicWork work, string topic, int churner)
    {
        Assert.Equal(TopicStatus.Ok, harness.Publish(topic, $"{churner}", out _, work));
        TopicHarness.RunAll(work);
    }

    private static void GiveBack(TopicHarness harness, OrderSink from, TopicWork work)
    {
        byte[] body = new byte[8];
        foreach ((int publisher, int number, TopicGroup share) in from.TakeShared())
        {
            BinaryPrimitives.WriteInt32LittleEndian(body, publisher);
            BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), number);
            harness.Topics.GiveBack(share, new TopicMessage { Topic = "t/0"u8, Body = body }, work);
        }

        TopicHarness.RunAll(work);
        Assert.Empty(from.TakeShared());
    }

    /// <summary>Numbers of each publisher as they came.</summary>
    private sealed class OrderSink(int churner) : ITopicSink
    {
        private readonly Lock _gate = new();
        private readonly List<int>[] _numbers = [[], [], []];
        private readonly List<(int Publisher, int Number, TopicGroup Share)> _shared = [];
        private int _own;

        public long Load => 0;

        public int Own => Volatile.Read(ref _own);

        public IEnumerable<(int Publisher, int Number)> Shared => _shared.Select(item => (item.Publisher, item.Number));

        public int Deliver(TopicRun run)
        {
            if (run.Share != null)
            {
                // Somebody may try to take its leave now.
                Thread.Yield();
            }

            lock (_gate)
            {
                for (int i = 0; i < run.Count; i++)
                {
                    ReadOnlySpan<byte> body = run[i].Body;
                    if (body.Length != 8)
                    {
                        // Those that others send to themselves come to `#` too.
                        _own += body[0] == '0' + churner ? 1 : 0;
                        continue;
                    }

                    int publisher = BinaryPrimitives.ReadInt32LittleEndian(body);
                    int number = BinaryPrimitives.ReadInt32LittleEndian(body[4..]);
                    if (run.Share is { } share)
                    {
                        _shared.Add((publisher, number, share));
                    }
                    else
                    {
                        _numbers[publisher].Add(number);
                    }
                }
            }

            return 0;
        }

        public void Flush()
        {
        }

        public List<(int Publisher, int Number, TopicGroup Share)> TakeShared()
        {
            lock (_gate)
            {
                List<(int, int, TopicGroup)> taken = [.. _shared];
                _shared.Clear();
                return taken;
            }
        }

        /// <summary>All of each publisher, if it is subscribed to all topics, in their order.</summary>
        public void Check(int[] published)
        {
            for (int i = 0; i < published.Length; i++)
            {
                Assert.Equal(published[i], _numbers[i].Count);
                Assert.True(Enumerable.Range(0, published[i]).SequenceEqual(_numbers[i]));
            }
        }
    }
}
