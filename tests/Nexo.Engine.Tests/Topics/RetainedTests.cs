using Nexo.Engine.Tests.Store;
using Nexo.Engine.Topics;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

public sealed class RetainedTests
{
    [Fact]
    public void The_last_value_of_each_topic_is_kept_and_listed_in_the_order_of_topics()
    {
        using var harness = new KeptHarness();
        harness.Publish("b", "1");
        harness.Publish("a/x", "2", headers: "h");
        harness.Publish("a", "3");
        harness.Publish("a/x", "4");
        harness.Publish("c", "5", retain: false);
        Assert.Equal(["a=3", "a/x=4", "b=1"], harness.Retained());
        Assert.Equal(["a=3", "a/x=4"], harness.Retained("a/#"));
        Assert.Equal(["a=3", "b=1"], harness.Retained("+", pageItems: 1));
        Assert.Equal((3, 3), (harness.Service.Stats.Retained, harness.Retained("#", pageItems: 2).Length));
        harness.Publish("a", string.Empty);
        Assert.Equal(["a/x=4", "b=1"], harness.Retained());
        byte[]? cursor = [];
        var page = new Never();
        Assert.Equal(TopicStatus.FilterInvalid, harness.Service.ListRetained("a#"u8, ref cursor, ref page));
        Assert.Equal(TopicStatus.FilterInvalid, harness.Service.ListRetained("$share/g/a"u8, ref cursor, ref page));
    }

    [Fact]
    public void An_empty_body_clears_and_goes_to_subscribers_as_any_message()
    {
        using var harness = new KeptHarness();
        var sink = new SinkList();
        harness.Subscribe(sink, "#");
        harness.Publish("t", "1");
        harness.Publish("t", string.Empty);
        harness.Publish("t", string.Empty, retain: false);
        Assert.Equal(["t=1", "t=", "t="], sink.Take());
        Assert.Empty(harness.Retained());
    }

    [Fact]
    public void A_life_ends_by_the_engines_clock_whatever_the_wall_clock_does()
    {
        using var harness = new KeptHarness();
        harness.Publish("short", "1", ttlMs: 1_000);
        harness.Publish("long", "2", ttlMs: 5_000);
        harness.Publish("ever", "3", ttlMs: 1_000);
        harness.Publish("ever", "4");
        harness.Time.WallJumpMs += 3_600_000;
        harness.Time.Advance(999);
        Assert.Equal(["ever=4", "long=2 for 4001", "short=1 for 1"], harness.Retained());

        // It is gone when its time has come, also before anybody has removed it.
        harness.Time.Advance(1);
        Assert.Equal(["ever=4", "long=2 for 4000"], harness.Retained());
        Assert.Equal(3, harness.Service.Stats.Retained);
        var sink = new SinkList();
        KeptHarness.ReadRetained(harness.Subscribe(sink, "#"));
        Assert.Equal(["ever=4*", "long=2*"], sink.Take());
        harness.Service.Tick();
        Assert.Equal(2, harness.Service.Stats.Retained);
        harness.Publish("long", "5", ttlMs: 10_000);
        harness.Time.WallJumpMs -= 7_200_000;
        harness.Time.Advance(4_000);
        harness.Service.Tick();
        Assert.Equal(["ever=4", "long=5 for 6000"], harness.Retained());
        harness.Publish("long", "6", ttlMs: 1);
        harness.Time.Advance(1);
        harness.Service.Tick();
        Assert.Equal(["ever=4"], harness.Retained());
        Assert.Equal(TopicStatus.TtlOutOfRange, harness.Publish("t", "1", ttlMs: 0));
        Assert.Equal(TopicStatus.TtlOutOfRange, harness.Publish("t", "1", ttlMs: harness.Limits.TtlMsMax + 1));
    }

