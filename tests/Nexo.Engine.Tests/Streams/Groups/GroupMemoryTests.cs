using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

public sealed class GroupMemoryTests
{
    private const int Batch = 512;

    [Fact]
    public void Records_that_are_given_and_settled_cost_next_to_no_managed_memory()
    {
        using var streams = new StreamService(new StreamLimits(), new EngineClock(TimeProvider.System));
        streams.Create("s"u8, new StreamOptionSet(), out _);
        streams.CreateGroup(
            "s"u8, "g"u8, StreamGroupMode.SharedByKey, new StreamPlace(StreamFrom.End), new StreamGroupOptionSet(), out _);
        var sink = new CountingSink();
        streams.JoinGroup("s"u8, "g"u8, sink, new StreamMemberOptions(), out StreamGroupMember? member, out _);
        byte[] batch = StreamHarness.NewRecords(
            [.. Enumerable.Range(0, Batch).Select(i => ((string?)$"key{i}", new string('x', 64)))]);
        long least = long.MaxValue;
        for (int window = 0; window < 6; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
            {
                streams.AppendBatch("s"u8, Batch, batch, default, out _);
                while (sink.Count < Batch)
                {
                    // On this thread, so that it is measured.
                    streams.PullGroup(
                        "s"u8, "g"u8, member!.Number, 1, Batch, 1 << 20, sink, mayWait: false, out _, out _);
                }

                streams.AckGroup("s"u8, "g"u8, member!.Number, 1, sink.Take(), ref sink, out _);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // A page of some hundred records is an object, and so is a pull.
        Assert.InRange(least / (20.0 * Batch), 0, 4);
        Assert.Equal(0, sink.Wrong);
        Assert.Equal(StreamStatus.Ok, streams.DescribeGroup("s"u8, "g"u8, out StreamGroupInfo? info));
        Assert.Equal((6 * 20 * Batch, 0), (info!.Done, info.Lag));
    }

    private sealed class CountingSink : IStreamGroupSink, IStreamSettleSink
    {
        private readonly long[] _offsets = new long[2 * Batch];
        private readonly ulong[] _leases = new ulong[2 * Batch];

        public int Count { get; private set; }

        public int Wrong { get; private set; }

        public bool IsCongested => false;

        public void Deliver(in StreamGroupRecords records)
        {
            ReadOnlySpan<byte> run = records.Records;
            for (int i = 0; StreamRecordForm.TryTake(ref run, out StreamRecordView record); i++)
            {
                _leases[Count] = records.Leases[i].Lease;
                _offsets[Count++] = record.Offset;
            }
        }

        public Source Take()
        {
            var source = new Source(_offsets, _leases, Count);
            Count = 0;
            return source;
        }

        public void Add(StreamStatus status) => Wrong += status == StreamStatus.Ok ? 0 : 1;

        public void OnState(in StreamGroupState state)
        {
        }

        public void Flush()
        {
        }

        public void OnEnd(StreamStatus why)
        {
        }
    }

    private struct Source(long[] offsets, ulong[] leases, int count) : IStreamLeaseSource
    {
        private int _at;

        public bool TryTake(out long offset, out ulong lease)
        {
            bool more = _at < count;
            offset = more ? offsets[_at] : 0;
            lease = more ? leases[_at] : 0;
            _at++;
            return more;
        }
    }
}
