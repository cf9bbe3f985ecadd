using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <content>Sets.</content>
internal sealed partial class CollectionPair
{
    private void ChangeSet(Random random, string key)
    {
        string[] items = Items(random);
        var source = new BlobArray(items.Raw());
        HashSet<string>? set;
        switch (random.Next(6))
        {
            case < 3:
                StoreStatus status = _store.SetAdd(key.Raw(), ref source, out int added);
                set = model.Make<HashSet<string>>(key);
                Assert.Equal(set is null ? StoreStatus.WrongType : StoreStatus.Ok, status);
                Assert.Equal(set is null ? 0 : items.Count(set.Add), added);
                break;
            case 3:
                set = model.Find<HashSet<string>>(key, out StoreStatus expected);
                Assert.Equal(expected, _store.SetRemove(key.Raw(), ref source, out int removed));
                Assert.Equal(set is null ? 0 : items.Count(set.Remove), removed);
                model.Tidy(key);
                break;
            case 4:
                PopMembers(random, key);
                break;
            default:
                ReadSet(random, key, items);
                break;
        }
    }

    private void PopMembers(Random random, string key)
    {
        int count = random.Next(4);
        var sink = new ItemList();
        StoreStatus status = _store.SetPop(key.Raw(), count, ref sink);
        HashSet<string>? set = model.Find<HashSet<string>>(key, out StoreStatus expected);
        Assert.Equal(expected, status);
        if (set is not null)
        {
            Assert.Equal(Math.Min(count, set.Count), sink.Items.Count);
            Assert.All(sink.Items, item => Assert.True(set.Remove(item)));
            model.Tidy(key);
        }
    }

    private void ReadSet(Random random, string key, string[] items)
    {
        HashSet<string>? set = model.Find<HashSet<string>>(key, out StoreStatus expected);
        Assert.Equal(expected, _store.SetCount(key.Raw(), out int count));
        Assert.Equal(set?.Count ?? 0, count);
        var source = new BlobArray(items.Raw());
        var found = new FieldList();
        Assert.Equal(expected, _store.SetContains(key.Raw(), ref source, ref found));
        Assert.Equal(set is null ? [] : items.Select(item => set.Contains(item) ? "" : null), found.Values);

        int wanted = random.Next(-4, 30);
        var sample = new ItemList();
        Assert.Equal(expected, _store.SetSample(key.Raw(), wanted, ref sample));
        if (set is not null)
        {
            Assert.Equal(wanted < 0 ? -wanted : Math.Min(wanted, set.Count), sample.Items.Count);
            Assert.All(sample.Items, item => Assert.Contains(item, set));
            Assert.True(wanted < 0 || sample.Items.Distinct().Count() == sample.Items.Count);
        }

        HashSet<string> scanned = [];
        uint cursor = 0;
        do
        {
            var page = new ItemList();
            Assert.Equal(expected, _store.ScanFields(StoreEntryKind.Set, key.Raw(), ref cursor, 1, ref page));
            scanned.UnionWith(page.Items);
        }
        while (cursor != 0);
        Assert.Equal(set ?? [], scanned);
    }

    private void CombineSets(Random random, string key)
    {
        if (random.Next(3) == 0)
        {
            MoveMember(random, key);
            return;
        }

        string[] keys = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Key(random))];
        var operation = (SetOperation)random.Next(3);
        bool wrong = keys.Any(other => model.Entries.TryGetValue(other, out object? value) && value is not HashSet<string>);
        HashSet<string> expected = [];
        if (!wrong)
        {
            HashSet<string>[] sets = [.. keys.Select(other => model.Find<HashSet<string>>(other, out _) ?? [])];
            expected = [.. sets[0]];
            foreach (HashSet<string> set in sets.Skip(1))
            {
                (operation switch
                {
                    SetOperation.Union => (Action<HashSet<string>>)expected.UnionWith,
                    SetOperation.Intersection => expected.IntersectWith,
                    _ => expected.ExceptWith,
                })(set);
            }
        }

        StoreStatus status = wrong ? StoreStatus.WrongType : StoreStatus.Ok;
        var sink = new ItemList();
        Assert.Equal(status, _store.SetCombine(operation, keys.Raw(), ref sink));
        Assert.Equal(expected.Order(StringComparer.Ordinal), sink.Items.Order(StringComparer.Ordinal));
        if (random.Next(2) == 0)
        {
            Assert.Equal(status, _store.SetCombineStore(operation, key.Raw(), keys.Raw(), out long members));
            Assert.Equal(expected.Count, members);
            if (!wrong)
            {
                model.Put(key, expected);
                model.Tidy(key);
            }
        }
    }

    private void MoveMember(Random random, string key)
    {
        string target = Key(random);
        string item = Item(random);
        StoreStatus status = _store.SetMove(key.Raw(), target.Raw(), item.Raw(), out bool moved);
        HashSet<string>? source = model.Find<HashSet<string>>(key, out StoreStatus expected);
        if (source is null)
        {
            Assert.Equal(expected == StoreStatus.NotFound ? StoreStatus.Ok : expected, status);
            Assert.False(moved);
            return;
        }

        model.Find<HashSet<string>>(target, out StoreStatus there);
        Assert.Equal(there == StoreStatus.WrongType ? there : StoreStatus.Ok, status);
        Assert.Equal(there != StoreStatus.WrongType && source.Contains(item), moved);
        if (moved)
        {
            source.Remove(item);
            model.Make<HashSet<string>>(target)!.Add(item);
            model.Tidy(key);
        }
    }
}
