using System.Buffers;
using System.Diagnostics;
using System.Text;
using Nexo.Engine;
using Nexo.Engine.Topics;

namespace Nexo.Bench.Micro;

/// <summary>What the topics' engine costs: of processor time for a message of 64 bytes, best of some rounds; of memory for a filter.</summary>
internal static class TopicTable
{
    private const int Rounds = 5;
    private const int BodyBytes = 64;
    private const int Subscriptions = 1_000_000;

    public static void Print()
    {
        Console.WriteLine("per message published");
        Measure("nobody subscribed, 1 topic", receivers: 0, batch: 64, topics: 1);
        Measure("nobody subscribed, 1,000 topics", receivers: 0, batch: 64, topics: 1_000);
        Measure("nobody subscribed, 1,000,000 topics", receivers: 0, batch: 64, topics: 1_000_000);
        Measure("1 receiver, one by one", receivers: 1, batch: 1, topics: 1);
        Measure("1 receiver, 64 at a time", receivers: 1, batch: 64, topics: 1);
        Measure("1 receiver, a million other filters", receivers: 1, batch: 64, topics: 1_000_000, others: 1_000_000);
        Console.WriteLine("per delivery");
        Measure("100 receivers, one by one", receivers: 100, batch: 1, topics: 1, isPerDelivery: true);
        Measure("100 receivers, 64 at a time", receivers: 100, batch: 64, topics: 1, isPerDelivery: true);
        Measure("100 receivers of #, 1,000 topics, 64 at a time", receivers: 100, batch: 64, topics: 1_000, isPerDelivery: true);
        Measure("1,000 receivers, 64 at a time", receivers: 1_000, batch: 64, topics: 1, isPerDelivery: true);
        Console.WriteLine($"bytes per filter, {Subscriptions:N0} filters of 100 subscriptions");
        Weigh("without wildcards (22 bytes)", i => $"site/{i % 1_000:D3}/device/{i:D6}");
        Weigh("with a wildcard (24 bytes)", i => $"site/{i % 1_000:D3}/device/{i:D6}/+");
        Weigh("with a wildcard first (13 bytes)", i => $"+/device/{i:D6}");
    }

    private static void Measure(
        string name, int receivers, int batch, int topics, int others = 0, bool isPerDelivery = false)
    {
        using var service = new TopicService(new TopicLimits(), new EngineClock(TimeProvider.System), new NoTargets());
        var work = new TopicWork();
        var owner = new TopicOwner();
        string filter = topics == 1 ? "load/0000000" : "#";
        for (int i = 0; i < receivers; i++)
        {
            Subscribe(service, new RingSink(), owner, filter);
        }

        AddMany(service, others, i => $"load/other/{i}");
        byte[][] names = [.. Enumerable.Range(0, topics).Select(i => Encoding.UTF8.GetBytes($"load/{i:D7}"))];
        byte[] body = new byte[BodyBytes];
        int messages = Math.Max(topics, 2_000_000 / Math.Max(1, receivers));
        double best = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            for (int i = 0; i < messages; i++)
            {
                service.Publish(new TopicMessage { Topic = names[i % topics], Body = body }, work, out _);
                if (i % batch == batch - 1)
                {
                    work.Run();
                }
            }

            work.Run();
            double spent = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / messages;
            best = Math.Min(best, isPerDelivery ? spent / receivers : spent);
        }

        Console.WriteLine($"{name,-48} {best,7:F1} ns");
    }

    private static void Weigh(string name, Func<int, string> filter)
    {
        using var service = new TopicService(new TopicLimits(), new EngineClock(TimeProvider.System), new NoTargets());
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long resident = Resident();
        TimeSpan spent = AddMany(service, Subscriptions, filter);
        managed = GC.GetTotalMemory(forceFullCollection: true) - managed;
        resident = Resident() - resident;
        long collected = Stopwatch.GetTimestamp();
        GC.Collect();
        TimeSpan pause = Stopwatch.GetElapsedTime(collected);
        Console.WriteLine(
            $"{name,-36} {(double)managed / Subscriptions,6:F1} managed {(double)resident / Subscriptions,6:F1} resident, "
            + $"{spent.TotalNanoseconds / Subscriptions,5:F0} ns to add, {pause.TotalMilliseconds,5:F1} ms a full collection");
        GC.KeepAlive(service);
    }

    private static TimeSpan AddMany(TopicService service, int count, Func<int, string> filter)
    {
        // A hundred subscriptions have them, as connections with many filters do.
        const int Each = 100;
        TimeSpan spent = TimeSpan.Zero;
        for (int at = 0; at < count; at += count / Each)
        {
            string[] filters = [.. Enumerable.Range(at, count / Each).Select(filter).Distinct()];
            byte[] encoded = TopicFilterList.Encode(filters);
            TimeSpan start = Environment.CpuUsage.TotalTime;
            var options = new TopicSubscribeOptions { Owner = new TopicOwner() };
            service.Subscribe(new RingSink(), options, new TopicFilterList(encoded, filters.Length), out _);
            spent += Environment.CpuUsage.TotalTime - start;
        }

        return spent;
    }

    private static void Subscribe(TopicService service, ITopicSink sink, TopicOwner owner, string filter) =>
        service.Subscribe(
            sink, new TopicSubscribeOptions { Owner = owner }, new TopicFilterList(TopicFilterList.Encode(filter), 1), out _);

    private static long Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Copies what it gets into a ring under a lock, as a connection does.</summary>
    private sealed class RingSink : ITopicSink
    {
        private readonly Lock _gate = new();
        private byte[] _ring = [];
        private int _at;

        public long Load => 0;

        public int Deliver(TopicRun run)
        {
            TopicEncoding encoded = run.Encoded(PlainEncoder.Instance);
            lock (_gate)
            {
                if (_ring.Length == 0)
                {
                    _ring = new byte[32 * 1_024];
                }

                if (_ring.Length - _at < encoded.Bytes.Length)
                {
                    _at = 0;
                }

                encoded.Bytes.CopyTo(_ring.AsSpan(_at));
                _at += encoded.Bytes.Length;
            }

            return 0;
        }

        public void Flush()
        {
        }
    }

    private sealed class PlainEncoder : ITopicEncoder
    {
        public static readonly PlainEncoder Instance = new();

        public void Write(IBufferWriter<byte> to, in TopicMessage message, bool retained)
        {
            int length = message.Topic.Length + message.Body.Length + 8;
            Span<byte> span = to.GetSpan(length);
            message.Topic.CopyTo(span[8..]);
            message.Body.CopyTo(span[(8 + message.Topic.Length)..]);
            to.Advance(length);
        }
    }

    private sealed class NoTargets : ITopicTargets
    {
        public bool Exists(TopicTargetKind kind, ReadOnlySpan<byte> name) => false;

        public TopicTargetResult Push(in BoundMessage message, object? batch) => default;
    }
}
