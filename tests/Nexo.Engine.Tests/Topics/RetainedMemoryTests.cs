using Nexo.Engine.Topics;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class RetainedMemoryTests
{
    [Fact]
    public void To_keep_replace_expire_and_clear_allocates_no_managed_memory()
    {
        var log = new CountingRecords();
        using var service = new TopicService(new TopicLimits(), new EngineClock(TimeProvider.System), new TargetList(), log);
        var work = new TopicWork();
        byte[][] topics = [.. Enumerable.Range(0, 64).Select(i => KeptHarness.Bytes($"sensors/{i}/state"))];
        byte[] body = new byte[256];

        // The best of several windows: a table that grows once is no allocation per message.
        long least = long.MaxValue;
        for (int window = 0; window < 5; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5_000; i++)
            {
                service.Publish(
                    new TopicMessage
                    {
                        Topic = topics[i % topics.Length],
                        Body = body.AsSpan(0, i % 9 == 0 ? 0 : i % 256),
                        Retain = true,
                        TtlMs = i % 5 == 0 ? 1 : null,
                    },
                    work,
                    out _);
                work.Run();
            }

            service.Tick();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.InRange(log.Count, 20_000, 60_000);
        service.Retained.Check();
    }

    [Fact]
    public void A_message_of_32_bytes_under_a_topic_of_32_costs_at_most_64_more()
    {
        using var harness = new KeptHarness();
        const int Messages = 20_000;
        for (int i = 0; i < Messages; i++)
        {
            harness.Publish($"building/floor/room/device{i:D6}", "0123456789abcdef0123456789abcdef");
        }

        Assert.InRange((double)harness.Service.Stats.RetainedBytes / Messages, 64, 128);
    }

    /// <summary>Counts records and keeps none.</summary>
    private sealed class CountingRecords : ILogWriter, LogAppend.IEnd
    {
        private readonly byte[] _payload = new byte[64 * 1_024];

        public int Count { get; private set; }

        public Lsn AppendedLsn => new((ulong)Count);

        public LogRoom RoomFor(int payloadBytes) => LogRoom.Ok;

        public LogRoom RoomForRemoval(int payloadBytes) => LogRoom.Ok;

        public LogAppend Begin(byte kind, int payloadBytes)
        {
            Count++;
            return new LogAppend(this, _payload.AsSpan(0, payloadBytes), AppendedLsn);
        }

        public void EndAppend()
        {
        }
    }
}
