using System.Text;
using Nexo.Engine.Store;

namespace Nexo.Engine.Tests.Store;

/// <summary>Keeps what lists and sets give out.</summary>
internal readonly struct ItemList(int room = int.MaxValue) : IBlobSink, IHashSink, IRankSink
{
    public ItemList()
        : this(int.MaxValue)
    {
    }

    public List<string> Items { get; } = [];

    public List<long> Ranks { get; } = [];

    public bool Add(ReadOnlySpan<byte> item)
    {
        Items.Add(Encoding.Latin1.GetString(item));
        return Items.Count < room;
    }

    public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Add(field);

    public bool Add(long rank)
    {
        Ranks.Add(rank);
        return Ranks.Count < room;
    }
}

/// <summary>Keeps what sorted sets give out.</summary>
internal readonly struct ScoreList(int room = int.MaxValue) : IScoreSink
{
    public ScoreList()
        : this(int.MaxValue)
    {
    }

    public List<(string Member, double Score)> Members { get; } = [];

    public bool Add(ReadOnlySpan<byte> member, double score)
    {
        Members.Add((Encoding.Latin1.GetString(member), score));
        return Members.Count < room;
    }
}

/// <summary>The commands on lists, sets and sorted sets over strings.</summary>
internal static class CollectionCommands
{
    public static byte[] Raw(this string text) => Encoding.Latin1.GetBytes(text);

    public static byte[][] Raw(this IEnumerable<string> texts) => [.. texts.Select(Raw)];

    public static PairArray Scores(params (string Member, double Score)[] members) =>
        new([.. members.Select(member => (member.Member.Raw(), BitConverter.GetBytes(member.Score)))]);

    public static StoreStatus Push(
        this StoreService store, string key, ListEnd end, out long length, params string[] elements)
    {
        var source = new BlobArray(elements.Raw());
        return store.ListPush(key.Raw(), end, ifPresent: false, ref source, out length, out _);
    }

    public static List<string>? Range(this StoreService store, string key, long first = 0, long last = -1)
    {
        var sink = new ItemList();
        return store.ListRange(key.Raw(), first, last, ref sink) == StoreStatus.Ok ? sink.Items : null;
    }

    public static List<string>? Pop(this StoreService store, string key, ListEnd end, long count = 1)
    {
        var sink = new ItemList();
        return store.ListPop(key.Raw(), end, count, ref sink) == StoreStatus.Ok ? sink.Items : null;
    }

    public static StoreStatus AddMembers(this StoreService store, string key, out int added, params string[] members)
    {
        var source = new BlobArray(members.Raw());
        return store.SetAdd(key.Raw(), ref source, out added);
    }

    public static List<string>? Members(this StoreService store, string key)
    {
        var sink = new ItemList();
        return store.SetMembers(key.Raw(), ref sink) == StoreStatus.Ok ? sink.Items : null;
    }

    public static StoreStatus AddScores(
        this StoreService store, string key, out int added, params (string Member, double Score)[] members)
    {
        PairArray source = Scores(members);
        return store.SortedSet(key.Raw(), ref source, out added);
    }

    public static List<(string Member, double Score)>? Sorted(this StoreService store, string key, SortedRange range)
    {
        var sink = new ScoreList();
        return store.SortedList(key.Raw(), range, ref sink) == StoreStatus.Ok ? sink.Members : null;
    }

    public static List<(string Member, double Score)>? Sorted(this StoreService store, string key) =>
        store.Sorted(key, SortedRange.ByRank(0, -1));
}
