using System.Buffers;
using System.Diagnostics;
using Nexo.Engine.Streams;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

public sealed class StreamReadTests
{
    [Fact]
    public void An_offset_out_of_range_is_refused_with_the_valid_range_or_clamped_to_it()
    {
        using StreamHarness harness = Filled(10);
        Assert.Equal(StreamStatus.Ok, harness.Streams.Trim("s"u8, StreamTrimBy.Records, 6, out long first, out _));
        Assert.Equal(4, first);
        foreach (ulong offset in (ulong[])[3, 11, ulong.MaxValue])
        {
            var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Offset, offset) };
            var target = new ArrayBufferWriter<byte>();
            Assert.Equal(
                StreamStatus.OffsetOutOfRange, harness.Streams.Read("s"u8, terms, target, out StreamReadResult result));
            Assert.Equal((new StreamRange(4, 10), 0), (result.Range, target.WrittenCount));
        }

        Assert.Equal("4", harness.ReadOnce(new StreamPlace(StreamFrom.Offset, 0, Clamp: true)).Records[0].Value);
        Assert.Empty(harness.ReadOnce(new StreamPlace(StreamFrom.Offset, 99, Clamp: true)).Records);
        Assert.Empty(harness.ReadOnce(new StreamPlace(StreamFrom.Offset, 10)).Records);
    }

    [Fact]
    public void Very_many_who_wait_cost_an_append_little_and_end_quickly()
    {
        using StreamHarness harness = Filled(1);
        var tails = new List<StreamFollower>();
        int woken = 0;
        for (int i = 0; i < 200_000; i++)
        {
            harness.Streams.Follow("s"u8, new StreamPlace(StreamFrom.End), default, out StreamFollower? tail, out _);
            Assert.True(tail!.TryWait(() => woken++));
            tails.Add(tail);
        }

        // Nothing can be read before it is durable.
        harness.Log.IsImmediate = false;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 2_000; i++)
        {
            harness.Append("x");
        }

        for (int i = tails.Count - 1; i > 0; i--)
        {
            tails[i].Dispose();
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 8);
        Assert.Equal((0, 1), (woken, harness.Stats().Readers));
        harness.Log.MakeDurable();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref woken) == 1, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_time_is_the_first_record_that_has_it_or_a_later_one()
    {
        using var harness = new StreamHarness();
        harness.Create();
        long start = harness.Time.NowMs;
        for (int i = 0; i < 50; i++)
        {
            harness.AppendAll(("k", $"{i}"), (null, $"{i}b"));
            harness.Time.Advance(10);
        }

        foreach (int i in (int[])[0, 1, 17, 49])
        {
            Assert.Equal($"{i}", harness.ReadOnce(At(start + (i * 10))).Records[0].Value);
            Assert.Equal($"{i}", harness.ReadOnce(At(start + (i * 10) - 9)).Records[0].Value);
        }

        Assert.Empty(harness.ReadOnce(At(start + 491)).Records);
        Assert.Equal("0", harness.ReadOnce(At(0)).Records[0].Value);

        // Within a batch too, where producers say the time.
        harness.Append("x", at: start + 2_000);
        harness.Append("y", at: start + 1_000);
        Assert.Equal("x", harness.ReadOnce(At(start + 1_500)).Records[0].Value);
    }

    [Fact]
    public void A_read_by_key_gives_only_its_records_and_answers_after_so_many_bytes_without_one()
    {
        using var harness = new StreamHarness(new StreamLimits { Tuning = StreamHarness.Tiny, LookBytesMax = 2_000 });
        harness.Create();
        harness.Append("first", "rare");
        for (int i = 0; i < 200; i++)
        {
            harness.Append(new string('x', 50), i % 2 == 0 ? "usual" : null);
        }

        harness.Append("last", "rare");
        (List<Read> records, StreamReadResult result) = harness.ReadOnce(new StreamPlace(StreamFrom.Offset, 1), "rare");
        Assert.Empty(records);
        Assert.InRange(result.ContinueAt, 10, 60);
        Assert.Equal(["first", "last"], harness.ReadAll(key: "rare").Select(record => record.Value));
        Assert.Equal(["last", "first"], harness.ReadAll(key: "rare", backward: true).Select(record => record.Value));
        Assert.Equal(100, harness.ReadAll(key: "usual").Count);
    }

    [Fact]
    public void A_record_larger_than_what_was_asked_for_comes_alone()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.AppendAll((null, "a"), (null, new string('b', 5_000)), (null, "c"));
        foreach (bool backward in (bool[])[false, true])
        {
            List<Read> all = harness.ReadAll(backward: backward);
            Assert.Equal([1, 5_000, 1], all.Select(record => record.Value.Length));
            Assert.Equal(1, harness.ReadOnce(
                new StreamPlace(StreamFrom.Offset, backward ? 2UL : 1UL), bytesMax: 10, backward: backward).Result.Count);
        }
    }

    [Fact]
    public void One_who_follows_is_woken_once_there_is_something_and_goes_on_where_it_was()
    {
        using StreamHarness harness = Filled(3);
        StreamPlace end = new(StreamFrom.End);
        Assert.Equal(StreamStatus.Ok, harness.Streams.Follow("s"u8, end, default, out StreamFollower? tail, out _));
        int woken = 0;
        Assert.True(tail!.TryWait(() => woken++));
        harness.Append("3");
        harness.Append("4");
        Assert.Equal(1, woken);
        Assert.False(tail.TryWait(() => woken++));
        Assert.Equal(["3"], Read(tail, recordsMax: 1));
        Assert.Equal(["4"], Read(tail));
        Assert.True(tail.TryWait(() => woken++));
        Assert.True(tail.EndWait());
        harness.Append("5");
        Assert.Equal(1, woken);
        Assert.Equal(1, harness.Stats().Readers);
        Assert.Equal(StreamStatus.InUse, harness.Streams.Delete("s"u8, ifUnused: true, out _, out _));
        Assert.Equal(["5"], Read(tail));
        Assert.True(tail.TryWait(() => woken++));
        Assert.Equal(StreamStatus.Ok, harness.Streams.Delete("s"u8, ifUnused: false, out long records, out _));
        Assert.Equal((6L, 2), (records, woken));
        Assert.Equal(StreamStatus.NotFound, tail.Read(1, 1_000, new ArrayBufferWriter<byte>(), out _));
        tail.Dispose();
    }

    [Fact]
    public void With_fsync_nobody_sees_or_is_woken_for_a_record_before_it_is_durable()
    {
        using var harness = new StreamHarness();
        harness.Create();
        harness.Log.IsImmediate = false;
        using var woken = new ManualResetEventSlim();
        StreamPlace end = new(StreamFrom.End);
        Assert.Equal(StreamStatus.Ok, harness.Streams.Follow("s"u8, end, default, out StreamFollower? tail, out _));
        Assert.True(tail!.TryWait(woken.Set));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("one", out StreamAppended appended, producer: new(1, 0)));
        Assert.True(appended.Waits);
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("one", out appended, producer: new(1, 0)));
        Assert.Equal((StreamOutcome.Duplicate, true), (appended.Outcome, appended.Waits));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("two", out appended, next: 0));
        Assert.Equal((StreamOutcome.Conflict, 1L, true), (appended.Outcome, appended.Offset, appended.Waits));
        Assert.Empty(harness.ReadAll());
        Assert.Equal(new StreamRange(0, 0), harness.Range());
        Assert.False(woken.Wait(50));
        harness.Log.MakeDurable();
        Assert.True(woken.Wait(10_000));
        Assert.Equal(["one"], Read(tail));
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("one", out appended, producer: new(1, 0)));
        Assert.False(appended.Waits);
        tail.Dispose();
    }

    [Theory]
    [InlineData(StreamDurability.Interval)]
    [InlineData(StreamDurability.Memory)]
    public void With_less_than_fsync_a_record_is_seen_at_once(StreamDurability durability)
    {
        using var harness = new StreamHarness();
        harness.Create(new StreamOptionSet { Durability = durability });
        harness.Log.IsImmediate = false;
        Assert.Equal(StreamStatus.Ok, harness.TryAppend("one", out StreamAppended appended));
        Assert.False(appended.Waits);
        Assert.Equal(["one"], harness.ReadAll().Select(record => record.Value));
    }

    private static StreamPlace At(long timeMs) => new(StreamFrom.Time, (ulong)timeMs);

    private static List<string> Read(StreamFollower tail, int recordsMax = 100)
    {
        var target = new ArrayBufferWriter<byte>();
        Assert.Equal(StreamStatus.Ok, tail.Read(recordsMax, 10_000, target, out _));
        return [.. StreamHarness.Parse(target.WrittenSpan).Select(record => record.Value)];
    }

    private static StreamHarness Filled(int records)
    {
        var harness = new StreamHarness();
        harness.Create();
        for (int i = 0; i < records; i++)
        {
            harness.Append($"{i}");
        }

        return harness;
    }
}
