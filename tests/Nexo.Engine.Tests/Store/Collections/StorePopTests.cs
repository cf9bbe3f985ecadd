using System.Collections.Concurrent;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Pops that wait: who came first is served first, each element goes to one, nobody is forgotten.</summary>
public sealed class StorePopTests
{
    [Fact]
    public void A_pop_takes_from_the_first_key_that_has_something_and_is_not_told_later()
    {
        using var harness = new StoreHarness();
        harness.Store.Push("b", ListEnd.Right, out _, "1", "2", "3");
        var target = new Target();
        var pop = new StorePop(["a".Raw(), "b".Raw()], StorePopKind.ListRight, target) { CountMax = 2 };
        Assert.Equal(StoreStatus.Ok, harness.Store.Pop(pop, waits: true));
        Assert.Equal([("b", "3"), ("b", "2")], target.Items);
        Assert.Empty(target.Ended);
        Assert.Equal(StoreStatus.NotFound, harness.Store.Pop(new StorePop(["a".Raw()], StorePopKind.ListLeft, target), waits: false));
    }

    [Fact]
    public void Those_who_wait_are_served_in_the_order_in_which_they_came_and_the_rest_stays()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4, Tuning = StoreHarness.Tiny });
        Target[] targets = [.. Enumerable.Range(0, 3).Select(_ => new Target())];
        foreach (Target target in targets)
        {
            var pop = new StorePop(["x".Raw(), "k".Raw(), "y".Raw()], StorePopKind.ListLeft, target);
            Assert.Equal(StoreStatus.NotFound, harness.Store.Pop(pop, waits: true));
        }

        harness.Store.Push("k", ListEnd.Right, out long length, "1", "2");
        Assert.Equal(2, length);
        Assert.Equal([("k", "1")], targets[0].Items);
        Assert.Equal([("k", "2")], targets[1].Items);
        Assert.Empty(targets[2].Items);
        harness.Store.Push("y", ListEnd.Right, out _, "3", "4");
        Assert.Equal([("y", "3")], targets[2].Items);
        Assert.Equal(["4"], harness.Store.Range("y"));
        Assert.All(targets, target => Assert.Equal([StoreStatus.Ok], target.Ended));
        harness.Store.Push("x", ListEnd.Right, out _, "5");
        Assert.Equal(["5"], harness.Store.Range("x"));
    }

    [Fact]
    public void Who_gave_up_gets_nothing_and_what_is_of_another_type_serves_nobody()
    {
        using var harness = new StoreHarness();
        var first = new Target();
        var second = new Target();
        var gone = new StorePop(["k".Raw()], StorePopKind.ListLeft, first);
        harness.Store.Pop(gone, waits: true);
        harness.Store.Pop(new StorePop(["k".Raw()], StorePopKind.ScoreMax, second), waits: true);
        Assert.True(harness.Store.Cancel(gone));
        Assert.False(harness.Store.Cancel(gone));
        harness.Store.Push("k", ListEnd.Right, out _, "1");
        Assert.Equal(["1"], harness.Store.Range("k"));
        harness.Store.Delete("k"u8, default, out _);
        harness.Store.AddScores("k", out _, ("low", 1), ("high", 2));
        Assert.Empty(first.Items);
        Assert.Equal([("k", "high")], second.Items);
        Assert.Equal(
            StoreStatus.WrongType, harness.Store.Pop(new StorePop(["k".Raw()], StorePopKind.ListLeft, first), waits: true));
    }

    [Fact]
    public void A_chain_of_moves_that_wait_hands_an_element_on_to_its_end()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 });
        const int Length = 3_000;
        Target[] targets = [.. Enumerable.Range(0, Length).Select(_ => new Target())];
        for (int i = 0; i < Length; i++)
        {
            var pop = new StorePop([$"k{i}".Raw()], StorePopKind.ListLeft, targets[i]) { Destination = $"k{i + 1}".Raw() };
            Assert.Equal(StoreStatus.NotFound, harness.Store.Pop(pop, waits: true));
        }

        harness.Store.Push("k0", ListEnd.Right, out _, "element");
        Assert.All(targets, target => Assert.Equal([StoreStatus.Ok], target.Ended));
        Assert.Equal(["element"], harness.Store.Range($"k{Length}"));
        Assert.Equal(1, harness.Store.Stats.Entries);
    }

    [Fact]
    public void A_move_to_what_is_no_list_ends_with_that_and_the_element_stays_for_the_next()
    {
        using var harness = new StoreHarness();
        harness.Set("value", "v");
        var first = new Target();
        var second = new Target();
        var move = new StorePop(["k".Raw()], StorePopKind.ListLeft, first) { Destination = "value".Raw() };
        harness.Store.Pop(move, waits: true);
        harness.Store.Pop(new StorePop(["k".Raw()], StorePopKind.ListLeft, second), waits: true);
        harness.Store.Push("k", ListEnd.Right, out _, "1");
        Assert.Equal([StoreStatus.WrongType], first.Ended);
        Assert.Equal([("k", "1")], second.Items);
    }

    [Fact]
    public void Who_does_not_wait_yet_leaves_what_is_there_to_those_who_do()
    {
        using var harness = new StoreHarness();
        var first = new Target();
        var second = new Target();
        harness.Store.Pop(new StorePop(["k".Raw()], StorePopKind.ListLeft, first), waits: true);
        using (harness.Store.EnterAll())
        {
            harness.Store.Push("k", ListEnd.Right, out _, "1");
            var pop = new StorePop(["k".Raw()], StorePopKind.ListLeft, second);
            Assert.Equal(StoreStatus.NotFound, harness.Store.Pop(pop, waits: false, inTurn: true));
        }

        Assert.Equal([("k", "1")], first.Items);
        Assert.Empty(second.Items);
    }

    [Fact]
    public void A_move_that_has_waited_has_others_evicted_as_one_that_does_not()
    {
        using var harness = new StoreHarness(new StoreLimits
        {
            Shards = 2,
            MemoryBytesMax = 1_024 * 1_024,
            Eviction = StoreEviction.Evict,
        });
        StoreService store = harness.Store;
        string[] keys = [.. Enumerable.Range(0, 60_000).Select(i => $"k{i}")];
        string target = keys.First(key => store.ShardIndexOf(store.HashOf(key.Raw())) == 1);
        string[] others = [.. keys.Where(key => store.ShardIndexOf(store.HashOf(key.Raw())) == 0)];
        var waiting = new Target();
        store.Pop(new StorePop([others[0].Raw()], StorePopKind.ListLeft, waiting) { Destination = target.Raw() }, waits: true);
        foreach (string other in others[1..])
        {
            harness.Set(other, new string('x', 60));
        }

        Assert.True(store.Stats.Evicted > 0);
        Assert.Equal(StoreStatus.Ok, store.Push(others[0], ListEnd.Left, out _, new string('y', 100_000)));
        Assert.Equal([StoreStatus.Ok], waiting.Ended);
        Assert.Single(store.Range(target)!);
    }

    [Fact]
    public void Within_a_scope_nobody_comes_between_and_who_waits_is_served_behind_it()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        var target = new Target();
        harness.Store.Pop(new StorePop(["a".Raw()], StorePopKind.ListLeft, target), waits: true);
        Nexo.Storage.Lsn before = log.End;
        using (harness.Store.EnterAll())
        {
            harness.Store.Push("a", ListEnd.Right, out _, "1");
            harness.Store.Push("b", ListEnd.Right, out _, "2");
            Assert.Equal(["1"], harness.Store.Range("a"));
            Assert.Empty(target.Items);
            Assert.Equal(before, log.End);
        }

        Assert.Equal([("a", "1")], target.Items);
        Assert.Equal([(byte)31, (byte)27], log.Hex(before).Select(record => record.Kind));
    }

    [Fact]
    public async Task Each_element_goes_to_one_of_many_who_wait_push_move_and_give_up()
    {
        using var harness = new StoreHarness(new StoreLimits { Shards = 4 });
        StoreService store = harness.Store;
        const int PerPusher = 3_000;
        var got = new ConcurrentBag<string>();
        using var stop = new CancellationTokenSource();
        Task[] poppers = [.. Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            var random = new Random(i);
            while (!stop.IsCancellationRequested)
            {
                var target = new Target();
                var pop = new StorePop(["a".Raw(), "b".Raw()], (StorePopKind)random.Next(2), target);
                if (store.Pop(pop, waits: true) == StoreStatus.NotFound)
                {
                    Task ended = target.Done.Task;
                    if (await Task.WhenAny(ended, Task.Delay(random.Next(3))) != ended && !store.Cancel(pop))
                    {
                        await ended;
                    }
                }

                target.Items.ForEach(item => got.Add(item.Item));
            }
        }))];
        Task[] pushers = [.. Enumerable.Range(0, 2).Select(i => Task.Run(() =>
        {
            var sink = new ItemList();
            for (int n = 0; n < PerPusher; n++)
            {
                store.Push(n % 3 == 0 ? "c" : "a", (ListEnd)(n % 2), out _, $"{i}:{n}");
                store.ListMove("c"u8, "b"u8, ListEnd.Left, ListEnd.Right, ref sink);
            }
        }))];
        await Task.WhenAll(pushers);
        for (int tries = 0; tries < 500 && got.Count < 2 * PerPusher; tries++)
        {
            await Task.Delay(10);
            var sink = new ItemList();
            store.ListMove("c"u8, "b"u8, ListEnd.Left, ListEnd.Right, ref sink);
        }

        await stop.CancelAsync();
        await Task.WhenAll(poppers);
        Assert.Equal(2 * PerPusher, got.Count);
        Assert.Equal(2 * PerPusher, got.Distinct().Count());
        Assert.Equal(0, store.Stats.Entries);
    }

    private sealed class Target : IStorePopTarget
    {
        public List<(string Key, string Item)> Items { get; } = [];

        public List<StoreStatus> Ended { get; } = [];

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Room { get; init; } = int.MaxValue;

        public bool Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> item, double score)
        {
            Items.Add((System.Text.Encoding.Latin1.GetString(key), System.Text.Encoding.Latin1.GetString(item)));
            return Items.Count < Room;
        }

        public void Complete(StoreStatus status)
        {
            Ended.Add(status);
            Done.TrySetResult();
        }
    }
}
