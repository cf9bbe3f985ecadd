using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Runs: several commands on one key in one hold of its lock, which must end wherever it would be in the way.</summary>
public sealed class StoreRunTests
{
    [Fact]
    public void A_run_keeps_others_off_its_key_until_it_ends()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        string? seen = null;
        using var done = new ManualResetEventSlim();
        var other = new Thread(() =>
        {
            seen = harness.Get("k");
            done.Set();
        });
        store.BeginRun(store.HashOf("k"u8));
        harness.Set("k", "1");
        other.Start();
        Assert.False(done.Wait(50));
        harness.Set("k", "2");
        store.EndRun();
        Assert.True(done.Wait(10_000));
        Assert.Equal("2", seen);
        store.EndRun();
    }

    [Fact]
    public void Who_waits_is_served_at_once_although_his_destination_is_in_another_shard()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 8 });
        StoreService store = harness.Store;
        for (int i = 0; i < 50; i++)
        {
            var target = new Told();
            store.Pop(new StorePop(["k".Raw()], StorePopKind.ListLeft, target) { Destination = $"to {i}".Raw() }, waits: true);
            store.BeginRun(store.HashOf("k"u8));
            store.Push("k", ListEnd.Right, out _, "1");
            Assert.Equal(StoreStatus.Ok, target.Status);
            Assert.Null(store.Range("k"));
            store.Push("k", ListEnd.Right, out _, "2");
            store.EndRun();
            Assert.Equal(["1"], store.Range($"to {i}"));
            Assert.Equal(["2"], store.Range("k"));
            store.Delete("k"u8, default, out _);
        }
    }

    [Fact]
    public void A_run_that_needs_room_gets_it_from_other_shards()
    {
        var limits = new StoreLimits { Shards = 8, MemoryBytesMax = 1 << 20, Eviction = StoreEviction.Evict };
        using var harness = new StoreHarness(limits);
        for (int i = 0; i < 3_000; i++)
        {
            harness.Set($"old {i}", new string('x', 400));
        }

        harness.Store.BeginRun(harness.Store.HashOf("list"u8));
        for (int i = 0; i < 400; i++)
        {
            Assert.Equal(StoreStatus.Ok, harness.Store.Push("list", ListEnd.Left, out _, new string('y', 1_000)));
        }

        harness.Store.EndRun();
        Assert.True(harness.Store.Stats.Evicted > 0);
        harness.Store.Check();
    }

    private sealed class Told : IStorePopTarget
    {
        public StoreStatus? Status { get; private set; }

        public bool Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> item, double score) => true;

        public void Complete(StoreStatus status) => Status = status;
    }
}
