using System.Globalization;

namespace Nexo.Crash.Resp;

/// <summary>One command, or several in a transaction: all of it happens, or nothing.</summary>
internal sealed record RespStep(IReadOnlyList<IReadOnlyList<string>> Commands, bool IsTransaction)
{
    public int Answers => IsTransaction ? Commands.Count + 2 : 1;

    public override string ToString() => string.Join("; ", Commands.Select(command => string.Join(' ', command.Take(5))));
}

/// <summary>Draws commands on the keys of one connection.</summary>
internal sealed class RespSteps(string prefix, Random random)
{
    private const int MembersMax = 150;
    private const int LongMax = 2_500;

    private ulong _payloads;

    /// <summary>All keys that there may be.</summary>
    public IReadOnlyList<string> Keys { get; } =
        [.. "s0 s1 c0 h0 l0 l1 t0 t1 t2 z0 z1 z2".Split(' ').Select(name => prefix + name)];

    public RespStep Next() => random.Next(5) == 0
        ? new RespStep([.. Enumerable.Range(0, random.Next(2, 7)).Select(_ => Command())], IsTransaction: true)
        : new RespStep([Command()], IsTransaction: false);

    private IReadOnlyList<string> Command() => random.Next(12) switch
    {
        < 2 => StringCommand(),
        < 4 => HashCommand(),
        < 7 => ListCommand(),
        < 9 => SetCommand(),
        < 11 => SortedCommand(),
        _ => AnyCommand(),
    };

    private string Key(char type) => type switch
    {
        'c' or 'h' => $"{prefix}{type}0",
        't' or 'z' => $"{prefix}{type}{random.Next(3)}",
        _ => $"{prefix}{type}{random.Next(2)}",
    };

    private string Payload()
    {
        int length = random.Next(20) == 0 ? random.Next(LongMax) : random.Next(20);
        return $"{prefix}{++_payloads}{new string((char)('a' + random.Next(26)), length)}";
    }

    // Few different ones, so that they meet.
    private string Member() => $"m{random.Next(MembersMax)}";

    private int Many(int some) => random.Next(15) == 0 ? random.Next(20, 90) : random.Next(1, some + 1);

    private string Number(int max) => random.Next(max).ToString(CultureInfo.InvariantCulture);

    private IReadOnlyList<string> StringCommand() => random.Next(7) switch
    {
        0 => ["SET", Key('s'), Payload()],
        1 => ["SET", Key('s'), Payload(), "EX", "100000"],
        2 => ["APPEND", Key('s'), Payload()],
        3 => ["SETRANGE", Key('s'), Number(60), Payload()],
        4 => ["GETDEL", Key('s')],
        5 => ["MSET", $"{prefix}s0", Payload(), $"{prefix}s1", Payload()],
        _ => ["INCRBY", Key('c'), Number(1_000)],
    };

    private IReadOnlyList<string> HashCommand() => random.Next(4) switch
    {
        0 => ["HDEL", Key('h'), .. Enumerable.Range(0, Many(4)).Select(_ => Member())],
        1 => ["HINCRBY", Key('h'), "n", Number(100)],
        _ => ["HSET", Key('h'), .. Enumerable.Range(0, Many(4)).SelectMany(_ => new[] { Member(), Payload() })],
    };

    private IReadOnlyList<string> ListCommand() => random.Next(12) switch
    {
        < 2 => ["LPUSH", Key('l'), .. Elements()],
        < 4 => ["RPUSH", Key('l'), .. Elements()],
        4 => ["LPOP", Key('l'), $"{Many(3)}"],
        5 => ["RPOP", Key('l'), $"{Many(3)}"],
        6 => ["LMOVE", Key('l'), Key('l'), random.Next(2) == 0 ? "LEFT" : "RIGHT", random.Next(2) == 0 ? "LEFT" : "RIGHT"],
        7 => ["LTRIM", Key('l'), "0", $"{random.Next(40, 120)}"],
        8 => ["LSET", Key('l'), random.Next(2) == 0 ? "0" : "-1", Payload()],
        9 or 10 => ["LINSERT", Key('l'), random.Next(2) == 0 ? "BEFORE" : "AFTER", Member(), Member()],
        _ => ["LREM", Key('l'), $"{random.Next(-3, 4)}", Member()],
    };

    // Some are found again.
    private IEnumerable<string> Elements() =>
        Enumerable.Range(0, Many(4)).Select(_ => random.Next(2) == 0 ? Member() : Payload());

    private IReadOnlyList<string> SetCommand() => random.Next(8) switch
    {
        < 3 => ["SADD", Key('t'), .. Enumerable.Range(0, Many(5)).Select(_ => Member())],
        3 => ["SREM", Key('t'), .. Enumerable.Range(0, Many(5)).Select(_ => Member())],
        4 => ["SMOVE", Key('t'), Key('t'), Member()],
        5 => ["SUNIONSTORE", Key('t'), Key('t'), Key('t')],
        6 => ["SINTERSTORE", Key('t'), Key('t'), Key('t')],
        _ => ["SDIFFSTORE", Key('t'), Key('t'), Key('t')],
    };

    private IReadOnlyList<string> SortedCommand() => random.Next(9) switch
    {
        < 2 => ["ZADD", Key('z'), "CH", .. Scores()],
        2 => ["ZADD", Key('z'), "GT", "CH", .. Scores()],
        3 => ["ZREM", Key('z'), .. Enumerable.Range(0, Many(5)).Select(_ => Member())],
        4 => ["ZINCRBY", Key('z'), Number(50), Member()],
        5 => ["ZPOPMIN", Key('z'), $"{Many(3)}"],
        6 => ["ZREMRANGEBYRANK", Key('z'), "0", Number(5)],
        7 => ["ZRANGESTORE", Key('z'), Key('z'), "0", Number(80)],
        _ => ["ZUNIONSTORE", Key('z'), "2", Key('z'), Key('z'), "AGGREGATE", "MAX"],
    };

    private IEnumerable<string> Scores() => Enumerable.Range(0, Many(5)).SelectMany(_ => new[] { Number(300), Member() });

    private IReadOnlyList<string> AnyCommand()
    {
        char type = "slhtz"[random.Next(5)];
        return random.Next(6) switch
        {
            0 => ["DEL", Key(type), Key('z')],
            1 or 2 => ["EXPIRE", Key(type), "100000"],
            3 => ["PERSIST", Key(type)],
            4 when type != 'h' => ["COPY", $"{prefix}{type}0", $"{prefix}{type}1", "REPLACE"],
            5 when type != 'h' => ["RENAME", $"{prefix}{type}0", $"{prefix}{type}1"],
            _ => ["DEL", Key(type)],
        };
    }
}
