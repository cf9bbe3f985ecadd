using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Random commands on the engine and on the model: the same answers.</summary>
internal sealed partial class CollectionPair(StoreService store, CollectionModel model)
{
    private const int Keys = 9;

    private readonly StoreService _store = store;

    public CollectionModel Model => model;

    public void Do(Random random)
    {
        string key = Key(random);
        switch (random.Next(30))
        {
            case < 6:
                Push(random, key);
                break;
            case < 9:
                Pop(random, key);
                break;
            case < 12:
                EditList(random, key);
                break;
            case < 14:
                ReadList(random, key);
                break;
            case 14:
                MoveElement(random, key);
                break;
            case < 18:
                ChangeSet(random, key);
                break;
            case 18:
                CombineSets(random, key);
                break;
            case < 23:
                ChangeScores(random, key);
                break;
            case < 25:
                ReadScores(random, key);
                break;
            case 25:
                CombineScores(random, key);
                break;
            case 26:
                Other(random, key);
                break;
            case 27:
                Assert.Equal(model.Entries.ContainsKey(key), _store.Exists(key.Raw()));
                Assert.Equal(model.Remove(key) ? StoreStatus.Ok : StoreStatus.NotFound, _store.Delete(key.Raw(), default, out _));
                break;
            case 28:
                Expire(random, key);
                break;
            default:
                Compare(key);
                break;
        }
    }

    public void CompareAll()
    {
        for (int i = 0; i < Keys; i++)
        {
            Compare($"k{i}");
        }

        Assert.Equal(model.Entries.Count, _store.Stats.Entries);
        _store.Check();
    }

    private static string Key(Random random) => $"k{random.Next(Keys)}";

    private static string Item(Random random) => random.Next(60) switch
    {
        0 => new string('x', random.Next(90, 900)),
        1 => "",
        _ => $"{(char)('a' + random.Next(20))}{(random.Next(3) == 0 ? "longer" : "")}",
    };

    private static string[] Items(Random random, int max = 5) =>
        [.. Enumerable.Range(0, random.Next(12) == 0 ? random.Next(1, 40) : random.Next(1, max)).Select(_ => Item(random))];

    private void Compare(string key)
    {
        StoreStatus status = _store.Kind(key.Raw(), out StoreEntryKind kind);
        if (!model.Entries.TryGetValue(key, out object? expected))
        {
            Assert.Equal(StoreStatus.NotFound, status);
            return;
        }

        Assert.Equal(StoreStatus.Ok, status);
        switch (expected)
        {
            case List<string> list:
                Assert.Equal(StoreEntryKind.List, kind);
                Assert.Equal(list, _store.Range(key));
                break;
            case HashSet<string> set:
                Assert.Equal(StoreEntryKind.Set, kind);
                Assert.Equal(set.Order(StringComparer.Ordinal), _store.Members(key)!.Order(StringComparer.Ordinal));
                break;
            case Dictionary<string, double> scores:
                Assert.Equal(StoreEntryKind.SortedSet, kind);
                Assert.Equal(CollectionModel.Sort(scores), _store.Sorted(key));
                break;
            default:
                Assert.Equal(expected is string ? StoreEntryKind.Value : StoreEntryKind.Hash, kind);
                break;
        }

        Assert.Equal(StoreStatus.Ok, _store.Ttl(key.Raw(), out long remaining));
        Assert.Equal(model.Expires(key), remaining > 0);
    }

    private void Other(Random random, string key)
    {
        if (random.Next(2) == 0)
        {
            Assert.Equal(StoreStatus.Ok, _store.Set(key.Raw(), "v"u8, default, null, out _));
            model.Put(key, "v");
            return;
        }

        var pairs = new PairArray(("f".Raw(), "v".Raw()));
        bool there = model.Make<Dictionary<string, string>>(key) is { } fields && (fields["f"] = "v") is not null;
        Assert.Equal(there ? StoreStatus.Ok : StoreStatus.WrongType, _store.HashSet(key.Raw(), ref pairs, out _, out _));
    }

    private void Expire(Random random, string key)
    {
        StoreStatus expected = model.Entries.ContainsKey(key) ? StoreStatus.Ok : StoreStatus.NotFound;
        if (random.Next(5) == 0)
        {
            Assert.Equal(expected, _store.Expire(key.Raw(), new StoreExpiry(StoreExpiryKind.At, 1)));
            model.Remove(key);
            return;
        }

        Assert.Equal(expected, _store.Expire(key.Raw(), new StoreExpiry(StoreExpiryKind.After, 900_000)));
        if (expected == StoreStatus.Ok)
        {
            model.Expire(key);
        }
    }
}
