using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Memory, time, crashes between two keys, and what the model does not see.</summary>
public sealed class CollectionTests
{
    [Fact]
    public void Memory_goes_back_when_large_lists_and_sets_are_deleted_trimmed_or_popped()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        store.Push("keep", ListEnd.Right, out _, "x");
        harness.TickUntilIdle();
        long empty = store.Stats.UsedBytes;
        for (int round = 0; round < 3; round++)
        {
            string[] items = [.. Enumerable.Range(0, 20_000).Select(i => $"item number {i}")];
            store.Push("list", ListEnd.Left, out long length, items);
            store.AddMembers("set", out int members, items);
            store.AddScores("sorted", out int scores, [.. items.Select((item, i) => (item, (double)(i % 100)))]);
            Assert.Equal((20_000, 20_000, 20_000), (length, members, scores));
            store.Check();
            store.ListTrim("list"u8, 5_000, 5_009);
            Assert.Equal(10, store.Range("list")!.Count);
            store.SortedRemove("sorted"u8, SortedRange.ByScore(SortedBound.At(10, false), SortedBound.At(89, false)), out long removed);
            Assert.Equal(16_000, removed);
            store.Check();
            Assert.Equal(10, store.Pop("list", ListEnd.Left, 100)!.Count);
            store.Delete("set"u8, default, out _);
            store.SortedRemove("sorted"u8, SortedRange.ByRank(0, -1), out removed);
            Assert.Equal(4_000, removed);
            harness.TickUntilIdle();
            store.Check();
            Assert.InRange(store.Stats.UsedBytes, 0, empty + 16_384);
        }
    }

    [Fact]
    public void A_small_list_set_or_sorted_set_lies_in_its_entry()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        for (int i = 0; i < 30_000; i++)
        {
            store.Push($"l{i}", ListEnd.Right, out _, "one", "two", "three");
            store.AddMembers($"s{i}", out _, "one", "two", "three");
            store.AddScores($"z{i}", out _, ("one", 1), ("two", 2), ("three", 3));
        }

        Assert.InRange(store.Stats.UsedBytes / 90_000.0, 40, 130);
    }

    [Theory]
    [InlineData(SetOperation.Intersection, ScoreAggregate.Sum, 0)]
    [InlineData(SetOperation.Intersection, ScoreAggregate.Min, 6)]
    [InlineData(SetOperation.Intersection, ScoreAggregate.Max, 6)]
    [InlineData(SetOperation.Union, ScoreAggregate.Sum, 6)]
    public void Nothing_times_infinity_counts_as_in_Redis(SetOperation operation, ScoreAggregate aggregate, double expected)
    {
        using var harness = new StoreHarness();
        harness.Store.AddScores("large", out _, ("m", 0), ("n", 1));
        harness.Store.AddScores("small", out _, ("m", 3));
        var combination = new SortedCombination(operation, aggregate, [double.PositiveInfinity, 2]);
        var sink = new ScoreList();
        Assert.Equal(StoreStatus.Ok, harness.Store.SortedCombine(combination, ["large".Raw(), "small".Raw()], ref sink));
        Assert.Equal(expected, sink.Members.Single(member => member.Member == "m").Score);
    }

    [Fact]
    public void What_is_used_most_allocates_nothing()
    {
        var log = new MemoryLog(1 << 22);
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        StoreService store = harness.Store;
        byte[] item = "an item"u8.ToArray();
        byte[] score = BitConverter.GetBytes(2.5);
        store.Push("large", ListEnd.Right, out _, [.. Enumerable.Range(0, 500).Select(i => $"{i}")]);
        store.AddScores("scores", out _, [.. Enumerable.Range(0, 500).Select(i => ($"{i}", (double)i))]);
        store.AddMembers("members", out _, [.. Enumerable.Range(0, 500).Select(i => $"{i}")]);
        long allocated = long.MaxValue;
        for (int round = 0; round < 5 && allocated > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 200; i++)
            {
                Use(store, "small"u8, item, score);
                Use(store, "large"u8, item, score);
            }

            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void An_expired_list_is_gone_and_its_key_can_become_something_else()
    {
        using var harness = new StoreHarness();
        StoreService store = harness.Store;
        store.Push("k", ListEnd.Right, out _, [.. Enumerable.Range(0, 100).Select(i => $"{i}")]);
        store.Expire("k"u8, new StoreExpiry(StoreExpiryKind.After, 100));
        store.Push("k", ListEnd.Right, out _, "more");
        Assert.Equal(StoreStatus.WrongType, store.AddMembers("k", out _, "m"));
        harness.Time.Advance(101);
        Assert.Null(store.Range("k"));
        Assert.Equal(StoreStatus.Ok, store.AddMembers("k", out _, "m"));
        Assert.Equal(["m"], store.Members("k"));
    }

    [Fact]
    public void A_store_that_evicts_takes_whole_collections()
    {
        using var harness = new StoreHarness(new StoreLimits
        {
            Shards = 1,
            MemoryBytesMax = 2 * 1_024 * 1_024,
            Eviction = StoreEviction.Evict,
        });
        StoreService store = harness.Store;
        for (int i = 0; i < 400; i++)
        {
            string[] items = [.. Enumerable.Range(0, 200).Select(n => $"some element {n}")];
            Assert.Equal(StoreStatus.Ok, store.Push($"l{i}", ListEnd.Right, out _, items));
            Assert.Equal(StoreStatus.Ok, store.AddMembers($"s{i}", out _, items));
            Assert.Equal(StoreStatus.Ok, store.AddScores($"z{i}", out _, [.. items.Select(item => (item, 1.0))]));
            Assert.InRange(store.Stats.UsedBytes, 0, 2 * 1_024 * 1_024);
        }

        Assert.True(store.Stats.Evicted > 300);
    }

    [Fact]
    public void At_the_memory_limit_writes_are_refused_whole_and_moves_lose_nothing()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 2, MemoryBytesMax = 512 * 1_024 });
        StoreService store = harness.Store;
        store.Push("source", ListEnd.Right, out _, new string('e', 20_000));
        int pushed = 0;
        while (store.Push($"filler{pushed}", ListEnd.Right, out _, new string('f', 3_000)) == StoreStatus.Ok)
        {
            pushed++;
        }

        Assert.InRange(pushed, 50, 200);
        var sink = new ItemList();
        Assert.Equal(StoreStatus.OutOfMemory, store.ListMove("source"u8, "target"u8, ListEnd.Left, ListEnd.Left, ref sink));
        Assert.Equal(20_000, Assert.Single(store.Range("source")!).Length);
        Assert.Null(store.Range("target"));
        string[] items = [.. Enumerable.Range(0, 3_000).Select(i => $"member {i}")];
        Assert.Equal(StoreStatus.OutOfMemory, store.AddMembers("s", out _, items));
        Assert.Equal(StoreStatus.OutOfMemory, store.AddScores("z", out _, [.. items.Select(item => (item, 1.0))]));
        Assert.Null(store.Members("s"));
        Assert.Null(store.Sorted("z"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void What_is_moved_between_keys_is_in_one_of_them_wherever_the_log_ends(int shards)
    {
        var log = new MemoryLog();
        var limits = new StoreLimits { Shards = shards, Tuning = StoreHarness.Tiny };
        using (var harness = new StoreHarness(limits, log: log))
        {
            var sink = new ItemList();
            harness.Store.Push("a", ListEnd.Right, out _, "element");
            harness.Store.AddMembers("s", out _, "member");
            for (int i = 0; i < 20; i++)
            {
                (string from, string to) = i % 2 == 0 ? ("a", "b") : ("b", "a");
                harness.Store.ListMove(from.Raw(), to.Raw(), ListEnd.Left, ListEnd.Right, ref sink);
                (from, to) = i % 2 == 0 ? ("s", "t") : ("t", "s");
                harness.Store.SetMove(from.Raw(), to.Raw(), "member"u8, out _);
            }
        }

        for (ulong end = log.End.Value; end > 3; end--)
        {
            log.Cut(new Lsn(end));
            using var recovered = new StoreHarness(limits);
            using StoreRecovery recovery = recovered.Store.BeginRecovery(workers: shards > 1 ? 2 : 0);
            log.Replay(Lsn.None, recovery);
            recovery.Complete();
            Assert.Single([.. recovered.Store.Range("a") ?? [], .. recovered.Store.Range("b") ?? []]);
            Assert.Single([.. recovered.Store.Members("s") ?? [], .. recovered.Store.Members("t") ?? []]);
        }
    }

    [Fact]
    public void Inserting_at_one_place_again_and_again_finds_room_and_survives()
    {
        var log = new MemoryLog();
        var limits = new StoreLimits { Shards = 1 };
        List<string> model = [.. Enumerable.Range(0, 200).Select(i => $"{i}")];
        using (var harness = new StoreHarness(limits, log: log))
        {
            harness.Store.Push("l", ListEnd.Right, out _, [.. model]);
            for (int i = 0; i < 600; i++)
            {
                bool before = i % 3 != 0;
                string pivot = i % 5 == 0 ? "199" : i % 7 == 0 ? "0" : "100";
                Assert.Equal(StoreStatus.Ok, harness.Store.ListInsert("l"u8, before, pivot.Raw(), $"n{i}".Raw(), out _));
                model.Insert(model.IndexOf(pivot) + (before ? 0 : 1), $"n{i}");
            }

            Assert.Equal(model, harness.Store.Range("l"));
            harness.Store.Check();
        }

        using var recovered = new StoreHarness(limits);
        using StoreRecovery recovery = recovered.Store.BeginRecovery();
        log.Replay(Lsn.None, recovery);
        recovery.Complete();
        Assert.Equal(model, recovered.Store.Range("l"));
    }

    [Fact]
    public void Members_by_chance_come_about_equally_often()
    {
        using var harness = new StoreHarness(new StoreLimits());
        StoreService store = harness.Store;
        store.AddMembers("s", out _, [.. Enumerable.Range(0, 500).Select(i => $"m{i}")]);
        var sink = new ItemList();
        store.SetSample("s"u8, -100_000, ref sink);
        int[] counts = [.. sink.Items.GroupBy(item => item).Select(group => group.Count())];
        Assert.Equal(500, counts.Length);

        // 200 of each are expected, with a deviation of 14: five of them are beyond chance.
        Assert.InRange(counts.Min(), 120, 200);
        Assert.InRange(counts.Max(), 200, 290);
    }

    private static void Use(StoreService store, ReadOnlySpan<byte> key, byte[] item, byte[] score)
    {
        var one = new OneItem(item);
        store.ListPush(key, ListEnd.Left, ifPresent: false, ref one, out _, out _);
        var nothing = default(Nothing);
        store.ListRange(key, 0, 10, ref nothing);
        store.ListPop(key, ListEnd.Right, 1, ref nothing);
        one = new OneItem(item);
        store.SetAdd("members"u8, ref one, out _);
        one = new OneItem(item);
        store.SetRemove("members"u8, ref one, out _);
        var pair = new OneScore(item, score);
        store.SortedSet("scores"u8, ref pair, out _);
        store.SortedRank("scores"u8, item, reverse: false, out _, out _);
        store.SortedList("scores"u8, SortedRange.ByRank(0, 10), ref nothing);
        one = new OneItem(item);
        store.SortedRemove("scores"u8, ref one, out _);
    }

    private struct OneItem(byte[] item) : IBlobSource
    {
        private bool _taken;

        public bool TryTake(out ReadOnlySpan<byte> next)
        {
            next = item;
            bool given = !_taken;
            _taken = true;
            return given;
        }
    }

    private struct OneScore(byte[] item, byte[] score) : IPairSource
    {
        private bool _taken;

        public bool TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
        {
            first = item;
            second = score;
            bool given = !_taken;
            _taken = true;
            return given;
        }
    }

    private struct Nothing : IBlobSink, IScoreSink
    {
        public readonly bool Add(ReadOnlySpan<byte> item) => true;

        public readonly bool Add(ReadOnlySpan<byte> member, double score) => true;
    }
}