    [Fact]
    public void What_there_is_no_room_for_is_refused_whole_and_nobody_gets_it()
    {
        using var harness = new KeptHarness(new TopicLimits { RetainedMax = 3 });
        var sink = new SinkList();
        harness.Subscribe(sink, "#");
        harness.Bind("all", "#", "q");
        for (int i = 0; i < 3; i++)
        {
            harness.Publish($"t{i}", "1", ttlMs: i == 0 ? 1_000 : null);
        }

        sink.Take();
        harness.Targets.Pushed.Clear();
        Assert.Equal(TopicStatus.RetainedFull, harness.Publish("new", "1"));
        Assert.Empty(sink.Take());
        Assert.Empty(harness.Targets.Pushed);
        Assert.Equal(default, harness.Published);

        // Others than new topics go on, and so does what is not kept.
        Assert.Equal(TopicStatus.Ok, harness.Publish("t1", "2"));
        Assert.Equal(TopicStatus.Ok, harness.Publish("new", "1", retain: false));
        harness.Time.Advance(1_000);
        Assert.Equal(TopicStatus.Ok, harness.Publish("new", "1"));
        Assert.Equal(TopicStatus.RetainedFull, harness.Publish("more", "1"));
        harness.Publish("t1", string.Empty);
        Assert.Equal(TopicStatus.Ok, harness.Publish("more", "1"));
    }

    [Fact]
    public void A_flood_stays_within_its_bytes_and_room_that_is_given_back_is_there_again()
    {
        const long BytesMax = 4 * 1_024 * 1_024;
        using var harness = new KeptHarness(new TopicLimits { RetainedBytesMax = BytesMax });
        int kept = 0;
        while (harness.Publish($"flood/{kept}", new string('x', 1 + (kept % 699))) == TopicStatus.Ok)
        {
            kept++;
        }

        Assert.InRange(harness.Service.Stats.RetainedBytes, BytesMax * 9 / 10, BytesMax);
        Assert.Equal(kept, harness.Service.Stats.Retained);

        // A full store can shrink, and what shrinks makes room.
        Assert.Equal(TopicStatus.RetainedFull, harness.Publish("flood/699", new string('x', 60_000)));
        for (int i = 1; i < kept; i++)
        {
            Assert.Equal(TopicStatus.Ok, harness.Publish($"flood/{i}", "y"));
        }

        Assert.InRange(harness.Service.Stats.RetainedBytes, 0, BytesMax / 2);
        Assert.Equal(TopicStatus.Ok, harness.Publish("flood/699", new string('x', 60_000)));
        harness.Service.Retained.Check();
        Assert.Equal(kept, Clear(harness, "flood/#"));
        harness.Service.Retained.Check();
        Assert.InRange(harness.Service.Stats.RetainedBytes, 0, 1_024 * 64);
        Assert.Equal(TopicStatus.RetainedFull, harness.Publish("t", new string('x', (int)BytesMax)));
    }

    [Fact]
    public void A_clear_removes_what_a_filter_matches_slice_by_slice()
    {
        using var harness = new KeptHarness(
            new TopicLimits { RetainedTuning = new RetainedTuning { HoldMessagesMax = 7, HoldLooksMax = 10 } }, new());
        for (int i = 0; i < 100; i++)
        {
            harness.Publish($"{(i % 2 == 0 ? "even" : "odd")}/{i}", "1");
        }

        Assert.Equal(50, Clear(harness, "even/+"));
        Assert.Equal(0, Clear(harness, "even/+"));
        Assert.Equal(50, harness.Retained().Length);
        byte[]? cursor = [];
        long removed = 0;
        Assert.Equal(TopicStatus.FilterInvalid, harness.Service.ClearRetained([], ref cursor, ref removed, out _));
        Assert.Equal(50, Clear(harness, "#"));
        harness.Service.Retained.Check();
        using KeptHarness later = harness.Restart();
        Assert.Empty(later.Retained());
    }

    [Fact]
    public void A_full_disk_refuses_what_is_to_be_kept_and_lets_go_of_what_was()
    {
        using var harness = new KeptHarness(log: new());
        harness.Publish("a", "1");
        harness.Publish("b", "1", ttlMs: 10);
        harness.Log!.Room = LogRoom.Full;
        Assert.Equal(TopicStatus.DiskFull, harness.Publish("a", "2"));
        Assert.Equal(TopicStatus.DiskFull, harness.Bind("n", "#", "q"));
        Assert.Equal(TopicStatus.Ok, harness.Publish("a", "2", retain: false));
        Assert.Equal(TopicStatus.Ok, harness.Publish("a", string.Empty));
        harness.Time.Advance(10);
        harness.Service.Tick();
        Assert.Empty(harness.Retained());

        // It was not logged that it has expired, and it does again.
        harness.Log.Room = LogRoom.Ok;
        using KeptHarness later = harness.Restart();
        Assert.Empty(later.Retained());
        later.Publish("c", "1");
        later.Log!.Room = LogRoom.Failed;
        Assert.Equal(TopicStatus.LogFailed, later.Publish("c", "2"));
        Assert.Equal(TopicStatus.LogFailed, later.Publish("c", string.Empty));
        byte[]? cursor = [];
        long removed = 0;
        Assert.Equal(TopicStatus.LogFailed, later.Service.ClearRetained("#"u8, ref cursor, ref removed, out _));
        Assert.Equal((0, 1), (removed, later.Retained().Length));
    }

