using Nexo.Engine.Store;

namespace Nexo.Engine.Tests.Store;

/// <content>What the random commands are made of.</content>
internal sealed partial class StoreModelPair
{
    private static readonly string[] Prefixes = ["", "a", "aa", "b", "b/", "c\0", "zzz"];

    private static readonly long[] Extremes = [long.MinValue, 0, long.MaxValue];

    private static readonly string[] Numbers =
    [
        "0", "7", "-3", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "01", "-0", "+1", " 1",
        "",
    ];

    private static string Key(Random random, int keys)
    {
        int number = random.Next(keys);
        string text = number % 5 == 0 ? new string((char)('a' + (number % 3)), 1 + (number / 5)) : $"b/{number}";
        return text.Length > 1 && number % 7 == 0 ? text[..^1] + '\0' : text;
    }

    private static string Value(Random random) => random.Next(10) switch
    {
        0 or 1 => Numbers[random.Next(Numbers.Length)],
        2 => new string('v', random.Next(300, 6_002)),
        _ => new string((char)random.Next(256), random.Next(120)),
    };

    private static string Field(Random random) =>
        random.Next(40) == 0 ? "" : new string('f', 1 + random.Next(4)) + random.Next(20);

    private StoreExpiry Expiry(Random random)
    {
        long now = _harness.ReadClock().WallMs;
        return random.Next(10) switch
        {
            0 => new StoreExpiry(StoreExpiryKind.Keep, 0),
            1 => new StoreExpiry(StoreExpiryKind.After, random.Next(-1, 3)),
            2 => new StoreExpiry(StoreExpiryKind.After, random.Next(100_000)),
            3 => new StoreExpiry(StoreExpiryKind.After, random.Next(3) == 0 ? long.MaxValue : 1_000_000),
            4 => new StoreExpiry(StoreExpiryKind.At, now + random.Next(-2, 500)),
            5 => new StoreExpiry(StoreExpiryKind.At, Extremes[random.Next(Extremes.Length)]),
            6 => new StoreExpiry(StoreExpiryKind.After, random.Next(1, 300)),
            _ => default,
        };
    }

    private ModelCondition Condition(Random random, string key)
    {
        ModelEntry? there = _model.Find(key);
        ulong version = there is not null && _versions.ContainsKey(there.Version) ? there.Version : 0;
        return random.Next(8) switch
        {
            0 => new ModelCondition(StoreConditionKind.IfAbsent, 0, ""),
            1 => new ModelCondition(StoreConditionKind.IfPresent, 0, ""),
            2 => new ModelCondition(StoreConditionKind.IfVersion, version, ""),
            3 => new ModelCondition(StoreConditionKind.IfVersion, 0, ""),
            4 => new ModelCondition(StoreConditionKind.IfValue, 0, there?.Value ?? "x"),
            5 => new ModelCondition(StoreConditionKind.IfValue, 0, "no such value"),
            _ => default,
        };
    }
}
