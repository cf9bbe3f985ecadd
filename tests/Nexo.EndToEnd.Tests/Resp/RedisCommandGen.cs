using System.Globalization;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Random commands, right and wrong ones, on a few keys that hold all sorts of things.</summary>
internal static class RedisCommandGen
{
    private static readonly string[] Values =
        ["1", "0", "-5", "42", "abc", string.Empty, "10.5", "0.5", "9223372036854775807", "-9223372036854775808", "x y", "01", "+1",
            "a longer value of more than a few bytes so that it is not packed", "nan", "inf"];

    private static readonly string[] Numbers = ["1", "0", "-1", "5", "-3", "100", "x", "9223372036854775807", "-9223372036854775808", "1.5"];

    private static readonly string[] Times = ["60000", "70000", "100000", "0", "-1", "x"];

    // Replies whose items come in no order that means anything.
    private static readonly HashSet<string> Unordered =
        ["KEYS", "HKEYS", "HVALS", "SMEMBERS", "SINTER", "SUNION", "SDIFF"];

    private static readonly Func<Random, string[]>[] Commands =
    [
        r => ["GET", Key(r)],
        r => ["SET", Key(r), Value(r)],
        r => ["SET", Key(r), Value(r), .. SetOptions(r)],
        r => ["SETNX", Key(r), Value(r)],
        r => ["SETEX", Key(r), Time(r), Value(r)],
        r => ["PSETEX", Key(r), Time(r), Value(r)],
        r => ["GETSET", Key(r), Value(r)],
        r => ["GETDEL", Key(r)],
        r => ["GETEX", Key(r), .. OneOf<string[]>(r, [], ["PERSIST"], ["EX", Time(r)], ["PX", "100000"], ["EX", "100", "PERSIST"], ["FOO"])],
        r => ["GETRANGE", Key(r), Index(r), Index(r)],
        r => ["SUBSTR", Key(r), Index(r), Index(r)],
        r => ["SETRANGE", Key(r), OneOf(r, "0", "1", "5", "40", "-1", "x"), Value(r)],
        r => ["STRLEN", Key(r)],
        r => ["APPEND", Key(r), Value(r)],
        r => ["MGET", Key(r), Key(r), Key(r)],
        r => ["MSET", Key(r), Value(r), Key(r), Value(r)],
        r => ["MSETNX", Key(r), Value(r), Key(r), Value(r)],
        r => [OneOf(r, "INCR", "DECR"), Key(r)],
        r => [OneOf(r, "INCRBY", "DECRBY"), Key(r), Number(r)],
        r => ["INCRBYFLOAT", Key(r), OneOf(r, "1", "0.5", "-2.5", "3.0e3", "x", "inf", "5")],
        r => [OneOf(r, "DEL", "UNLINK", "EXISTS", "TOUCH"), Key(r), Key(r)],
        r => ["TYPE", Key(r)],
        r => [OneOf(r, "RENAME", "RENAMENX"), Key(r), Key(r)],
        r => ["COPY", Key(r), Key(r), .. OneOf<string[]>(r, [], ["REPLACE"], ["FOO"])],
        r => [OneOf(r, "EXPIRE", "PEXPIRE"), Key(r), Time(r), .. OneOf<string[]>(r, [], ["NX"], ["XX"], ["GT"], ["LT"], ["NX", "XX"], ["GT", "LT"], ["XX", "LT"], ["FOO"])],
        r => ["EXPIREAT", Key(r), OneOf(r, "4000000000", "1", "-5", "x")],
        r => ["PEXPIREAT", Key(r), OneOf(r, "4000000000000", "1", "x")],
        r => [OneOf(r, "TTL", "PTTL"), Key(r)],
        r => [OneOf(r, "EXPIRETIME", "PEXPIRETIME"), Key(r)],
        r => ["PERSIST", Key(r)],
        r => ["KEYS", OneOf(r, "*", "k?", "k[0-2]", "x*", "k1")],
        r => ["HSET", Key(r), Field(r), Value(r), .. OneOf<string[]>(r, [], [Field(r), Value(r)], [Field(r)])],
        r => ["HMSET", Key(r), Field(r), Value(r), Field(r), Value(r)],
        r => ["HSETNX", Key(r), Field(r), Value(r)],
        r => ["HGET", Key(r), Field(r)],
        r => ["HMGET", Key(r), Field(r), Field(r)],
        r => [OneOf(r, "HGETALL", "HKEYS", "HVALS", "HLEN"), Key(r)],
        r => [OneOf(r, "HEXISTS", "HSTRLEN"), Key(r), Field(r)],
        r => ["HDEL", Key(r), Field(r), Field(r)],
        r => ["HINCRBY", Key(r), Field(r), Number(r)],
        r => ["HINCRBYFLOAT", Key(r), Field(r), OneOf(r, "1", "0.5", "-2.5", "x")],
        r => [OneOf(r, "LPUSH", "RPUSH", "LPUSHX", "RPUSHX"), Key(r), Element(r), Element(r)],
        r => [OneOf(r, "LPOP", "RPOP"), Key(r), .. OneOf<string[]>(r, [], ["2"], ["0"], ["-1"], ["x"])],
        r => ["LLEN", Key(r)],
        r => ["LRANGE", Key(r), Index(r), Index(r)],
        r => ["LINDEX", Key(r), Index(r)],
        r => ["LSET", Key(r), Index(r), Element(r)],
        r => ["LREM", Key(r), OneOf(r, "0", "1", "-1", "2", "x"), Element(r)],
        r => ["LTRIM", Key(r), Index(r), Index(r)],
        r => ["LINSERT", Key(r), OneOf(r, "BEFORE", "AFTER", "FOO"), Element(r), Element(r)],
        r => ["LPOS", Key(r), Element(r), .. OneOf<string[]>(r, [], ["RANK", "-1"], ["COUNT", "0"], ["RANK", "0"], ["MAXLEN", "2"])],
        r => ["RPOPLPUSH", Key(r), Key(r)],
        r => ["LMOVE", Key(r), Key(r), OneOf(r, "LEFT", "RIGHT"), OneOf(r, "LEFT", "RIGHT", "FOO")],
        r => [OneOf(r, "SADD", "SREM"), Key(r), Element(r), Element(r)],
        r => [OneOf(r, "SCARD", "SMEMBERS"), Key(r)],
        r => ["SISMEMBER", Key(r), Element(r)],
        r => ["SMISMEMBER", Key(r), Element(r), Element(r)],
        r => ["SMOVE", Key(r), Key(r), Element(r)],
        r => [OneOf(r, "SINTER", "SUNION", "SDIFF"), Key(r), Key(r)],
        r => [OneOf(r, "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), Key(r), Key(r), Key(r)],
        r => ["SINTERCARD", OneOf(r, "2", "1", "0", "x"), Key(r), Key(r), .. OneOf<string[]>(r, [], ["LIMIT", "1"])],
        r => ["ZADD", Key(r), .. OneOf<string[]>(r, [], ["NX"], ["XX"], ["GT"], ["LT", "CH"], ["INCR"], ["NX", "XX"], ["NX", "GT"]), Score(r), Element(r), .. OneOf<string[]>(r, [], [Score(r), Element(r)])],
        r => ["ZINCRBY", Key(r), Score(r), Element(r)],
        r => ["ZREM", Key(r), Element(r), Element(r)],
        r => ["ZCARD", Key(r)],
        r => ["ZSCORE", Key(r), Element(r)],
        r => ["ZMSCORE", Key(r), Element(r), Element(r)],
        r => [OneOf(r, "ZRANK", "ZREVRANK"), Key(r), Element(r)],
        r => ["ZCOUNT", Key(r), Bound(r), Bound(r)],
        r => [OneOf(r, "ZRANGE", "ZREVRANGE"), Key(r), Index(r), Index(r), .. OneOf<string[]>(r, [], ["WITHSCORES"])],
        r => ["ZRANGE", Key(r), Bound(r), Bound(r), "BYSCORE", .. OneOf<string[]>(r, [], ["REV"], ["LIMIT", "1", "2"], ["WITHSCORES"])],
        r => [OneOf(r, "ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), Key(r), Bound(r), Bound(r), .. OneOf<string[]>(r, [], ["WITHSCORES"], ["LIMIT", "0", "1"])],
        r => [OneOf(r, "ZREMRANGEBYSCORE", "ZCOUNT"), Key(r), Bound(r), Bound(r)],
        r => ["ZREMRANGEBYRANK", Key(r), Index(r), Index(r)],
        r => [OneOf(r, "ZPOPMIN", "ZPOPMAX"), Key(r), .. OneOf<string[]>(r, [], ["2"], ["0"], ["x"])],
        r => [OneOf(r, "ZUNIONSTORE", "ZINTERSTORE"), Key(r), "2", Key(r), Key(r), .. OneOf<string[]>(r, [], ["WEIGHTS", "2", "1"], ["AGGREGATE", "MAX"], ["AGGREGATE", "FOO"])],
        r => [OneOf(r, "BLPOP", "BRPOP", "BZPOPMIN"), Key(r), Key(r), OneOf(r, "0.01", "-1", "x")],
        _ => ["MULTI"],
        _ => ["EXEC"],
        r => OneOf<string[]>(r, ["DISCARD"], ["WATCH", Key(r)], ["UNWATCH"], ["EXEC"]),
        r => OneOf<string[]>(
            r, ["PING"], ["PING", "x"], ["ECHO", "x"], ["NOSUCH", "a", "b"], ["GET"], ["SET", "a"], ["SELECT", "x"], ["PUBLISH", "c", "m"],
            ["FLUSHDB"], ["PING", "a", "b"], ["HSET", "a"], ["CLIENT", "GETNAME"], ["CLIENT", "SETNAME", "a b"]),
    ];

    public static string[] Next(Random random) => Commands[random.Next(Commands.Length)](random);

    public static bool Same(string[] command, string wanted, string got)
    {
        string name = command[0].ToUpperInvariant();
        if (name is "PTTL" or "PEXPIRETIME" && wanted.StartsWith(':') && got.StartsWith(':'))
        {
            long first = long.Parse(wanted[1..], CultureInfo.InvariantCulture);
            long second = long.Parse(got[1..], CultureInfo.InvariantCulture);
            return first < 0 || second < 0 ? first == second : Math.Abs(first - second) < 2_000;
        }

        if (name is "TTL" or "EXPIRETIME" && wanted.StartsWith(':') && got.StartsWith(':') && wanted.Length > 3)
        {
            return Math.Abs(long.Parse(wanted[1..], CultureInfo.InvariantCulture) - long.Parse(got[1..], CultureInfo.InvariantCulture)) < 2;
        }

        return Normalize(name, wanted) == Normalize(name, got);
    }

    /// <summary>Whether replies differ that are sums of numbers with a fraction, or say that there is none.</summary>
    public static bool IsOfFractions(string[] command, string wanted, string got) =>
        command[0].EndsWith("BYFLOAT", StringComparison.Ordinal) && IsSum(wanted) && IsSum(got);

    /// <summary>Whether the reply depends on which millisecond it is.</summary>
    public static bool IsOfTime(string[] command) =>
        command[0].EndsWith("EXPIRE", StringComparison.Ordinal) && (command.Contains("GT") || command.Contains("LT"));

    /// <summary>Whether the reply may be another in a transaction that is compared as a whole.</summary>
    public static bool IsLoose(string[] command) =>
        command[0].EndsWith("BYFLOAT", StringComparison.Ordinal) || IsOfTime(command);

    /// <summary>The replies of a transaction: those that may differ in order or by a moment are made the same.</summary>
    public static string NormalizeAll(List<string[]> commands, string replies)
    {
        string[] times = ["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"];
        bool isLoose = commands.Exists(command =>
            Unordered.Contains(command[0]) || command[0] == "HGETALL" || times.Contains(command[0]));
        return isLoose ? string.Concat(replies.Where(char.IsAsciiLetter).Order()) : replies;
    }

    private static bool IsSum(string reply) =>
        reply.StartsWith('"') || reply.Contains("float", StringComparison.Ordinal) || reply.Contains("Infinity", StringComparison.Ordinal);

    private static string Normalize(string name, string reply)
    {
        bool isMap = name == "HGETALL";
        if ((!isMap && !Unordered.Contains(name)) || reply.Length < 2 || reply[0] is not ('[' or '{' or '~'))
        {
            return reply;
        }

        int from = reply.IndexOfAny(['[', '{']) + 1;
        string[] items = reply[from..^1].Split(", ");
        if (isMap)
        {
            items = [.. items.Chunk(2).Select(pair => string.Join(", ", pair))];
        }

        return reply[..from] + string.Join(", ", items.Order(StringComparer.Ordinal)) + reply[^1];
    }

    private static IEnumerable<string> SetOptions(Random random)
    {
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            foreach (string word in OneOf<string[]>(
                random, ["NX"], ["XX"], ["GET"], ["KEEPTTL"], ["EX", Time(random)], ["PX", "100000"], ["EXAT", "4000000000"], ["PXAT", "1"], ["FOO"], ["EX"]))
            {
                yield return word;
            }
        }
    }

    private static string Key(Random random) => $"k{random.Next(5)}";

    private static string Field(Random random) => $"f{random.Next(4)}";

    private static string Value(Random random) => OneOf(random, Values);

    private static string Element(Random random) => OneOf(random, "a", "b", "c", "1", "2", "10", "a member of more than a few bytes");

    private static string Score(Random random) => OneOf(random, "1", "2", "-1.5", "0", "10", "inf", "x", "3");

    private static string Bound(Random random) => OneOf(random, "-inf", "+inf", "0", "(1", "2", "x", "10");

    private static string Number(Random random) => OneOf(random, Numbers);

    private static string Time(Random random) => OneOf(random, Times);

    private static string Index(Random random) => OneOf(random, "0", "1", "-1", "3", "-3", "100", "-100", "x");

    private static T OneOf<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];
}