    [Theory]
    [InlineData(TopicDurability.Fsync, true, true)]
    [InlineData(TopicDurability.Interval, false, true)]
    [InlineData(TopicDurability.Memory, false, false)]
    public void What_waits_for_the_log_and_what_outlives_the_process_is_as_set(
        TopicDurability durability, bool waits, bool outlives)
    {
        using var harness = new KeptHarness(new TopicLimits { Durability = durability }, new());
        harness.Publish("t", "1");
        Assert.Equal(waits, harness.Published.WaitsForLog);
        harness.Publish("t", "2", retain: false);
        Assert.False(harness.Published.WaitsForLog);
        harness.Service.SetBinding(
            new TopicBindingSpec { Name = "n"u8, Filter = "#"u8, Kind = TopicTargetKind.Queue, Target = "q"u8 }, out _, out bool bound);
        harness.Service.DeleteBinding("none"u8, out bool deleted);
        byte[]? cursor = [];
        long removed = 0;
        harness.Service.ClearRetained("none"u8, ref cursor, ref removed, out bool cleared);
        Assert.Equal((waits, waits, waits), (bound, deleted, cleared));
        RecordList snapshot = harness.TakeSnapshot(out Lsn position);
        using KeptHarness later = harness.Restart(snapshot, position);
        Assert.Equal((outlives, outlives), (later.Retained().Length == 1, later.Bindings().Length == 1));
        Assert.Equal(outlives, snapshot.Count > 0);
    }

    [Fact]
    public void Records_are_not_read_back_when_topics_are_to_end_with_the_process()
    {
        using var harness = new KeptHarness(log: new());
        harness.Publish("t", "1");
        using KeptHarness memory = harness.Restart(limits: new TopicLimits { Durability = TopicDurability.Memory });
        Assert.Empty(memory.Retained());
        memory.Publish("u", "1");
        Assert.Single(memory.Log!.Hex());
    }

    [Fact]
    public void A_service_that_is_disposed_of_finds_nothing_and_keeps_nothing()
    {
        var harness = new KeptHarness(log: new());
        harness.Publish("t", "1", ttlMs: 10);
        harness.Bind("n", "#", "q");
        TopicSubscriber subscriber = harness.Subscribe(new SinkList(), "#");
        harness.Service.Wills.Set(new TopicOwner(), "user", [], 0, new TopicMessage { Topic = "t"u8, Body = "x"u8 });
        TopicSnapshot snapshot = harness.Service.BeginSnapshot(harness.Log!.End);
        harness.Dispose();
        harness.Time.Advance(20);
        Assert.False(subscriber.NextRetained(1_000, 1_000));
        Assert.Empty(harness.Retained());
        Assert.Equal(0, Clear(harness, "#"));
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
            // Slice after slice.
        }

        Assert.Equal(1, records.Count);
        harness.Dispose();
    }

    [Fact]
    public void Inboxes_keep_nothing()
    {
        using var harness = new KeptHarness();
        Assert.Equal(TopicStatus.TopicInvalid, harness.Publish("$inbox/0123456789abcdef", "1"));
        Assert.Equal(TopicStatus.Ok, harness.Publish("$inbox/0123456789abcdef", "1", retain: false));
    }

    internal static long Clear(KeptHarness harness, string filter)
    {
        byte[]? cursor = [];
        long removed = 0;
        while (cursor is not null)
        {
            TopicStatus status = harness.Service.ClearRetained(KeptHarness.Bytes(filter), ref cursor, ref removed, out _);
            Assert.Equal(TopicStatus.Ok, status);
        }

        return removed;
    }

    private sealed class Never : IRetainedPage
    {
        public bool TryAdd(in RetainedMessage message) => throw new InvalidOperationException();
    }
}
