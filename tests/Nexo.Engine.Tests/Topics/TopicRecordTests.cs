using Nexo.Engine.Topics;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Topics;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class TopicRecordTests
{
    private const byte RetainedSet = 64;
    private const byte RetainedRemoved = 65;
    private const byte BindingDefined = 66;
    private const byte BindingRemoved = 67;

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        using var harness = new KeptHarness(log: new());
        harness.Publish("a/b", "body", headers: "h");
        harness.Time.Advance(5);
        harness.Publish("t", "x", ttlMs: 256);
        harness.Publish("a/b", string.Empty);
        harness.Publish("a/b", string.Empty);
        harness.Publish("n/o", "body", retain: false);
        harness.Bind("by", "a/#", "queue");
        harness.Bind("by", "a/#", "queue");
        harness.Bind("z", "+", "s", TopicTargetKind.Stream, keyByTopic: true);
        harness.Service.DeleteBinding("by"u8, out _);
        harness.Time.Advance(256);
        harness.Service.Tick();
        long began = harness.Clock.NowMs - 261;
        (byte, string)[] expected =
        [
            (RetainedSet, Number(began) + Number(0) + "0300" + "0100" + "612F62" + "68" + "626F6479"),
            (RetainedSet, Number(began + 5) + Number(began + 5 + 256) + "0100" + "0000" + "74" + "78"),
            (RetainedRemoved, "612F62"),
            (BindingDefined, "01" + "00" + "0300" + "02" + "05" + "6279" + "612F23" + "7175657565"),
            (BindingDefined, "02" + "01" + "0100" + "01" + "01" + "7A" + "2B" + "73"),
            (BindingRemoved, "6279"),
            (RetainedRemoved, "74"),
        ];
        Assert.Equal(expected, harness.Log!.Hex());
    }

    [Fact]
    public void A_snapshot_holds_bindings_and_what_is_retained()
    {
        using var harness = new KeptHarness(log: new());
        harness.Publish("t", "x", ttlMs: 256);
        harness.Publish("gone", "x", ttlMs: 1);
        harness.Bind("by", "a/#", "queue");
        harness.Time.Advance(2);
        var records = new HexSink();
        TopicSnapshot snapshot = harness.Service.BeginSnapshot(new Lsn(7));
        while (snapshot.MoveNext(records))
        {
            // Slice after slice.
        }

        long began = harness.Clock.NowMs - 2;
        Assert.Equal(
            [
                (7UL, BindingDefined, "01" + "00" + "0300" + "02" + "05" + "6279" + "612F23" + "7175657565"),
                (7UL, RetainedSet, Number(began) + Number(began + 256) + "0100" + "0000" + "74" + "78"),
            ],
            records.Records);
    }

    [Fact]
    public void The_numbers_are_those_that_are_on_disks()
    {
        Assert.Equal(
            [(0, "None"), (64, "RetainedSet"), (65, "RetainedRemoved"), (66, "BindingDefined"), (67, "BindingRemoved")],
            Enum.GetValues<TopicRecordKind>().Select(kind => ((int)kind, kind.ToString())));
        Assert.Equal(
            [(0, "None"), (1, "Queue"), (2, "Stream")],
            Enum.GetValues<TopicTargetKind>().Select(kind => ((int)kind, kind.ToString())));
        Assert.All(
            Enumerable.Range(0, 256),
            kind => Assert.Equal(kind is >= 64 and <= 67, TopicRecovery.Takes((byte)kind)));
    }

    [Fact]
    public void A_record_that_is_cut_or_contradicts_itself_is_refused()
    {
        string set = Number(5) + Number(9) + "0100" + "0100" + "74" + "68" + "62";
        string defined = "01" + "01" + "0100" + "01" + "01" + "6E" + "23" + "71";
        foreach ((byte kind, string hex) in
            (ReadOnlySpan<(byte, string)>)[(RetainedSet, set), (RetainedRemoved, "74"), (BindingDefined, defined), (BindingRemoved, "6E")])
        {
            Assert.True(Takes(kind, hex));
            for (int length = 0; length < hex.Length; length += 2)
            {
                Assert.False(Takes(kind, hex[..length]));
            }
        }

        // Moments before 1970, no topic; a target, flags, that there are not, no filter, no name, bytes too many.
        Assert.False(Takes(RetainedSet, Number(-1) + set[16..]));
        Assert.False(Takes(RetainedSet, Number(5) + Number(-1) + set[32..]));
        Assert.False(Takes(RetainedSet, Number(5) + Number(9) + "0000" + "0100" + "68" + "62"));
        Assert.False(Takes(BindingDefined, "03" + defined[2..]));
        Assert.False(Takes(BindingDefined, "01" + "02" + defined[4..]));
        Assert.False(Takes(BindingDefined, "01" + "01" + "0000" + "01" + "01" + "6E" + "71"));
        Assert.False(Takes(BindingDefined, "01" + "01" + "0100" + "00" + "01" + "23" + "71"));
        Assert.False(Takes(BindingDefined, defined + "00"));
        Assert.False(Takes(68, "6E"));
    }

    [Fact]
    public void Facts_about_what_is_not_there_are_passed_over_and_a_binding_is_what_was_said_last()
    {
        using var harness = new KeptHarness();
        TopicRecovery recovery = harness.Service.BeginRecovery();
        string defined = "01" + "00" + "0100" + "01" + "01" + "6E" + "23";
        recovery.OnRecord(new Lsn(1), RetainedRemoved, "n"u8);
        recovery.OnRecord(new Lsn(2), BindingRemoved, "n"u8);
        recovery.OnRecord(new Lsn(3), BindingDefined, Convert.FromHexString(defined + "71"));
        recovery.OnRecord(new Lsn(4), BindingDefined, Convert.FromHexString(defined + "72"));
        recovery.Complete();
        Assert.Equal(["n: # -> Queue r"], harness.Bindings());
        harness.Publish("t", "x", retain: false);
        Assert.Equal(["Queue r: t=x"], harness.Targets.Pushed);
        Assert.Empty(harness.Retained());
    }

    private static bool Takes(byte kind, string hex)
    {
        using var harness = new KeptHarness();
        TopicRecovery recovery = harness.Service.BeginRecovery();
        try
        {
            recovery.OnRecord(new Lsn(1), kind, Convert.FromHexString(hex));
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static string Number(long number) => Convert.ToHexString(BitConverter.GetBytes(number));

    private sealed class HexSink : IRecordSink
    {
        public List<(ulong Lsn, byte Kind, string Hex)> Records { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
            Records.Add((lsn.Value, kind, Convert.ToHexString(payload)));
    }
}
