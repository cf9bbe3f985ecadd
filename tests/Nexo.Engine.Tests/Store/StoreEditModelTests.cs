using System.Globalization;
using System.Text;
using CsCheck;
using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// The commands that gateways need: random ones do what a dictionary does, whatever the entries hold, and a restart brings back
/// the same.
/// </summary>
public sealed class StoreEditModelTests
{
    private const int Keys = 12;

    [Fact]
    public void Random_edits_copies_and_moves_do_what_a_dictionary_does_and_survive_a_restart()
    {
        Gen.Int[0, int.MaxValue].Array[20, 400].Sample(Run, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData("10.5", "0.1", "10.6")]
    [InlineData("3.0e3", "-2.5", "2997.5")]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("9223372036854775807", "1", "9223372036854775808")]
    [InlineData("9223372036854775807", "0.4", "9223372036854775807.4")]
    [InlineData("-0.5", "0.5", "0")]
    [InlineData("1e300", "1", "1e300")]
    [InlineData("x", "1", null)]
    [InlineData("1 ", "1", null)]
    [InlineData("nan", "1", null)]
    [InlineData("inf", "1", null)]
    public void Fractions_are_added_as_decimals(string before, string delta, string? expected)
    {
        Span<byte> text = stackalloc byte[FractionText.BytesMax];
        StoreStatus status = FractionText.Add(StoreHarness.Bytes(before), StoreHarness.Bytes(delta), text, out int length);
        if (expected is null)
        {
            Assert.NotEqual(StoreStatus.Ok, status);
            return;
        }

        string sum = Encoding.ASCII.GetString(text[..length]);
        Assert.True(
            sum == expected || double.Parse(sum, CultureInfo.InvariantCulture) == double.Parse(expected, CultureInfo.InvariantCulture),
            sum);
    }

    [Fact]
    public void What_was_looked_at_is_the_same_only_as_long_as_nothing_happens_to_it()
    {
        using var harness = new StoreHarness();
        byte[] key = StoreHarness.Bytes("k");
        StoreKeyState absent = harness.Store.Look(key);
        Assert.Equal(absent, harness.Store.Look(key));
        harness.Set("k", "1");
        StoreKeyState first = harness.Store.Look(key);
        Assert.NotEqual(absent, first);
        harness.Get("k");
        Assert.Equal(first, harness.Store.Look(key));
        Assert.Equal(StoreStatus.Ok, harness.Store.Expire(key, new StoreExpiry(StoreExpiryKind.After, 100)));
        StoreKeyState second = harness.Store.Look(key);
        Assert.NotEqual(first, second);
        harness.Time.Advance(101);
        Assert.NotEqual(second, harness.Store.Look(key));
        Assert.NotEqual(absent, harness.Store.Look(key));
        StoreKeyState gone = harness.Store.Look(key);
        harness.Set("k", "1");
        harness.Store.Delete(key, default, out _);
        Assert.NotEqual(gone, harness.Store.Look(key));
    }

    [Fact]
    public void A_deadline_is_taken_on_its_condition()
    {
        using var harness = new StoreHarness();
        byte[] key = StoreHarness.Bytes("k");
        harness.Set("k", "1");
        StoreStatus After(long ms, StoreExpiryCondition condition) =>
            harness.Store.ExpireIf(key, new StoreExpiry(StoreExpiryKind.After, ms), condition);

        Assert.Equal(StoreStatus.ConditionFailed, After(100, StoreExpiryCondition.IfAny));
        Assert.Equal(StoreStatus.ConditionFailed, After(100, StoreExpiryCondition.IfLater));
        Assert.Equal(StoreStatus.Ok, After(100, StoreExpiryCondition.IfEarlier));
        Assert.Equal(StoreStatus.ConditionFailed, After(100, StoreExpiryCondition.IfNone));
        Assert.Equal(StoreStatus.ConditionFailed, After(99, StoreExpiryCondition.IfLater));
        Assert.Equal(StoreStatus.Ok, After(101, StoreExpiryCondition.IfLater));
        Assert.Equal(StoreStatus.ConditionFailed, After(102, StoreExpiryCondition.IfEarlier));
        Assert.Equal(StoreStatus.Ok, After(50, StoreExpiryCondition.IfAny));
        Assert.Equal(StoreStatus.Ok, harness.Store.Ttl(key, out long left));
        Assert.Equal(50, left);
        Assert.Equal(StoreStatus.NotFound, harness.Store.ExpireIf(StoreHarness.Bytes("none"), default, StoreExpiryCondition.None));
    }

    private static void Run(int[] seeds)
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        var model = new Dictionary<string, Dictionary<string, string>>();
        foreach (int seed in seeds)
        {
            Do(harness, model, new Random(seed));
        }

        Assert.Equal(Show(model), Show(harness));
        harness.Store.Check();
        using var restarted = new StoreHarness(harness.Limits, harness.Time);
        using (StoreRecovery recovery = restarted.Store.BeginRecovery(workers: seeds.Length % 3))
        {
            log.Replay(Lsn.None, recovery);
            recovery.Complete(log: null);
        }

