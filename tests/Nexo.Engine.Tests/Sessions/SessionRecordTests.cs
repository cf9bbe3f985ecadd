using Nexo.Engine.Sessions;
using Nexo.Engine.Tests.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Sessions;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class SessionRecordTests
{
    private const byte Set = 112;
    private const byte Removed = 113;
    private const byte Left = 114;
    private const byte Subscribed = 115;
    private const byte Unsubscribed = 116;
    private const byte Stored = 117;
    private const byte Released = 118;
    private const byte Queued = 119;
    private const byte Settled = 120;
    private const byte Received = 121;
    private const byte Taken = 122;
    private const byte InboundReleased = 123;
    private const byte Kept = 124;
    private const byte Numbers = 125;

    private const string One = "01000000";
    private const string Minute = "3C000000";
    private const string Key = "0100" + "0200" + "75" + "6364";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        using var harness = new SessionHarness(log: new DurableMemoryLog { IsImmediate = true });
        SessionHarness.Holder client = harness.Connect("cd");
        client.Link.Subscribe("a/#"u8, 0x2D, 258, out _, out _);
        client.Link.BeginInbound(258, out _, out _);
        client.Link.BeginInbound(258, out _, out _);
        SessionBody body = harness.Service.Keep("t"u8, "h"u8, "xy"u8, 256);
        client.Session.Enqueue([new SessionEntry(body, IsExactlyOnce: true, Retain: true, 258), new SessionEntry(body, false, false, 0)]);
        body.Release();
        client.Drain();
        client.Link.Received(1, out _);
        client.Link.Received(1, out _);
        client.Link.Acknowledge(2);
        client.Link.Complete(1);
        client.Link.EndInbound(258, out _);
        client.Link.Unsubscribe("a/#"u8, out _);
        client.Link.Close();
        long now = harness.Clock.NowMs;
        harness.Connect("cd", SessionLimits.Never).Link.Close();
        harness.Connect("cd", expirySeconds: 0).Link.Close();
        (byte, string)[] expected =
        [
            (Set, One + Minute + Number(0) + Key),
            (Subscribed, One + "2D" + "02010000" + "612F23"),
            (Taken, One + "0201"),
            (Stored, Number(1) + Number(now + 256) + "0100" + "0100" + "74" + "68" + "7879"),
            (Queued, One + Number(1) + Number(1) + "06" + "02010000" + Number(1) + "01" + "00000000"),
            (Received, One + Number(1)),
            (Settled, One + Number(2) + One),
            (Released, Number(1)),
            (Settled, One + Number(1) + One),
            (InboundReleased, One + "0201"),
            (Unsubscribed, One + "612F23"),
            (Left, One + Minute + Number(now + 60_000) + Number(2)),
            (Set, One + "FFFFFFFF" + Number(0) + Key),
            (Left, One + "FFFFFFFF" + Number(long.MaxValue) + Number(2)),
            (Set, One + "00000000" + Number(0) + Key),
            (Removed, One),
        ];
        Assert.Equal(expected, harness.Log!.Inner.Hex());
    }

    [Fact]
    public void A_snapshot_holds_sessions_with_what_they_have_and_each_message_once()
    {
        using var harness = new SessionHarness(log: new DurableMemoryLog { IsImmediate = true });
        SessionHarness.Holder client = harness.Connect("cd");
        client.Link.Subscribe("a/#"u8, 1, 0, out _, out _);
        client.Link.BeginInbound(258, out _, out _);
        harness.Send(client.Session, "x", quality: 2);
        harness.Send(client.Session, "x");
        SessionBody body = harness.Service.Keep("t"u8, [], "z"u8, null);
        client.Session.Enqueue([new SessionEntry(body, false, Retain: true, 1), new SessionEntry(body, true, false, 0)]);
        body.Release();
        client.Next();
        client.Next();
        client.Link.Received(1, out _);
        client.Link.Acknowledge(2);
        var records = new HexSink();
        SessionSnapshot snapshot = harness.Service.BeginSnapshot(new Lsn(7));
        while (snapshot.MoveNext(records))
        {
            // Slice after slice.
        }

        Assert.Equal(
            [
                (7UL, Numbers, One + Number(3)),
                (7UL, Set, One + Minute + Number(0) + Key),
                (7UL, Subscribed, One + "01" + "00000000" + "612F23"),
                (7UL, Taken, One + "0201"),
                (7UL, Stored, Number(3) + Number(0) + "0100" + "0000" + "74" + "7A"),
                (7UL, Kept, One + Number(4) + Number(2) + Number(1)
                    + Number(0) + "0A" + "00000000"
                    + Number(0) + "00" + "00000000"
                    + Number(3) + "05" + "01000000"
                    + Number(3) + "02" + "00000000"),
            ],
            records.Records);
    }

    [Fact]
    public void The_numbers_are_those_that_are_on_disks()
    {
        Assert.Equal(
            [
                (0, "None"), (112, "SessionSet"), (113, "SessionRemoved"), (114, "SessionLeft"), (115, "SessionSubscribed"),
                (116, "SessionUnsubscribed"), (117, "BodyStored"), (118, "BodyReleased"), (119, "MessagesQueued"),
                (120, "MessagesSettled"), (121, "MessageReceived"), (122, "InboundTaken"), (123, "InboundReleased"),
                (124, "QueueKept"), (125, "SessionNumbersKept"),
            ],
            Enum.GetValues<SessionRecordKind>().Select(kind => ((int)kind, kind.ToString())));
        Assert.Equal(
            [(1, "AtLeastOnce"), (2, "ExactlyOnce"), (4, "Retain"), (8, "Received")],
            Enum.GetValues<SessionMarks>().Where(mark => mark is not (SessionMarks.None or SessionMarks.OnDisk or SessionMarks.Present))
                .Select(mark => ((int)mark, mark.ToString())));
        Assert.All(
            Enumerable.Range(0, 256), kind => Assert.Equal(kind is >= 112 and <= 125, SessionRecovery.Takes((byte)kind)));
    }

    [Fact]
    public void Records_that_contradict_themselves_are_refused()
    {
        string set = One + Minute + Number(0) + Key;
        Assert.True(Takes(Set, set));
        Assert.False(Takes(Set, set[..^2]));
        Assert.False(Takes(Set, "00000000" + set[8..]));
        Assert.False(Takes(Set, One + Minute + Number(-1) + Key));
        Assert.True(Takes(Removed, One));
        Assert.False(Takes(Removed, One + "00"));
        Assert.False(Takes(Left, One + Minute + Number(0) + Number(0)));
        Assert.False(Takes(Subscribed, One + "00" + One));
        Assert.False(Takes(Unsubscribed, One));
        Assert.False(Takes(Stored, Number(0) + Number(0) + "0100" + "0000" + "74"));
        Assert.False(Takes(Stored, Number(1) + Number(0) + "0000" + "0000" + "74"));
        Assert.False(Takes(Released, Number(0)));
        Assert.True(Takes(Queued, One + Number(1) + Number(1) + "06" + One));
        Assert.False(Takes(Queued, One + Number(1)));
        Assert.False(Takes(Queued, One + Number(1) + Number(1) + "03" + One));
        Assert.False(Takes(Queued, One + Number(1) + Number(1) + "0A" + One));
        Assert.False(Takes(Queued, One + Number(1) + Number(1) + "00" + One));
        Assert.False(Takes(Queued, One + Number(1) + Number(1) + "12" + One));
        Assert.False(Takes(Settled, One + Number(1) + "00000000"));
        Assert.False(Takes(Received, One + Number(0)));
        Assert.False(Takes(Taken, One + "0000"));
        Assert.False(Takes(InboundReleased, One));
        Assert.False(Takes(Kept, One + Number(1) + Number(1) + Number(1) + Number(0) + "09" + One));
        Assert.False(Takes(Numbers, One));
        Assert.False(Takes(126, One));
    }

    private static bool Takes(byte kind, string hex)
    {
        using var harness = new SessionHarness();
        SessionRecovery recovery = harness.Service.BeginRecovery();
        try
        {
            recovery.OnRecord(new Lsn(1), kind, Convert.FromHexString(hex));
            recovery.Complete();
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
