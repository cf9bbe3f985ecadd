using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class StoreRecordTests
{
    private const byte Clock = 1;
    private const byte Set = 16;
    private const byte Removed = 17;
    private const byte ExpirySet = 18;
    private const byte Appended = 19;
    private const byte FieldsSet = 20;
    private const byte FieldsRemoved = 21;

    // The manual clock starts at 1,750,000,000,000: versions at a thousand times that, in 8 bytes.
    private const string Started = "00DC207497010000";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        var log = new MemoryLog();
        var limits = new StoreLimits { Shards = 1 };
        using var harness = new StoreHarness(limits, log: log);
        harness.Set("key", "value");
        harness.Set("gone", "v", new StoreExpiry(StoreExpiryKind.At, 1_750_000_000_256));
        harness.Store.Append("key"u8, "+x"u8, out _, out _);
        harness.Store.Expire("key"u8, new StoreExpiry(StoreExpiryKind.After, 512));
        harness.Store.Increment("n"u8, 42, default, out _, out _);
        harness.HashSet("h", ("f", "1"), ("", "22"));
        harness.HashSet("h", ("f", "3"));
        var fields = new BlobArray("f"u8.ToArray(), "none"u8.ToArray());
        harness.Store.HashDelete("h"u8, ref fields, out _);
        harness.Store.Delete("gone"u8, default, out _);
        harness.Store.LogClock();
        (byte, string)[] expected =
        [
            (Clock, Started + Started),
            (Set, Version(1) + "0000000000000000" + "03000000" + "6B6579" + "76616C7565"),
            (Set, Version(2) + "00DD207497010000" + "04000000" + "676F6E65" + "76"),
            (Appended, Version(3) + "0000000000000000" + "03000000" + "05000000" + "6B6579" + "2B78"),
            (ExpirySet, "00DE207497010000" + "6B6579"),
            (Set, Version(4) + "0000000000000000" + "01000000" + "6E" + "3432"),
            (FieldsSet, Version(5) + "0000000000000000" + "01000000" + "01000000" + "02000000" + "68"
                + "0100000001000000" + "66" + "31" + "0000000002000000" + "3232"),
            (FieldsSet, Version(6) + "0000000000000000" + "01000000" + "00000000" + "01000000" + "68"
                + "0100000001000000" + "66" + "33"),
            (FieldsRemoved, Version(7) + "01000000" + "02000000" + "68" + "01000000" + "66" + "04000000" + "6E6F6E65"),
            (Removed, "676F6E65"),
            (Clock, Started + Started),
        ];
        Assert.Equal(expected, log.Hex());
    }

    [Fact]
    public void The_kinds_have_the_numbers_that_are_on_disks()
    {
        Assert.Equal(
            [(0, "None"), (1, "Clock"), (16, "Set"), (17, "Removed"), (18, "ExpirySet"), (19, "Appended"),
                (20, "FieldsSet"), (21, "FieldsRemoved"), (22, "MembersAdded"), (23, "MembersRemoved"), (24, "ScoresSet"),
                (25, "ScoresRemoved"), (26, "ElementsSet"), (27, "ElementsRemoved"), (31, "Together")],
            Enum.GetValues<StoreRecordKind>().Select(kind => ((int)kind, kind.ToString())));
    }

    [Fact]
    public void A_change_that_changes_nothing_writes_nothing()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        harness.Set("key", "value");
        harness.HashSet("h", ("f", "1"));
        Nexo.Storage.Lsn end = log.End;
        harness.Store.Delete("missing"u8, default, out _);
        harness.Store.Expire("key"u8, new StoreExpiry(StoreExpiryKind.Keep, 0));
        harness.Store.Expire("key"u8, default);
        var options = new SetOptions { Condition = new StoreCondition { Kind = StoreConditionKind.IfAbsent } };
        harness.Store.Set("key"u8, "other"u8, options, null, out _);
        harness.Store.Increment("key"u8, 1, default, out _, out _);
        var fields = new BlobArray("none"u8.ToArray());
        harness.Store.HashDelete("h"u8, ref fields, out _);
        harness.Clear("zzz");
        Assert.Equal(end, log.End);
    }

    /// <summary>One valid record of each kind, and every way to cut it short.</summary>
    [Fact]
    public void A_record_that_is_cut_or_contradicts_itself_is_refused_and_changes_nothing()
    {
        var log = new MemoryLog();
        using (var harness = new StoreHarness(log: log))
        {
            harness.Set("k", "");
            harness.Store.Append("k"u8, ""u8, out _, out _);
            harness.HashSet("h", ("f", "1"));
            var fields = new BlobArray("f"u8.ToArray());
            harness.Store.HashDelete("h"u8, ref fields, out _);
        }

        List<(byte Kind, string Hex)> records = log.Hex();
        records.RemoveAt(0);
        Assert.Equal([Set, Appended, FieldsSet, FieldsRemoved], records.Select(record => record.Kind));
        records.AddRange([(Clock, new string('0', 32)), (ExpirySet, new string('0', 16) + "6B"), (Removed, "6B")]);
        foreach ((byte kind, string hex) in records)
        {
            byte[] payload = Convert.FromHexString(hex);
            for (int length = 0; length < payload.Length; length++)
            {
                Refused(kind, payload[..length]);
            }
        }

        // Versions that cannot be, a key length beyond the record, an offset beyond any value, other counts, flags.
        string version = Version(1);
        Refused(Set, Convert.FromHexString(new string('0', 16) + "0000000000000000" + "01000000" + "6B"));
        Refused(Set, Convert.FromHexString("FFFFFFFFFFFFFFFF" + "0000000000000000" + "01000000" + "6B"));
        Refused(Set, Convert.FromHexString(version + "FFFFFFFFFFFFFFFF" + "01000000" + "6B"));
        Refused(Set, Convert.FromHexString(version + "0000000000000000" + "FFFFFFFF" + "6B"));
        Refused(Set, Convert.FromHexString(version + "0000000000000000" + "00000000" + "6B"));
        Refused(Appended, Convert.FromHexString(version + "0000000000000000" + "01000000" + "01000040" + "6B"));
        string fieldsSet = version + "0000000000000000" + "01000000";
        Refused(FieldsSet, Convert.FromHexString(fieldsSet + "02000000" + "01000000" + "6B" + "0000000000000000"));
        Refused(FieldsSet, Convert.FromHexString(fieldsSet + "00000000" + "02000000" + "6B" + "0000000000000000"));
        Refused(FieldsSet, Convert.FromHexString(fieldsSet + "00000000" + "00000000" + "6B"));
        Refused(FieldsSet, Convert.FromHexString(fieldsSet + "00000000" + "01000000" + "6B" + "FFFFFFFF01000000"));
        Refused(28, "6B"u8.ToArray());
        Refused(0, "6B"u8.ToArray());
    }

    private static void Refused(byte kind, byte[] payload)
    {
        foreach (int workers in (int[])[0, 1])
        {
            using var store = new StoreService(new StoreLimits { Shards = 1 }, new ManualTime());
            using StoreRecovery recovery = store.BeginRecovery(workers);
            Assert.Throws<InvalidDataException>(() =>
            {
                recovery.OnRecord(new Nexo.Storage.Lsn(1), kind, payload);
                recovery.Complete();
            });
            Assert.Equal(0, store.Stats.Entries);
        }
    }

    private static string Version(int number) =>
        Convert.ToHexString(BitConverter.GetBytes((1_750_000_000_000UL * 1_000) + (ulong)number));
}