        Assert.Equal(Show(model), Show(restarted));
        restarted.Store.Check();
    }

    // A value is the field of no name.
    private static void Do(StoreHarness harness, Dictionary<string, Dictionary<string, string>> model, Random random)
    {
        string name = $"k{random.Next(Keys)}";
        string other = $"k{random.Next(Keys)}";
        string field = $"f{random.Next(8)}";
        byte[] key = StoreHarness.Bytes(name);
        bool isThere = model.TryGetValue(name, out Dictionary<string, string>? entry);
        bool isHash = isThere && !entry!.ContainsKey(string.Empty);
        string before = isThere && !isHash ? entry![string.Empty] : string.Empty;
        switch (random.Next(8))
        {
            case 0:
                string value = random.Next(2) == 0 ? $"{random.Next(100)}" : new string('v', random.Next(200));
                harness.Set(name, value);
                model[name] = new() { [string.Empty] = value };
                break;
            case 1:
                StoreStatus hashed = harness.HashSet(name, (field, $"{random.Next(100)}"), ($"g{random.Next(20)}", new string('g', random.Next(40))));
                Assert.Equal(isThere && !isHash ? StoreStatus.WrongType : StoreStatus.Ok, hashed);
                if (hashed == StoreStatus.Ok)
                {
                    model[name] = harness.HashGetAll(name)!;
                }

                break;
            case 2:
                int offset = random.Next(60);
                string bytes = new('o', random.Next(20));
                StoreStatus written = harness.Store.Overwrite(key, offset, StoreHarness.Bytes(bytes), out long length, out _);
                Assert.Equal(isHash ? StoreStatus.WrongType : StoreStatus.Ok, written);
                if (!isHash && bytes.Length > 0)
                {
                    string padded = before.PadRight(offset + bytes.Length, '\0');
                    model[name] = new() { [string.Empty] = padded[..offset] + bytes + padded[(offset + bytes.Length)..] };
                    Assert.Equal(padded.Length, length);
                }

                break;
            case 3:
                Span<byte> text = stackalloc byte[FractionText.BytesMax];
                StoreStatus added = harness.Store.IncrementFraction(key, "0.5"u8, text, out int digits);
                bool isNumber = !isThere || (!isHash && decimal.TryParse(before, CultureInfo.InvariantCulture, out _));
                Assert.Equal(isHash ? StoreStatus.WrongType : isNumber ? StoreStatus.Ok : StoreStatus.NotANumber, added);
                if (added == StoreStatus.Ok)
                {
                    decimal sum = (isThere ? decimal.Parse(before, CultureInfo.InvariantCulture) : 0) + 0.5m;
                    string shown = sum.ToString("0.#", CultureInfo.InvariantCulture);
                    Assert.Equal(shown, Encoding.ASCII.GetString(text[..digits]));
                    model[name] = new() { [string.Empty] = shown };
                }

                break;
            case 4:
                bool isNew = !isThere || (isHash && !entry!.ContainsKey(field));
                StoreStatus set = harness.Store.HashSetIfAbsent(key, StoreHarness.Bytes(field), "new"u8, out bool stored);
                Assert.Equal(isThere && !isHash ? StoreStatus.WrongType : StoreStatus.Ok, set);
                Assert.Equal(isNew && set == StoreStatus.Ok, stored);
                if (stored)
                {
                    (model.TryGetValue(name, out entry) ? entry : model[name] = [])[field] = "new";
                }

                break;
            case 5 or 6:
                bool replaces = random.Next(2) == 0;
                bool moves = random.Next(2) == 0;
                byte[] target = StoreHarness.Bytes(other);
                StoreStatus copied = moves ? harness.Store.Rename(key, target, replaces) : harness.Store.Copy(key, target, replaces);
                Assert.Equal(
                    !isThere ? StoreStatus.NotFound
                    : !replaces && model.ContainsKey(other) ? StoreStatus.ConditionFailed
                    : StoreStatus.Ok,
                    copied);
                if (copied == StoreStatus.Ok && name != other)
                {
                    model[other] = new(entry!);
                    if (moves)
                    {
                        model.Remove(name);
                    }
                }

                break;
            default:
                Assert.Equal(
                    model.Remove(name) ? StoreStatus.Ok : StoreStatus.NotFound, harness.Store.Delete(key, default, out _));
                break;
        }
    }

    private static string Show(Dictionary<string, Dictionary<string, string>> model) => string.Join(
        '\n',
        model.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}: " + string.Join(
            ", ", entry.Value.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value}"))));

    private static string Show(StoreHarness harness)
    {
        var contents = new Dictionary<string, Dictionary<string, string>>();
        foreach ((_, string key) in harness.ScanAll(string.Empty, 5))
        {
            contents[key] = harness.HashGetAll(key) ?? new() { [string.Empty] = harness.Get(key)! };
        }

        return Show(contents);
    }
}
