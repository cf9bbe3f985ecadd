using Nexo.Engine.Memory;
using Nexo.Engine.Queues;
using Nexo.Engine.Sessions;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Engine.Topics;
using Xunit;

namespace Nexo.Engine.Tests.Memory;

/// <summary>What all parts of the engine do when the process may not have more memory.</summary>
public sealed class MemoryCapTests
{
    private const int Room = 256 * 1_024;

    [Fact]
    public void What_is_taken_by_many_is_never_more_than_there_was_room_for()
    {
        var cap = new MemoryCap(1_000_000);
        long taken = 0;
        Parallel.For(0, 64, i =>
        {
            while (cap.TryTake(777 + i))
            {
                Interlocked.Add(ref taken, 777 + i);
            }
        });

        Assert.InRange(taken, 1_000_000 - 777 - 64, 1_000_000);
        cap.Give(5_000);
        Assert.True(cap.TryTake(5_000));
    }

    [Fact]
    public void What_has_others_to_let_go_of_is_refused_before_the_rest()
    {
        var cap = new MemoryCap(1_000_000);
        cap.Set(room: 100_000, cacheRoom: 10_000, isNear: true, isReached: false);
        Assert.False(cap.TryTakeForCache(20_000));
        Assert.True(cap.TryTake(20_000));
        Assert.False(cap.TryTakeForCache(1));
        Assert.False(cap.TryTake(90_000));
        Assert.True(cap.TryTake(80_000));
    }

    [Fact]
    public void Without_a_limit_nobody_is_refused()
    {
        Assert.True(MemoryCap.None.TryTake(long.MaxValue));
        Assert.True(MemoryCap.None.TryTakeForCache(long.MaxValue));
    }

    [Fact]
    public void A_budget_takes_from_the_cap_and_gives_back_what_its_own_limit_refuses()
    {
        var cap = new MemoryCap(100_000);
        var budget = new MemoryBudget(10_000, arenas: 1, cap);
        while (budget.TryTake(500, out _))
        {
        }

        Assert.InRange(cap.Room, 90_000, 91_000);
        var other = new MemoryBudget(0, arenas: 1, cap);
        while (other.TryTake(500, out _))
        {
        }

        Assert.InRange(cap.Room, 0, 500);
    }

    [Fact]
    public void A_store_at_the_cap_refuses_sets_and_goes_on_with_reads_and_deletes()
    {
        var cap = new MemoryCap(Room);
        using var store = new StoreHarness(new StoreLimits { Shards = 1, Tuning = StoreHarness.Tiny, Cap = cap });
        int kept = FillStore(store);
        Assert.InRange(kept, 100, Room / 1_024);
        Assert.NotNull(store.Get("key 0"));
        Assert.Equal(kept, store.Clear("key"));

        // What it has let go of it may have again, though nobody has measured anything since.
        Assert.True(FillStore(store) > 0);
    }

    [Fact]
    public void A_store_that_evicts_makes_room_at_the_cap_although_it_has_no_limit_of_its_own()
    {
        var cap = new MemoryCap(Room);
        var limits = new StoreLimits { Shards = 1, Tuning = StoreHarness.Tiny, Cap = cap, Eviction = StoreEviction.Evict };
        using var store = new StoreHarness(limits);
        for (int i = 0; i < 2_000; i++)
        {
            store.Set($"key {i}", new string('v', 1_000));
        }

        Assert.True(store.Store.Stats.Evicted > 1_000);
        Assert.True(store.Store.Stats.UsedBytes <= Room);
    }

    [Fact]
    public void A_queue_without_a_disk_refuses_pushes_at_the_cap_and_takes_them_again_after_acks()
    {
        var cap = new MemoryCap(Room);
        using var queues = new QueueHarness(new QueueLimits { Shards = 2, Tuning = QueueHarness.Tiny, Cap = cap });
        int kept = 0;
        while (queues.TryPush(new Pushing(new string('m', 1_000)), out _) is var status && status == QueueStatus.Ok)
        {
            kept++;
        }

        Assert.Equal(QueueStatus.OutOfMemory, queues.TryPush(new Pushing(new string('m', 1_000)), out _));
        Assert.InRange(kept, 100, Room / 1_000);
        Assert.True(queues.Queues.Memory.Bytes >= kept * 1_000L);
        cap.Set(Room, Room, isNear: false, isReached: false);
        Assert.Equal(QueueStatus.Ok, queues.TryPush(new Pushing("small"), out _));
    }

    [Fact]
    public void Retained_messages_and_new_filters_are_refused_at_the_cap_and_what_is_not_kept_goes_out()
    {
        var cap = new MemoryCap(Room);
        using var topics = new TopicService(new TopicLimits { Cap = cap }, new EngineClock(new ManualTime()), new Topics.TargetList());
        var work = new TopicWork(new QueueWork());
        TopicStatus status = TopicStatus.Ok;
        for (int i = 0; i < 1_000 && status == TopicStatus.Ok; i++)
        {
            byte[] topic = StoreHarness.Bytes($"topic/{i}");
            status = topics.Publish(new TopicMessage { Topic = topic, Body = new byte[1_000], Retain = true }, work, out _);
        }

        Assert.Equal(TopicStatus.OutOfMemory, status);
        Assert.Equal(
            TopicStatus.Ok,
            topics.Publish(new TopicMessage { Topic = "other"u8, Body = new byte[1_000] }, work, out _));

        // An empty body removes.
        Assert.Equal(
            TopicStatus.Ok,
            topics.Publish(new TopicMessage { Topic = "topic/0"u8, Retain = true }, work, out _));
    }

    [Fact]
    public void Streams_without_a_disk_refuse_appends_at_the_cap()
    {
        using var streams = new StreamService(new StreamLimits { Cap = new MemoryCap(Room) }, new EngineClock(new ManualTime()));
        streams.Create("s"u8, new StreamOptionSet(), out _);
        int kept = 0;
        StreamStatus status;
        while ((status = streams.Append("s"u8, new StreamRecord { Value = new byte[1_000] }, default, out _)) == StreamStatus.Ok)
        {
            kept++;
        }

        Assert.Equal(StreamStatus.OutOfMemory, status);
        Assert.InRange(kept, 100, Room / 1_000);
    }

    [Fact]
    public void Messages_for_sessions_are_not_kept_at_the_cap()
    {
        var cap = new MemoryCap(Room);
        using var sessions = new SessionBodies(new SessionLimits { Cap = cap });
        int kept = 0;
        while (kept < 1_000 && !sessions.Keep("t"u8, default, new byte[1_000], 0).IsNone)
        {
            kept++;
        }

        Assert.InRange(kept, 100, Room / 1_000);
    }

    private static int FillStore(StoreHarness store)
    {
        int kept = 0;
        StoreStatus status;
        while ((status = store.TrySet($"key {kept}", new string('v', 1_000), out _)) == StoreStatus.Ok)
        {
            kept++;
        }

        Assert.Equal(StoreStatus.OutOfMemory, status);
        return kept;
    }
}
