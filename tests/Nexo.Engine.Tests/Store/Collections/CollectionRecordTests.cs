using Nexo.Engine.Store;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>The bytes of the records of lists, sets and sorted sets, as <c>docs/storage-format.md</c> has them.</summary>
public sealed class CollectionRecordTests
{
    private const byte MembersAdded = 22;
    private const byte MembersRemoved = 23;
    private const byte ScoresSet = 24;
    private const byte ScoresRemoved = 25;
    private const byte ElementsSet = 26;
    private const byte ElementsRemoved = 27;
    private const byte Together = 31;
    private const string NoDeadline = "0000000000000000";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(new StoreLimits { Shards = 1 }, log: log);
        StoreService store = harness.Store;
        Nexo.Storage.Lsn begin = log.End;
        store.Push("l", ListEnd.Right, out _, "a", "bb");
        store.Push("l", ListEnd.Left, out _, "c");
        store.ListSet("l"u8, 1, "d"u8);
        store.Pop("l", ListEnd.Left);
        store.AddMembers("s", out _, "x", "");
        var members = new BlobArray("x".Raw());
        store.SetRemove("s"u8, ref members, out _);
        store.AddScores("z", out _, ("m", 1.5));
        members = new BlobArray("m".Raw(), "n".Raw());
        store.SortedRemove("z"u8, ref members, out _);
        store.Push("q", ListEnd.Right, out _, "e");
        var sink = new ItemList();
        store.ListMove("q"u8, "p"u8, ListEnd.Left, ListEnd.Right, ref sink);
        const string Gap = "00100000";
        const string Back = "00F0FFFF";
        string moved = Version(10) + NoDeadline + "01000000" + "01000000" + "01000000" + "0000000000000000" + Gap + "70"
            + "0100000065";
        string taken = Version(11) + "01000000" + "01000000" + "71" + "0000000000000000" + "0000000000000000";
        (byte, string)[] expected =
        [
            (ElementsSet, Version(1) + NoDeadline + "01000000" + "01000000" + "02000000" + "0000000000000000" + Gap + "6C"
                + "0100000061" + "020000006262"),
            (ElementsSet, Version(2) + NoDeadline + "01000000" + "00000000" + "01000000" + "00F0FFFFFFFFFFFF" + Back + "6C"
                + "0100000063"),
            (ElementsSet, Version(3) + NoDeadline + "01000000" + "00000000" + "01000000" + "0000000000000000" + "00000000"
                + "6C" + "0100000064"),
            (ElementsRemoved, Version(4) + "01000000" + "01000000" + "6C" + "00F0FFFFFFFFFFFF" + "00F0FFFFFFFFFFFF"),
            (MembersAdded, Version(5) + NoDeadline + "01000000" + "01000000" + "02000000" + "73"
                + "0100000000000000" + "78" + "0000000000000000"),
            (MembersRemoved, Version(6) + "01000000" + "01000000" + "73" + "01000000" + "78"),
            (ScoresSet, Version(7) + NoDeadline + "01000000" + "01000000" + "01000000" + "7A"
                + "0100000008000000" + "6D" + "000000000000F83F"),
            (ScoresRemoved, Version(8) + "01000000" + "02000000" + "7A" + "01000000" + "6D" + "01000000" + "6E"),
            (ElementsSet, Version(9) + NoDeadline + "01000000" + "01000000" + "01000000" + "0000000000000000" + Gap + "71"
                + "0100000065"),
            (Together, Length(moved) + "1A" + moved + Length(taken) + "1B" + taken),
        ];
        Assert.Equal(expected, log.Hex(begin));
    }

    [Fact]
    public void A_change_that_changes_nothing_writes_nothing()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        StoreService store = harness.Store;
        store.Push("l", ListEnd.Right, out _, "a", "b");
        store.AddMembers("s", out _, "x");
        store.AddScores("z", out _, ("m", 1));
        Nexo.Storage.Lsn end = log.End;
        store.AddMembers("s", out int added, "x");
        Assert.Equal(0, added);
        store.AddScores("z", out added, ("m", 1));
        Assert.Equal(0, added);
        store.ListTrim("l"u8, 0, -1);
        store.ListRemove("l"u8, 0, "none"u8, out _);
        store.ListInsert("l"u8, before: true, "none"u8, "x"u8, out _);
        store.SetMove("s"u8, "t"u8, "none"u8, out _);
        var rule = new ScoreRule { IfGreater = true };
        PairArray lower = CollectionCommands.Scores(("m", 0));
        store.SortedAdd("z"u8, rule, ref lower, out _);
        store.SortedRemove("z"u8, SortedRange.ByRank(5, 6), out _);
        var sink = new ItemList();
        store.ListMove("none"u8, "l"u8, ListEnd.Left, ListEnd.Left, ref sink);
        Assert.Equal(end, log.End);
    }

    [Fact]
    public void A_record_that_is_cut_or_contradicts_itself_is_refused_and_changes_nothing()
    {
        var log = new MemoryLog();
        Nexo.Storage.Lsn begin;
        using (var harness = new StoreHarness(log: log))
        {
            begin = log.End;
            harness.Store.Push("l", ListEnd.Right, out _, "a");
            harness.Store.AddMembers("s", out _, "x");
            harness.Store.AddScores("z", out _, ("m", 1));
            harness.Store.SetMove("s"u8, "t"u8, "x"u8, out _);
            harness.Store.Push("l", ListEnd.Right, out _, "b");
            harness.Store.Pop("l", ListEnd.Left);
        }

        List<(byte Kind, string Hex)> records = log.Hex(begin);
        Assert.Equal(
            [ElementsSet, MembersAdded, ScoresSet, Together, ElementsSet, ElementsRemoved], records.Select(record => record.Kind));
        foreach ((byte kind, string hex) in records)
        {
            byte[] payload = Convert.FromHexString(hex);
            for (int length = 0; length < payload.Length; length++)
            {
                Refused(kind, payload[..length]);
            }
        }

        string head = Version(1) + NoDeadline + "01000000";
        string element = "0100000061";
        Refused(ElementsSet, head + "04000000" + "01000000" + NoDeadline + "00000000" + "6C" + element);
        Refused(ElementsSet, head + "00000000" + "00000000" + NoDeadline + "00000000" + "6C");
        Refused(ElementsSet, head + "00000000" + "02000000" + NoDeadline + "00000000" + "6C" + element + element);
        Refused(ElementsSet, head + "00000000" + "01000000" + "FFFFFFFFFFFFFF7F" + "00000000" + "6C" + element);
        Refused(ElementsSet, head + "02000000" + "01000000" + NoDeadline + "00000000" + "6C" + element);
        Refused(ElementsRemoved, Version(1) + "01000000" + "01000000" + "6C" + NoDeadline + "FFFFFFFFFFFFFF7F");
        Refused(MembersAdded, head + "00000000" + "01000000" + "73" + "0100000001000000" + "7878");
        Refused(ScoresSet, head + "00000000" + "01000000" + "7A" + "0100000007000000" + "6D" + "00000000000000");
        Refused(ScoresSet, head + "00000000" + "01000000" + "7A" + "0100000008000000" + "6D" + "000000000000F87F");

        // Fewer than two, one within another, and a kind that is none of the store's entries.
        Refused(Together, "01000000" + "11" + "6B");
        Refused(Together, "01000000" + "11" + "6B" + "06000000" + "1F" + "01000000" + "11" + "6B");
        Refused(Together, "01000000" + "11" + "6B" + "10000000" + "01" + NoDeadline + NoDeadline);
    }

    private static void Refused(byte kind, string hex) => Refused(kind, Convert.FromHexString(hex));

    private static void Refused(byte kind, byte[] payload)
    {
        using var store = new StoreService(new StoreLimits { Shards = 1 }, new ManualTime());
        using StoreRecovery recovery = store.BeginRecovery();
        Assert.Throws<InvalidDataException>(() =>
        {
            recovery.OnRecord(new Nexo.Storage.Lsn(1), kind, payload);
            recovery.Complete();
        });
        Assert.Equal(0, store.Stats.Entries);
    }

    private static string Version(int number) =>
        Convert.ToHexString(BitConverter.GetBytes((1_750_000_000_000UL * 1_000) + (ulong)number));

    private static string Length(string hex) => Convert.ToHexString(BitConverter.GetBytes(hex.Length / 2));
}
