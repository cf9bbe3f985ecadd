using System.Buffers;
using System.Text;
using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <content>Lists.</content>
internal sealed partial class CollectionPair
{
    private void Push(Random random, string key)
    {
        string[] items = Items(random);
        ListEnd end = random.Next(2) == 0 ? ListEnd.Left : ListEnd.Right;
        bool ifPresent = random.Next(4) == 0;
        var source = new BlobArray(items.Raw());
        StoreStatus status = _store.ListPush(key.Raw(), end, ifPresent, ref source, out long length, out ulong version);
        if (ifPresent && !model.Entries.ContainsKey(key))
        {
            Assert.Equal((StoreStatus.Ok, 0, 0UL), (status, length, version));
            return;
        }

        List<string>? list = model.Make<List<string>>(key);
        if (list is null)
        {
            Assert.Equal(StoreStatus.WrongType, status);
            return;
        }

        list.InsertRange(end == ListEnd.Left ? 0 : list.Count, end == ListEnd.Left ? items.Reverse() : items);
        Assert.Equal((StoreStatus.Ok, list.Count), (status, length));
        Assert.True(version > 0);
    }

    private void Pop(Random random, string key)
    {
        int count = random.Next(8) == 0 ? random.Next(200) : random.Next(1, 4);
        bool left = random.Next(2) == 0;
        var sink = new ItemList();
        StoreStatus status = _store.ListPop(key.Raw(), left ? ListEnd.Left : ListEnd.Right, count, ref sink);
        List<string>? list = model.Find<List<string>>(key, out StoreStatus expected);
        Assert.Equal(expected, status);
        if (list is not null)
        {
            int taken = Math.Min(count, list.Count);
            int from = left ? 0 : list.Count - taken;
            List<string> items = list.GetRange(from, taken);
            Assert.Equal(left ? items : Enumerable.Reverse(items), sink.Items);
            list.RemoveRange(from, taken);
            model.Tidy(key);
        }
    }

    private void EditList(Random random, string key)
    {
        List<string>? list = model.Find<List<string>>(key, out StoreStatus expected);
        string item = Item(random);
        int count = list?.Count ?? 0;
        switch (random.Next(5))
        {
            case 0:
                int rank = random.Next(-count - 1, count + 1);
                bool valid = rank >= -count && rank < count;
                Assert.Equal(
                    list is null || valid ? expected : StoreStatus.InvalidArgument,
                    _store.ListSet(key.Raw(), rank, item.Raw()));
                if (list is not null && valid)
                {
                    list[rank < 0 ? rank + count : rank] = item;
                }

                break;
            case 1 or 2:
                string pivot = list is not null && random.Next(5) > 0 ? list[random.Next(count)] : Item(random);
                bool before = random.Next(2) == 0;
                Assert.Equal(expected, _store.ListInsert(key.Raw(), before, pivot.Raw(), item.Raw(), out long length));
                if (list is not null)
                {
                    int at = list.IndexOf(pivot);
                    Assert.Equal(at < 0 ? -1 : count + 1, length);
                    if (at >= 0)
                    {
                        list.Insert(before ? at : at + 1, item);
                    }
                }

                break;
            case 3:
                int limit = random.Next(-3, 4);
                Assert.Equal(expected, _store.ListRemove(key.Raw(), limit, item.Raw(), out long removed));
                if (list is not null)
                {
                    Assert.Equal(RemoveFrom(list, limit, item), removed);
                    model.Tidy(key);
                }

                break;
            default:
                int first = random.Next(-count - 1, count + 2) / (random.Next(2) + 1);
                int last = random.Next(3) == 0 ? random.Next(-count - 1, count + 2) : -1 - random.Next(3);
                Assert.Equal(expected, _store.ListTrim(key.Raw(), first, last));
                if (list is not null)
                {
                    List<string> kept = Slice(list, first, last);
                    list.Clear();
                    list.AddRange(kept);
                    model.Tidy(key);
                }

                break;
        }
    }

    private void ReadList(Random random, string key)
    {
        List<string>? list = model.Find<List<string>>(key, out StoreStatus expected);
        int count = list?.Count ?? 0;
        Assert.Equal(expected, _store.ListLength(key.Raw(), out long length));
        Assert.Equal(count, length);
        int first = random.Next(-count - 2, count + 2);
        int last = random.Next(-count - 2, count + 2);
        var sink = new ItemList();
        Assert.Equal(expected, _store.ListRange(key.Raw(), first, last, ref sink));
        Assert.Equal(list is null ? [] : Slice(list, first, last), sink.Items);
        if (list is null)
        {
            return;
        }

        var element = new ArrayBufferWriter<byte>();
        int rank = first < 0 ? first + count : first;
        bool valid = rank >= 0 && rank < count;
        Assert.Equal(valid ? StoreStatus.Ok : StoreStatus.InvalidArgument, _store.ListGet(key.Raw(), first, element));
        Assert.Equal(valid ? list[rank] : "", Encoding.Latin1.GetString(element.WrittenSpan));

        string item = Item(random);
        var search = new ListSearch(random.Next(2) == 0 ? random.Next(1, 4) : -random.Next(1, 4), random.Next(3), random.Next(3) * 5);
        var found = new ItemList();
        Assert.Equal(StoreStatus.Ok, _store.ListFind(key.Raw(), item.Raw(), search, ref found));
        IEnumerable<int> ranks = Enumerable.Range(0, count);
        ranks = search.Nth < 0 ? ranks.Reverse() : ranks;
        ranks = (search.LookMax == 0 ? ranks : ranks.Take((int)search.LookMax)).Where(at => list[at] == item);
        ranks = ranks.Skip((int)Math.Abs(search.Nth) - 1);
        Assert.Equal((search.CountMax == 0 ? ranks : ranks.Take((int)search.CountMax)).Select(at => (long)at), found.Ranks);
    }

    private void MoveElement(Random random, string key)
    {
        string target = random.Next(4) == 0 ? key : Key(random);
        ListEnd from = (ListEnd)random.Next(2);
        ListEnd to = (ListEnd)random.Next(2);
        var sink = new ItemList();
        StoreStatus status = _store.ListMove(key.Raw(), target.Raw(), from, to, ref sink);
        List<string>? source = model.Find<List<string>>(key, out StoreStatus expected);
        if (source is null)
        {
            Assert.Equal(expected, status);
            return;
        }

        List<string>? list = model.Make<List<string>>(target);
        if (list is null)
        {
            Assert.Equal(StoreStatus.WrongType, status);
            return;
        }

        string item = from == ListEnd.Left ? source[0] : source[^1];
        source.RemoveAt(from == ListEnd.Left ? 0 : source.Count - 1);
        list.Insert(to == ListEnd.Left ? 0 : list.Count, item);
        model.Tidy(key);
        Assert.Equal((StoreStatus.Ok, item), (status, Assert.Single(sink.Items)));
    }

    private static List<string> Slice(List<string> list, int first, int last)
    {
        int from = Math.Max(0, first < 0 ? first + list.Count : first);
        int to = Math.Min(list.Count - 1, last < 0 ? last + list.Count : last);
        return from <= to ? list.GetRange(from, to - from + 1) : [];
    }

    private static int RemoveFrom(List<string> list, int limit, string item)
    {
        int left = limit == 0 ? int.MaxValue : Math.Abs(limit);
        int removed = 0;
        while (removed < left)
        {
            int at = limit < 0 ? list.LastIndexOf(item) : list.IndexOf(item);
            if (at < 0)
            {
                break;
            }

            list.RemoveAt(at);
            removed++;
        }

        return removed;
    }
}
