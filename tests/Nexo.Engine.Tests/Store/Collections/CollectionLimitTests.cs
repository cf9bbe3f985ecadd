using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>What one command may take, gather and log: more is refused, and nothing has changed.</summary>
public sealed class CollectionLimitTests
{
    private static readonly string[] Large = [.. Enumerable.Range(0, 4_000).Select(i => $"an element of some length, number {i}")];

    [Fact]
    public void What_is_larger_than_a_slice_of_a_snapshot_is_copied_and_renamed_whole()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 }, log: log);
        StoreService store = harness.Store;
        store.Push("list", ListEnd.Right, out _, Large);
        store.AddMembers("set", out _, Large);
        store.AddScores("sorted", out _, [.. Large.Select((member, i) => (member, (double)(i % 10)))]);
        List<(string Member, double Score)>? sorted = store.Sorted("sorted");
        foreach (string key in (string[])["list", "set", "sorted"])
        {
            Assert.Equal(StoreStatus.Ok, store.Copy(key.Raw(), $"{key} copied".Raw(), replace: false));
            Assert.Equal(StoreStatus.Ok, store.Rename(key.Raw(), $"{key} renamed".Raw(), replace: false));
            Assert.False(store.Exists(key.Raw()));
        }

        foreach (string how in (string[])["copied", "renamed"])
        {
            Assert.Equal(Large, store.Range($"list {how}"));
            Assert.Equal(Large.Order(), store.Members($"set {how}")!.Order());
            Assert.Equal(sorted, store.Sorted($"sorted {how}"));
        }

        store.Check();
    }

    [Fact]
    public void What_is_gathered_of_others_has_a_bound()
    {
        using var harness = new StoreHarness(new StoreLimits
        {
            Shards = 4,
            Tuning = StoreHarness.Tiny with { GatheredBytesMax = 20_000 },
        });
        StoreService store = harness.Store;
        store.AddMembers("set", out _, Large);
        store.AddScores("sorted", out _, [.. Large.Select((member, i) => (member, (double)i))]);
        store.Push("list", ListEnd.Right, out _, Large);
        store.AddMembers("few", out _, Large[..30]);
        byte[][] sets = ["set".Raw(), "few".Raw()];
        var sink = new ItemList();
        var scores = new ScoreList();
        var union = new SortedCombination(SetOperation.Union, ScoreAggregate.Sum, null);
        var difference = new SortedCombination(SetOperation.Difference, ScoreAggregate.Sum, null);
        StoreStatus[] refused =
        [
            store.SetCombine(SetOperation.Union, sets, ref sink),
            store.SetCombineStore(SetOperation.Difference, "few"u8, sets, out _),
            store.SortedCombine(union, sets, ref scores),
            store.SortedCombineStore(difference, "few"u8, sets, out _),
            store.SortedListStore("few"u8, "sorted"u8, SortedRange.ByRank(0, -1), out _),
            store.Copy("list"u8, "few"u8, replace: true),
            store.Rename("set"u8, "few"u8, replace: true),
            store.Rename("sorted"u8, "few"u8, replace: true),
        ];
        Assert.All(refused, status => Assert.Equal(StoreStatus.ValueTooLarge, status));
        Assert.Equal(30, store.Members("few")!.Count);
        Assert.Equal(StoreStatus.Ok, store.SetCombine(SetOperation.Intersection, sets, ref sink));
        Assert.Equal(30, sink.Items.Count);
        Assert.Equal(StoreStatus.Ok, store.CountCommon(["set".Raw(), "sorted".Raw()], scored: true, 0, out long members));
        Assert.Equal(Large.Length, members);
        Assert.Equal(StoreStatus.Ok, store.CountCommon(["set".Raw(), "set".Raw()], scored: false, 77, out members));
        Assert.Equal(77, members);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("set")]
    public void A_copy_of_tiny_items_does_not_go_beyond_the_memory_limit(string key)
    {
        const long Limit = 8 * 1_024 * 1_024;
        using var harness = new StoreHarness(new StoreLimits { Shards = 1, MemoryBytesMax = Limit });
        StoreService store = harness.Store;
        for (int i = 0; store.Stats.UsedBytes < Limit * 11 / 20; i++)
        {
            string[] items = [.. Enumerable.Range(0, 500).Select(j => ((char)(' ' + (i % 90))).ToString() + (i / 90 * 500 + j))];
            StoreStatus status = key == "set" ? store.AddMembers(key, out _, items) : store.Push(key, ListEnd.Right, out _, items);
            Assert.Equal(StoreStatus.Ok, status);
        }

        Assert.Equal(StoreStatus.OutOfMemory, store.Copy(key.Raw(), "copy"u8, replace: false));
        Assert.InRange(store.Stats.UsedBytes, 0, Limit);
    }

    [Fact]
    public void Neighbours_that_move_apart_for_an_element_are_asked_for_at_the_log()
    {
        var log = new MemoryLog { RecordBytesMax = 700 };
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        StoreService store = harness.Store;
        for (int i = 0; i < 100; i++)
        {
            store.Push("list", ListEnd.Right, out _, new string('x', 500) + i);
        }

        StoreStatus status = StoreStatus.Ok;
        byte[] pivot = (new string('x', 500) + 50).Raw();
        for (int i = 0; i < 30 && status == StoreStatus.Ok; i++)
        {
            status = store.ListInsert("list"u8, before: true, pivot, new string('y', 500).Raw(), out _);
        }

        Assert.Equal(StoreStatus.DiskFull, status);
        Assert.All(log.Hex(), record => Assert.InRange(record.Hex.Length / 2, 0, 700));
        log.RecordBytesMax = int.MaxValue;
        Assert.Equal(StoreStatus.Ok, store.ListInsert("list"u8, before: true, pivot, "z"u8, out _));
        store.Check();
    }

    [Fact]
    public void Equal_elements_go_by_one_record_however_many()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        harness.Store.Push("list", ListEnd.Right, out _, [.. Enumerable.Range(0, 2_000).Select(i => i % 2 == 0 ? "x" : "y")]);
        Lsn before = log.End;
        Assert.Equal(StoreStatus.Ok, harness.Store.ListRemove("list"u8, 0, "x"u8, out long removed));
        Assert.Equal(1_000, removed);
        Assert.Single(log.Hex(before));
    }
}
