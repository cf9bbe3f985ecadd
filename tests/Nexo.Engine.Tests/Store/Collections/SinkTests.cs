using System.Globalization;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>What is given out stops where the taker wants no more; and what comes by chance.</summary>
public sealed class SinkTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(5_000)]
    public void Of_what_is_popped_only_that_goes_which_was_taken(int items)
    {
        const int Room = 3;
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        string[] all = [.. Enumerable.Range(0, items).Select(i => i.ToString("00000", CultureInfo.InvariantCulture))];
        store.Push("l", ListEnd.Right, out _, all);
        store.AddMembers("s", out _, all);
        store.AddScores("z", out _, [.. all.Select((item, i) => (item, (double)i))]);

        var left = new ItemList(Room);
        var right = new ItemList(Room);
        store.ListPop("l"u8, ListEnd.Left, 100, ref left);
        store.ListPop("l"u8, ListEnd.Right, 100, ref right);
        Assert.Equal(all.Take(Room), left.Items);
        Assert.Equal(all.Reverse().Take(Room), right.Items);
        Assert.Equal(all.Skip(Room).SkipLast(Room), store.Range("l"));

        var members = new ItemList(Room);
        store.SetPop("s"u8, 100, ref members);
        Assert.Equal(Room, members.Items.Distinct().Count());
        Assert.Equal(all.Except(members.Items), store.Members("s")!.Order());

        var lowest = new ScoreList(Room);
        var highest = new ScoreList(Room);
        store.SortedPop("z"u8, highest: false, 100, ref lowest);
        store.SortedPop("z"u8, highest: true, 100, ref highest);
        Assert.Equal(all.Take(Room), lowest.Members.Select(member => member.Member));
        Assert.Equal(all.Reverse().Take(Room), highest.Members.Select(member => member.Member));
        Assert.Equal(all.Skip(Room).SkipLast(Room), store.Sorted("z")!.Select(member => member.Member));
        store.Check();
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(10, 9)]
    [InlineData(10, 50)]
    [InlineData(6_000, 1)]
    [InlineData(6_000, 100)]
    [InlineData(6_000, 4_000)]
    [InlineData(6_000, 7_000)]
    public void Fields_and_members_by_chance_are_different_ones_and_each_has_its_turn(int items, int count)
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        string[] all = [.. Enumerable.Range(0, items).Select(i => $"f{i}")];
        var pairs = new PairArray([.. all.Select(field => (field.Raw(), field.Raw()))]);
        store.HashSet("h"u8, ref pairs, out _, out _);
        store.AddScores("z", out _, [.. all.Select((item, i) => (item, (double)i))]);
        var seen = new HashSet<string>();
        for (int round = 0; round < 20; round++)
        {
            var fields = new ItemList();
            var members = new ScoreList();
            Assert.Equal(StoreStatus.Ok, store.HashSample("h"u8, count, ref fields));
            Assert.Equal(StoreStatus.Ok, store.SortedSample("z"u8, count, ref members));
            Assert.Equal(Math.Min(count, items), fields.Items.Distinct().Count());
            Assert.Equal(Math.Min(count, items), fields.Items.Count);
            Assert.Equal(Math.Min(count, items), members.Members.Distinct().Count());
            Assert.All(members.Members, member => Assert.Equal($"f{member.Score}", member.Member));
            seen.UnionWith(fields.Items);
        }

        Assert.InRange(seen.Count, Math.Min(items, Math.Max(2, count)), items);
        Assert.Subset(all.ToHashSet(), seen);
    }

    [Fact]
    public void With_a_negative_count_some_come_again_as_long_as_the_taker_wants_more()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 });
        StoreService store = harness.Store;
        var pair = new PairArray([("f"u8.ToArray(), "v"u8.ToArray())]);
        store.HashSet("h"u8, ref pair, out _, out _);
        store.AddScores("z", out _, ("m", 1));
        var fields = new ItemList(7);
        var members = new ScoreList(7);

        store.HashSample("h"u8, -1_000_000_000_000, ref fields);
        store.SortedSample("z"u8, -1_000_000_000_000, ref members);

        Assert.Equal(Enumerable.Repeat("f", 7), fields.Items);
        Assert.Equal(Enumerable.Repeat(("m", 1.0), 7), members.Members);
        Assert.Equal(StoreStatus.NotFound, store.HashSample("none"u8, 1, ref fields));
        Assert.Equal(StoreStatus.WrongType, store.HashSample("z"u8, 1, ref fields));
    }
}
