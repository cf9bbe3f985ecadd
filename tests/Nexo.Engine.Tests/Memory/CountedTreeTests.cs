using CsCheck;
using Nexo.Engine.Memory;
using Xunit;

namespace Nexo.Engine.Tests.Memory;

/// <summary>A counted tree against a plain list: inserts, removals and cuts at every size.</summary>
public sealed unsafe class CountedTreeTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(256)]
    public void A_tree_holds_what_a_list_holds_and_gives_all_memory_back(int nodeBytes)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[50, 700];
        seeds.Sample(sequence => Run(nodeBytes, sequence), iter: 60, threads: 1);
    }

    private static void Run(int nodeBytes, int[] seeds)
    {
        using var pool = new PagePool(4_096);
        using var arena = new Arena(pool, new MemoryBudget(0, 1), 4_096);
        var tree = new CountedTree(nodeBytes);
        var model = new List<long>();
        uint dead = 0;
        foreach (int seed in seeds)
        {
            Step(new Random(seed), arena, ref tree, model, ref dead);
        }

        Compare(arena, tree, model);
        for (uint item = tree.Tear(arena); item != 0; item = tree.Tear(arena))
        {
            arena.Free(item);
        }

        while (dead != 0)
        {
            var table = (FieldTable*)arena.At(dead);
            uint next = table->NextDead;
            for (uint item = table->Tree.Tear(arena); item != 0; item = table->Tree.Tear(arena))
            {
                arena.Free(item);
            }

            arena.Free(dead);
            dead = next;
        }

        Assert.Equal(0, arena.Slots);
        arena.Check();
    }

    private static void Step(Random random, Arena arena, ref CountedTree tree, List<long> model, ref uint dead)
    {
        int count = model.Count;
        switch (random.Next(12))
        {
            case < 3:
                // In a row at an end, as lists grow.
                bool front = random.Next(2) == 0;
                for (int i = random.Next(40); i > 0; i--)
                {
                    long label = front ? (model.Count == 0 ? 0 : model[0]) - 10 : (model.Count == 0 ? 0 : model[^1]) + 10;
                    Insert(arena, ref tree, model, label);
                }

                break;
            case < 7:
                Insert(arena, ref tree, model, random.Next(-300, 300));
                break;
            case < 9 when count > 0:
                for (int i = Math.Min(random.Next(1, 20), count); i > 0; i--)
                {
                    int rank = random.Next(model.Count);
                    arena.Free(tree.RemoveAt(arena, (uint)rank));
                    model.RemoveAt(rank);
                }

                break;
            case 9 when count > 1:
                uint items = (uint)random.Next(1, count);
                tree.CutFront(arena, items, ref dead);
                model.RemoveRange(0, (int)items);
                break;
            case 10 when count > 1:
                items = (uint)random.Next(1, count);
                tree.CutBack(arena, items, ref dead);
                model.RemoveRange(count - (int)items, (int)items);
                break;
            default:
                Compare(arena, tree, model);
                break;
        }
    }

    private static void Insert(Arena arena, ref CountedTree tree, List<long> model, long label)
    {
        int at = model.BinarySearch(label);
        Assert.Equal((uint)(at < 0 ? ~at : at), tree.RankOf(arena, ItemProbe.Label(label), after: false));
        if (at >= 0)
        {
            Assert.Equal((uint)at + 1, tree.RankOf(arena, ItemProbe.Label(label), after: true));
            return;
        }

        uint reference = arena.Allocate(ListItem.Bytes(0));
        ListItem.Write(arena.At(reference), label, default);
        tree.Insert(arena, (uint)~at, reference);
        model.Insert(~at, label);
    }

    private static void Compare(Arena arena, in CountedTree tree, List<long> model)
    {
        Assert.Equal((uint)model.Count, tree.Count);
        tree.CountNodes(arena);
        if (model.Count == 0)
        {
            return;
        }

        var forward = new List<long>();
        for (CountedTree.Position at = tree.Seek(arena, 0); !at.AtEnd; at = CountedTree.Next(arena, at))
        {
            forward.Add(ListItem.Label(arena.At(at.Reference)));
        }

        Assert.Equal(model, forward);
        var backward = new List<long>();
        for (CountedTree.Position at = tree.Seek(arena, model.Count - 1); !at.AtEnd; at = CountedTree.Previous(arena, at))
        {
            backward.Add(ListItem.Label(arena.At(at.Reference)));
        }

        Assert.Equal(Enumerable.Reverse(model), backward);
        for (int rank = 0; rank < model.Count; rank += 7)
        {
            Assert.Equal(model[rank], ListItem.Label(arena.At(tree.Seek(arena, rank).Reference)));
        }
    }
}
