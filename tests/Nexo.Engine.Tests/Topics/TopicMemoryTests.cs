using System.Buffers;
using System.Runtime.CompilerServices;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class TopicMemoryTests
{
    [Fact]
    public void Publishing_and_delivering_allocate_no_managed_memory()
    {
        using var harness = new TopicHarness();
        CountingSink[] sinks = [.. Enumerable.Range(0, 30).Select(_ => new CountingSink())];
        for (int i = 0; i < sinks.Length; i++)
        {
            var options = new TopicSubscribeOptions { Owner = harness.Owner, NotOwn = i % 7 == 0 };
            harness.TrySubscribe(sinks[i], options, out _, i % 2 == 0 ? "a/+" : "a/1");
        }

        harness.Subscribe(new CountingSink(), "$share/g/a/#");
        harness.Subscribe(new CountingSink(), "$share/g/a/#");
        byte[][] topics = [.. Enumerable.Range(0, 3).Select(i => System.Text.Encoding.UTF8.GetBytes($"a/{i}"))];
        byte[] body = new byte[64];

        // The best of several windows: a list that grows once is no allocation per message.
        long least = long.MaxValue;
        for (int window = 0; window < 5; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10_000; i++)
            {
                var message = new TopicMessage { Topic = topics[i / 4 % 3], Body = body, Publisher = i % 2 == 0 ? harness.Owner : null };
                harness.Topics.Publish(in message, harness.Work, out _);
                if (i % 10 == 9)
                {
                    while (harness.Work.Run())
                    {
                    }
                }
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(50_000, sinks[2].Messages);
    }

    [Fact]
    public void A_filter_is_a_node_of_36_bytes_or_two()
    {
        // In bytes of all there is: `topics` of bench/Nexo.Bench.Micro.
        Assert.Equal(36, Unsafe.SizeOf<FilterNode>());
        using var harness = new TopicHarness();
        string[] filters = [.. Enumerable.Range(0, 1_000).Select(i => i % 2 == 0 ? $"site/{i}/+" : $"site/{i % 100}/device/{i}")];
        harness.Subscribe(new CountingSink(), filters);

        // `site` in the tree, then of each with a wildcard a level and the wildcard.
        Assert.Equal(1 + (500 * 2) + 500, harness.Topics.Check());
    }

    private sealed class CountingSink : ITopicSink
    {
        public long Messages { get; private set; }

        public long Load => 0;

        public int Deliver(TopicRun run)
        {
            Messages += run.Encoded(BodyEncoder.Instance).Ends.Length;
            return 0;
        }

        public void Flush()
        {
        }
    }

    private sealed class BodyEncoder : ITopicEncoder
    {
        public static readonly BodyEncoder Instance = new();

        public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained)
        {
            message.Body.CopyTo(to.GetSpan(message.Body.Length));
            to.Advance(message.Body.Length);
        }
    }
}
