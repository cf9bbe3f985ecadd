using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Protocol;

namespace Nexo.Crash.Load;

/// <summary>
/// Chooses the next write of a lane: every kind of write that the store has, on kinds of keys that keep what each must
/// lead to exact.
/// </summary>
internal sealed class OperationMix(Lane lane, Random random, LoadOptions options)
{
    private const int ValueKeys = 40;
    private const int ExpiringKeys = 20;
    private const int NumberKeys = 15;
    private const int HashKeys = 12;
    private const int ClearedKeys = 20;
    private const int FieldNames = 24;
    private const int AppendedBytesMax = 8_192;
    private const long LongTtlMs = 3_600_000;

    // Chunks of all lanes and runs differ.
    private ulong _number = (ulong)random.NextInt64() << 20;

    public Operation Next() => random.Next(100) switch
    {
        < 24 => Set(Key('s', ValueKeys)),
        < 34 => CompareAndSet(Key('s', ValueKeys)),
        < 42 => Append(Key('s', ValueKeys)),
        < 48 => new DeleteOperation(Key(random.Next(2) == 0 ? 's' : 't', ExpiringKeys)) { Durability = Wish() },
        < 58 => Expiring(Key('t', ExpiringKeys)),
        < 68 => new IncrementOperation(Key('n', NumberKeys), random.Next(-50, 100)) { Durability = Wish() },
        < 70 => new DeleteOperation(Key(random.Next(2) == 0 ? 'n' : 'h', HashKeys)) { Durability = Wish() },
        < 80 => SetFields(Key('h', HashKeys)),
        < 85 => new HashDeleteOperation(Key('h', HashKeys), Fields(3)) { Durability = Wish() },
        < 90 => new HashIncrementOperation(Key('h', HashKeys), $"n{random.Next(4)}", random.Next(1, 9))
        {
            Durability = Wish(),
        },
        < 96 => SetMany(),
        < 99 => new MultiDeleteOperation(Keys('c', 4, ClearedKeys)) { Durability = Wish() },
        _ => new ClearOperation($"{lane.Prefix}c") { Durability = Wish() },
    };

    public SetOperation Set(string key) => new(key, Chunk()) { Durability = Wish() };

    private SetOperation CompareAndSet(string key)
    {
        KeyState predicted = lane.Predicted(key);
        bool versionIsKnown = ReferenceEquals(predicted, lane.State(key)) && predicted.Version > 0;
        return random.Next(4) switch
        {
            0 => new SetOperation(key, Chunk()) { Durability = Wish(), Condition = ConditionKind.IfAbsent },
            1 when versionIsKnown => new SetOperation(key, Chunk())
            {
                Durability = Wish(),
                Condition = ConditionKind.IfVersion,
                Version = predicted.Version,
            },
            _ => new SetOperation(key, Chunk())
            {
                Durability = Wish(),
                Condition = ConditionKind.IfValue,

                // One in four compares with what is not there.
                Comparand = random.Next(4) == 0 ? Encoding.UTF8.GetBytes("other") : predicted.Value ?? [],
            },
        };
    }

    private KeyOperation Append(string key) =>
        lane.Predicted(key).Value is { Length: > AppendedBytesMax }
            ? Set(key)
            : new AppendOperation(key, Chunk()) { Durability = Wish() };

    private KeyOperation Expiring(string key)
    {
        KeyState predicted = lane.Predicted(key);
        bool staysThere = predicted.Exists
            && (predicted.Deadline is not { } at || at.From > TimeWindow.Now + (LongTtlMs / 2));
        return random.Next(5) switch
        {
            0 when staysThere => new ExpireOperation(key, random.Next(2) == 0 ? 0 : LongTtlMs) { Durability = Wish() },
            1 when staysThere => new ExpireOperation(key, random.Next(20, 3_000)) { Durability = Wish() },
            < 4 => new SetOperation(key, Chunk())
            {
                Durability = Wish(),
                TtlMs = random.Next(2) == 0 ? LongTtlMs : random.Next(20, 3_000),
            },
            _ => Set(key),
        };
    }

    private HashSetOperation SetFields(string key)
    {
        IEnumerable<KeyValuePair<string, byte[]>> pairs =
            Fields(random.Next(1, 5)).Select(field => KeyValuePair.Create(field, Chunk()));
        return new HashSetOperation(key, [.. pairs]) { Durability = Wish() };
    }

    private MultiSetOperation SetMany()
    {
        IEnumerable<KeyValuePair<string, byte[]>> pairs =
            Keys('c', random.Next(2, 9), ClearedKeys).Select(key => KeyValuePair.Create(key, Chunk()));
        return new MultiSetOperation([.. pairs]) { Durability = Wish() };
    }

    private string Key(char kind, int count) => $"{lane.Prefix}{kind}{random.Next(count)}";

    private List<string> Keys(char kind, int wanted, int count) =>
        [.. Enumerable.Range(0, wanted).Select(_ => Key(kind, count)).Distinct()];

    private List<string> Fields(int wanted) =>
        [.. Enumerable.Range(0, wanted).Select(_ => $"f{random.Next(FieldNames)}").Distinct()];

    private Durability Wish() => options.Wishes[random.Next(options.Wishes.Count)];

    private byte[] Chunk()
    {
        int sizeMax = random.Next(200) switch
        {
            0 => options.ValueBytesMax,
            < 20 => Math.Min(4_096, options.ValueBytesMax),
            _ => 256,
        };
        return Payload.Chunk(++_number, random.Next(Payload.BytesMin, sizeMax));
    }
}
