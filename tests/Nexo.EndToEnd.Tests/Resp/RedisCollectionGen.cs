using System.Globalization;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Random commands on lists, sets and sorted sets, right and wrong ones.</summary>
internal static class RedisCollectionGen
{
    private static readonly string[] Scores =
        ["0", "1", "2", "3", "-1", "1.5", "2.25", "inf", "-inf", "5", "7", "100000", "foo"];

    private static readonly string[] Bounds = ["-inf", "+inf", "(1", "1", "(2.25", "3", "0", "(inf", "(-1", "2", "bad"];

    private static readonly string[] MemberBounds = ["-", "+", "[a", "(a", "[c", "(f", "[i1", "(i2", "[", "[z", "bad"];

    private static readonly string[] Ends = ["LEFT", "RIGHT", "left", "right", "UP"];

    private static readonly Func<Random, string[]>[] Commands =
    [
        r => [OneOf(r, "LPUSH", "RPUSH"), List(r), .. Items(r)],
        r => [OneOf(r, "LPUSH", "RPUSH"), List(r), .. Items(r)],
        r => [OneOf(r, "LPUSHX", "RPUSHX"), List(r), .. Items(r)],
        r => [OneOf(r, "LPOP", "RPOP"), List(r), .. Maybe(r, Number(r))],
        r => [OneOf(r, "LLEN", "SCARD", "ZCARD"), Any(r)],
        r => ["LRANGE", List(r), Number(r), Number(r)],
        r => ["LRANGE", List(r), "0", "-1"],
        r => ["LINDEX", List(r), Number(r)],
        r => ["LSET", List(r), Number(r), Item(r)],
        r => ["LINSERT", List(r), OneOf(r, "BEFORE", "after", "BY"), Item(r), Item(r)],
        r => ["LREM", List(r), Number(r), Item(r)],
        r => ["LTRIM", List(r), Number(r), OneOf(r, "-1", "-2", Number(r))],
        r => ["LPOS", List(r), Item(r), .. Maybe(r, "RANK", Number(r)), .. Maybe(r, "COUNT", Number(r)), .. Maybe(r, "MAXLEN", Number(r))],
        r => ["LMOVE", List(r), List(r), OneOf(r, Ends), OneOf(r, Ends)],
        r => ["RPOPLPUSH", List(r), List(r)],
        r => ["LMPOP", OneOf(r, "1", "2", "2", "0"), List(r), List(r), OneOf(r, Ends), .. Maybe(r, "COUNT", Number(r))],
        r => [OneOf(r, "BLPOP", "BRPOP"), List(r), List(r), OneOf(r, "0.001", "x", "-1")],
        r => ["BLMOVE", List(r), List(r), OneOf(r, Ends), OneOf(r, Ends), "0.001"],
        r => ["SADD", Set(r), .. Items(r)],
        r => ["SADD", Set(r), .. Items(r)],
        r => ["SREM", Set(r), .. Items(r)],
        r => ["SISMEMBER", Set(r), Item(r)],
        r => ["SMISMEMBER", Set(r), .. Items(r)],
        r => ["SMEMBERS", Set(r)],
        r => ["SMOVE", Set(r), Set(r), Item(r)],
        r => [OneOf(r, "SINTER", "SUNION", "SDIFF"), Set(r), Set(r), Set(r)],
        r => [OneOf(r, "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), Set(r), Set(r), Set(r)],
        r => ["SINTERCARD", OneOf(r, "2", "3", "0"), Set(r), Set(r), .. Maybe(r, "LIMIT", Number(r))],
        r => ["ZADD", Sorted(r), .. Scored(r)],
        r => ["ZADD", Sorted(r), .. Scored(r)],
        r => ["ZADD", Sorted(r), .. Maybe(r, "NX"), .. Maybe(r, "XX"), .. Maybe(r, "GT"), .. Maybe(r, "LT"), .. Maybe(r, "CH"), .. Scored(r)],
        r => ["ZADD", Sorted(r), .. Maybe(r, "XX"), .. Maybe(r, "GT"), "INCR", Score(r), Item(r)],
        r => ["ZINCRBY", Sorted(r), Score(r), Item(r)],
        r => ["ZREM", Sorted(r), .. Items(r)],
        r => ["ZSCORE", Sorted(r), Item(r)],
        r => ["ZMSCORE", Sorted(r), .. Items(r)],
        r => ["ZCOUNT", Sorted(r), OneOf(r, Bounds), OneOf(r, Bounds)],
        r => [OneOf(r, "ZRANK", "ZREVRANK"), Sorted(r), Item(r)],
        r => ["ZRANGE", Sorted(r), Number(r), Number(r), .. Maybe(r, "REV"), .. Maybe(r, "WITHSCORES")],
        r => ["ZRANGE", Sorted(r), OneOf(r, Bounds), OneOf(r, Bounds), "BYSCORE", .. Maybe(r, "REV"), .. Maybe(r, "WITHSCORES"), .. Limit(r)],
        r => ["ZREVRANGE", Sorted(r), Number(r), Number(r), .. Maybe(r, "WITHSCORES")],
        r => [OneOf(r, "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), Sorted(r), OneOf(r, Bounds), OneOf(r, Bounds), .. Maybe(r, "WITHSCORES"), .. Limit(r)],
        r => ["ZRANGESTORE", Sorted(r), Sorted(r), Number(r), Number(r), .. Maybe(r, "REV")],
        r => ["ZRANGESTORE", Sorted(r), Sorted(r), OneOf(r, Bounds), OneOf(r, Bounds), "BYSCORE", .. Limit(r)],
        r => ["ZREMRANGEBYRANK", Sorted(r), Number(r), Number(r)],
        r => ["ZREMRANGEBYSCORE", Sorted(r), OneOf(r, Bounds), OneOf(r, Bounds)],
        r => [OneOf(r, "ZPOPMIN", "ZPOPMAX"), Sorted(r), .. Maybe(r, Number(r))],
        r => ["ZMPOP", "2", Sorted(r), Sorted(r), OneOf(r, "MIN", "max", "UP"), .. Maybe(r, "COUNT", Number(r))],
        r => [OneOf(r, "BZPOPMIN", "BZPOPMAX"), Sorted(r), "0.001"],
        r => [OneOf(r, "ZUNION", "ZINTER"), "2", OneOf(r, Set(r), Sorted(r)), Sorted(r), .. Maybe(r, "WEIGHTS", "2", OneOf(r, "-1", "inf", "x")), .. Maybe(r, "AGGREGATE", OneOf(r, "SUM", "MIN", "MAX")), .. Maybe(r, "WITHSCORES")],
        r => ["ZDIFF", "2", Sorted(r), Sorted(r), .. Maybe(r, "WITHSCORES")],
        r => [OneOf(r, "ZUNIONSTORE", "ZINTERSTORE"), Sorted(r), "2", Sorted(r), Sorted(r), .. Maybe(r, "AGGREGATE", OneOf(r, "SUM", "MIN", "MAX"))],
        r => ["ZDIFFSTORE", Sorted(r), OneOf(r, "2", "3"), Sorted(r), Sorted(r)],
        r => ["ZINTERCARD", "2", Sorted(r), Sorted(r), .. Maybe(r, "LIMIT", Number(r))],
        r => ["ZADD", "q", .. Items(r).SelectMany(item => new[] { "0", item })],
        r => ["ZLEXCOUNT", "q", OneOf(r, MemberBounds), OneOf(r, MemberBounds)],
        r => ["ZRANGE", "q", OneOf(r, MemberBounds), OneOf(r, MemberBounds), "BYLEX", .. Maybe(r, "REV"), .. Limit(r)],
        r => [OneOf(r, "ZRANGEBYLEX", "ZREVRANGEBYLEX"), "q", OneOf(r, MemberBounds), OneOf(r, MemberBounds), .. Limit(r)],
        r => ["ZREMRANGEBYLEX", "q", OneOf(r, MemberBounds), OneOf(r, MemberBounds)],
        r => [OneOf(r, "TYPE", "EXISTS", "GET", "TTL", "DEL"), Any(r)],
        r => [OneOf(r, "SET", "APPEND"), OneOf(r, "x0", "x1"), "v"],
        r => [OneOf(r, "EXPIRE"), Any(r), "100000"],
        r => [OneOf(r, "PERSIST"), Any(r)],
        r => [OneOf(r, "RENAME", "RENAMENX", "COPY"), Any(r), Any(r)],
        r => OneOf<string[]>(r, ["MULTI"], ["EXEC"], ["DISCARD"]),
        _ => ["EXEC"],
    ];

    public static string[] Next(Random random) => Commands[random.Next(Commands.Length)](random);

    /// <summary>
    /// Members that come in no order that means anything are put in one; and which of the two zeros a score is depends on how
    /// Redis stores it.
    /// </summary>
    public static string Normalize(string name, string reply)
    {
        reply = reply.Replace(",-0]", ",0]", StringComparison.Ordinal).Replace("\"-0\"", "\"0\"", StringComparison.Ordinal);
        if (name is not ("SMEMBERS" or "SINTER" or "SUNION" or "SDIFF") || reply.Length < 2 || reply[^1] != ']')
        {
            return reply;
        }

        int from = reply.IndexOf('[', StringComparison.Ordinal) + 1;
        return reply[..from] + string.Join(", ", reply[from..^1].Split(", ").Order(StringComparer.Ordinal));
    }

    private static T OneOf<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];

    private static string[] Maybe(Random random, params string[] words) => random.Next(3) == 0 ? words : [];

    private static string Key(Random random, char kind) => $"{(random.Next(30) == 0 ? "lszx"[random.Next(4)] : kind)}{random.Next(4)}";

    private static string Any(Random random) => Key(random, "lszx"[random.Next(4)]);

    private static string List(Random random) => Key(random, 'l');

    private static string Set(Random random) => Key(random, 's');

    private static string Sorted(Random random) => Key(random, 'z');

    private static string Number(Random random) =>
        random.Next(60) == 0 ? "foo" : random.Next(-6, 8).ToString(CultureInfo.InvariantCulture);

    private static string Score(Random random) => OneOf(random, Scores);

    private static string[] Limit(Random random) => Maybe(random, "LIMIT", Number(random), Number(random));

    private static string Item(Random random) => random.Next(30) switch
    {
        0 => string.Empty,
        1 => new string('x', random.Next(1, 200)),
        2 => $"i{random.Next(300)}",
        _ => $"{(char)('a' + random.Next(9))}",
    };

    private static string[] Items(Random random) =>
        [.. Enumerable.Range(0, random.Next(20) == 0 ? random.Next(1, 150) : random.Next(1, 6)).Select(_ => Item(random))];

    private static string[] Scored(Random random) => [.. Items(random).SelectMany(item => new[] { Score(random), item })];
}
