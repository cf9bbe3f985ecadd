using System.Buffers;
using System.Globalization;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Writers, readers, tails and trims on threads of their own while a stream is compacted again and again.</summary>
public sealed class StreamCompactionRaceTests
{
    private const int Keys = 6;
    private const int Records = 20_000;

    [Fact]
    public async Task Readers_of_all_kinds_go_on_while_segments_are_written_anew_under_them()
    {
        var time = new ManualTime();
        using var streams = new StreamService(new StreamLimits { Tuning = StreamHarness.Tiny }, new EngineClock(time));
        var options = new StreamOptionSet { Compaction = true, Durability = StreamDurability.Memory, TombstoneRetentionMs = 0 };
        Assert.Equal(StreamStatus.Ok, streams.Create("s"u8, options, out _));
        Assert.Equal(StreamStatus.Ok, streams.Follow("s"u8, new StreamPlace(StreamFrom.Beginning), default, out var tail, out _));
        using var over = new CancellationTokenSource();
        Task[] beside =
        [
            Task.Run(() => Repeat(() => streams.Compact("s"u8))),
            Task.Run(() => Repeat(() => Tick(streams, time))),
            Task.Run(() => Repeat(() => CheckOrder(ReadAll(streams, backward: false)))),
            Task.Run(() => Repeat(() => CheckOrder(Enumerable.Reverse(ReadAll(streams, backward: true))))),
        ];
        var seen = new Dictionary<string, long>();
        Task tailing = Task.Run(() => Follow(tail!, seen));
        for (int i = 0; i < Records; i++)
        {
            var record = new StreamRecord
            {
                HasKey = true,
                Key = StreamHarness.Bytes($"k{i % Keys}"),
                Value = StreamHarness.Bytes(i.ToString(CultureInfo.InvariantCulture)),
            };
            Assert.Equal(StreamStatus.Ok, streams.Append("s"u8, record, default, out _));
        }

        await tailing;

        // However late the pass is on a busy machine.
        bool isCompacted = SpinWait.SpinUntil(() => streams.Totals.Compacted > Records / 10, TimeSpan.FromSeconds(30));
        await over.CancelAsync();
        await Task.WhenAll(beside);
        Dictionary<string, long> expected = Enumerable.Range(Records - Keys, Keys).ToDictionary(i => $"k{i % Keys}", i => (long)i);
        Assert.Equal(expected, seen);
        Assert.Equal(expected, Last(ReadAll(streams, backward: false)));
        Assert.True(isCompacted, $"{streams.Totals.Compacted} were removed meanwhile");
        tail!.Dispose();

        void Repeat(Action work)
        {
            while (!over.IsCancellationRequested)
            {
                work();
            }
        }
    }

    private static void Tick(StreamService streams, ManualTime time)
    {
        time.Advance(100);
        streams.Tick();
        Thread.Yield();
    }

    private static void Follow(StreamFollower tail, Dictionary<string, long> seen)
    {
        long next = 0;
        while (tail.Position < Records)
        {
            var target = new ArrayBufferWriter<byte>();
            Assert.Equal(StreamStatus.Ok, tail.Read(50, 4_000, target, out _));
            foreach (Read read in StreamHarness.Parse(target.WrittenSpan))
            {
                Assert.True(read.Offset >= next, "it goes forward");
                next = read.Offset + 1;
                seen[read.Key!] = long.Parse(read.Value, CultureInfo.InvariantCulture);
                Assert.Equal(read.Offset, seen[read.Key!]);
            }
        }
    }

    private static List<Read> ReadAll(StreamService streams, bool backward)
    {
        var all = new List<Read>();
        var place = new StreamPlace(backward ? StreamFrom.End : StreamFrom.Beginning);
        while (true)
        {
            var target = new ArrayBufferWriter<byte>();
            var terms = new StreamReadTerms { From = place, Backward = backward, BytesMax = 20_000 };
            Assert.Equal(StreamStatus.Ok, streams.Read("s"u8, terms, target, out StreamReadResult result));
            all.AddRange(StreamHarness.Parse(target.WrittenSpan));
            if (result.ContinueAt == (backward ? result.Range.First : result.Range.Next))
            {
                return all;
            }

            place = new StreamPlace(StreamFrom.Offset, (ulong)result.ContinueAt);
        }
    }

    private static void CheckOrder(IEnumerable<Read> reads)
    {
        long next = 0;
        foreach (Read read in reads)
        {
            Assert.True(read.Offset >= next, $"{read.Offset} follows {next}");
            Assert.Equal(read.Offset, long.Parse(read.Value, CultureInfo.InvariantCulture));
            next = read.Offset + 1;
        }
    }

    private static Dictionary<string, long> Last(List<Read> reads) =>
        StreamCompactionTests.LastOf(reads).ToDictionary(pair => pair.Key, pair => pair.Value.Offset);
}
