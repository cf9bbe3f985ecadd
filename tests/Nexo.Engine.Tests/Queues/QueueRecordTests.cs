using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>
/// The bytes of every record, as <c>docs/storage-format.md</c> has them: they are on disks, so they stay.
/// </summary>
public sealed class QueueRecordTests
{
    private const byte Defined = 32;
    private const byte Deleted = 33;
    private const byte Pushed = 34;
    private const byte Removed = 35;
    private const byte DeliveredKind = 36;
    private const byte Returned = 37;
    private const byte Died = 38;
    private const byte Moved = 39;
    private const byte KeptKind = 41;
    private const byte Dedup = 42;
    private const byte Numbers = 44;

    // The manual clock starts at 1,750,000,000,000.
    private const string Now = "00DC207497010000";
    private const string InASecond = "E8DF207497010000";
    private const string Never = "0000000000000000";

    // SHA-256 of "d", its first 16 bytes.
    private const string HashOfD = "18AC3E7343F016890C510E93F9352611";

    [Fact]
    public void Every_change_writes_the_record_that_the_format_says()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(new QueueLimits { Shards = 1 }, log: log);
        harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "dl", Backoff = QueueBackoff.None });
        harness.Push("ab");
        harness.Push(new Pushing("c") { Priority = 2, DelayMs = 1_000, TtlMs = 1_000, Dedup = "d", Group = "g", Headers = "hh" });
        harness.PushBatch(true, out _, "", "x");
        List<Delivered> all = harness.Pull();
        harness.Ack(all[0]);
        harness.Nack(all[1], reason: "r");
        harness.Nack(all[2], QueueNack.Delay, 1_000);
        harness.DeadLetter(harness.Pull()[0], "why");
        harness.Pause(QueuePausedParts.Pushes);
        harness.Queues.Delete("q"u8, false, false, out _, out _);
        Assert.Equal(
            [
                (Defined, Definition(1, 1, 0, 1, "0171", "02646C", backoff: 0)),
                (Pushed, "01000000" + Now + Id(1) + "01000000" + "00" + "00" + "00" + "0000" + "02000000" + "6162"),
                (Pushed, "01000000" + Now + Id(2) + "01000000" + "07" + "02" + "01" + "0200" + "01000000"
                    + InASecond + InASecond + HashOfD + "67" + "6868" + "63"),
                (Pushed, "01000000" + Now + Id(3) + "02000000" + "00" + "00" + "00" + "0000" + "00000000"
                    + "00" + "00" + "00" + "0000" + "01000000" + "78"),
                (DeliveredKind, "01000000" + "02000000" + Id(1) + "01000000" + "01000000" + Id(3) + "02000000" + "01000000"),
                (Removed, "01000000" + "01000000" + Id(1) + "01000000"),
                (Returned, "01000000" + "0100" + "01000000" + Id(3) + Never + "0100" + "0000" + "72"),
                (Returned, "01000000" + "0000" + "01000000" + Id(4) + InASecond + "0100" + "0000"),
                (DeliveredKind, "01000000" + "01000000" + Id(3) + "01000000" + "02000000"),
                (Died, "01000000" + "0300" + "01000000" + Id(3) + "0300" + "01" + Now + "0100" + "0000" + "776879"),
                (Defined, Definition(2, 1, 0, 1, "02646C", "00", backoff: 2)),
                (Moved, "01000000" + Id(3) + "02000000" + Id(1) + "05" + "00" + "0300" + Now + Never + Now
                    + "02000000" + "0100" + "0000" + "00" + "01" + "0000" + "0300" + "00000000" + "776879" + "71"),
                (Defined, Definition(1, 1, 1, 5, "0171", "02646C", backoff: 0)),
                (Deleted, "01000000"),
            ],
            log.Hex());
    }

    [Fact]
    public void A_full_queue_writes_dead_letters_and_a_snapshot_what_is_there()
    {
        var log = new MemoryLog();
        using var harness = new QueueHarness(new QueueLimits { Shards = 1 }, log: log);
        harness.Declare("q", new QueueOptionSet { MessagesMax = 1, WhenFull = QueueWhenFull.DeadLetter });
        harness.Push(new Pushing("a") { Group = "g", Dedup = "d" });
        Lsn before = log.End;
        harness.Push("b");
        Assert.Equal(
            [(Pushed, "01000000" + Now + Id(2) + "01000000" + "08" + "00" + "00" + "0000" + "01000000" + "0400" + "62")],
            log.Hex(before));
        harness.Pull();
        Assert.Equal(
            [
                (Numbers, "01000000"),
                (Defined, Definition(1, 1, 0, 3, "0171", "00", backoff: 2, messagesMax: 1, whenFull: 1)),
                (KeptKind, "01000000" + Id(1) + "04" + "00" + "0000" + Now + Never + Never + "01000000" + "0000" + "0000"
                    + "01" + "00" + "0000" + "0000" + "01000000" + "67" + "61"),
                (KeptKind, "01000000" + Id(2) + "05" + "00" + "0400" + Now + Never + Now + "00000000" + "0000" + "0000"
                    + "00" + "00" + "0000" + "0000" + "01000000" + "62"),
                (Dedup, "01000000" + "01000000" + HashOfD + Id(1) + Now),
            ],
            Snapshot(harness, log.End));
    }

    [Fact]
    public void The_numbers_are_those_that_are_on_disks()
    {
        Assert.Equal(
            [(0, "None"), (32, "QueueDefined"), (33, "QueueDeleted"), (34, "MessagesPushed"), (35, "MessagesRemoved"),
                (36, "MessagesDelivered"), (37, "MessagesReturned"), (38, "MessagesDied"), (39, "MessageMoved"),
                (40, "BacklogCleared"), (41, "MessageKept"), (42, "DedupKept"), (43, "BacklogKept"), (44, "NumbersKept"),
                (45, "BacklogTaken")],
            Enum.GetValues<QueueRecordKind>().Select(kind => ((int)kind, kind.ToString())));
        Assert.Equal(
            [(0, "None"), (1, "Ready"), (2, "Delayed"), (3, "Held"), (4, "Leased"), (5, "Dead"), (6, "Dying")],
            Enum.GetValues<MessageState>().Select(state => ((int)state, state.ToString())));
        Assert.Equal(
            [(0, "None"), (1, "MaxDeliveries"), (2, "Expired"), (3, "Rejected"), (4, "QueueFull"), (5, "ConsumerLost")],
            Enum.GetValues<QueueDeadCause>().Select(cause => ((int)cause, cause.ToString())));
        Assert.Equal(
            [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
            QueueOptionTable.Numbers.Select(row => (int)row.Option));
    }

    [Fact]
    public void A_record_that_is_cut_or_contradicts_itself_is_refused_and_changes_nothing()
    {
        var log = new MemoryLog();
        using (var harness = new QueueHarness(new QueueLimits { Shards = 1 }, log: log))
        {
            harness.Declare("q", new QueueOptionSet { DeadLetterQueue = "dl", MessagesMax = 3, WhenFull = QueueWhenFull.DeadLetter });
            harness.PushBatch(true, out _, "1", new Pushing("2") { DelayMs = 5, TtlMs = 50, Dedup = "d", Group = "g" }, "3", "4");
            List<Delivered> all = harness.Pull();
            harness.Nack(all[0], reason: "r");
            harness.DeadLetter(all[1], "r");
            harness.Queues.Purge("q"u8, QueuePart.Ready, out _, out _);
            foreach ((byte kind, string hex) in Snapshot(harness, log.End))
            {
                byte[] payload = Convert.FromHexString(hex);
                using LogAppend append = log.Begin(kind, payload.Length);
                payload.CopyTo(append.Payload);
            }

            harness.Queues.Delete("q"u8, false, false, out _, out _);
        }

        List<(byte Kind, string Hex)> records = log.Hex();
        Assert.Equal(
            [Defined, Deleted, Pushed, Removed, DeliveredKind, Returned, Died, Moved, KeptKind, Dedup, Numbers],
            records.Select(record => record.Kind).Distinct().Order());
        foreach ((byte kind, string hex) in records)
        {
            byte[] payload = Convert.FromHexString(hex);
            Accepted(kind, payload);
            for (int length = 0; length < payload.Length; length++)
            {
                Refused(kind, payload[..length]);
            }

            Refused(kind, [.. payload, 0]);
        }

        // No queue, no name, an unknown option, one out of range, no messages, an id of 0, a cause and a state that are none.
        Refused(Defined, Convert.FromHexString(Definition(0, 1, 0, 1, "0171", "00", backoff: 0)));
        Refused(Defined, Convert.FromHexString(Definition(1, 1, 0, 1, "00", "00", backoff: 0)));
        Refused(Defined, Convert.FromHexString(Definition(1, 1, 4, 1, "0171", "00", backoff: 0)));
        Refused(Defined, Convert.FromHexString(Definition(1, 1, 0, 0, "0171", "00", backoff: 0)));
        Refused(Defined, Convert.FromHexString(Definition(1, 1, 0, 1, "0171", "00", backoff: 3)));
        Refused(Pushed, Convert.FromHexString("01000000" + Now + Id(1) + "00000000"));
        Refused(Pushed, Convert.FromHexString("01000000" + Now + Id(0) + "01000000" + "000000000000000000"));
        Refused(Pushed, Convert.FromHexString("01000000" + Now + Id(1) + "01000000" + "400000000000000000"));
        Refused(Pushed, Convert.FromHexString("01000000" + Now + Id(1) + "01000000" + "2000010000000000000061"));
        Refused(Removed, Convert.FromHexString("01000000" + "01000000" + Id(0) + "01000000"));
        Refused(Removed, Convert.FromHexString("01000000" + "01000000" + "FFFFFFFFFFFFFFFF" + "02000000"));
        Refused(Died, Convert.FromHexString("01000000" + "0000" + "01000000" + Id(1) + "0000" + "00" + Now + "00000000"));
        Refused(Died, Convert.FromHexString("01000000" + "0000" + "01000000" + Id(1) + "0600" + "00" + Now + "00000000"));
        Refused(40, [1, 0, 0, 0]);
        Refused(0, [1, 0, 0, 0]);
    }

    private static string Id(ulong id) => Convert.ToHexString(BitConverter.GetBytes(id));

    private static string Definition(
        uint queue,
        ulong revision,
        byte paused,
        ulong nextId,
        string name,
        string target,
        long backoff,
        long messagesMax = 0,
        long whenFull = 0)
    {
        (int Option, long Value)[] options =
        [
            (1, 30_000), (2, 5), (3, backoff), (4, 1_000), (5, 60_000), (7, 0), (8, messagesMax), (9, 0), (10, whenFull), (11, 300_000), (12, 3),
            (13, 10), (14, 1), (15, 0), (16, 0),
        ];
        return Convert.ToHexString(BitConverter.GetBytes(queue)) + Id(revision) + $"{paused:X2}" + Id(nextId) + name + "0F"
            + string.Concat(options.Select(option => $"{option.Option:X2}00{Id((ulong)option.Value)}")) + target;
    }

    private static List<(byte Kind, string Hex)> Snapshot(QueueHarness harness, Lsn position)
    {
        var records = new MemoryLog();
        QueueSnapshot snapshot = harness.Queues.BeginSnapshot(position);
        while (snapshot.MoveNext(new Copy(records)))
        {
        }

        return records.Hex();
    }

    private static void Accepted(byte kind, byte[] payload)
    {
        using var queues = new QueueService(new QueueLimits { Shards = 1 }, new EngineClock(new ManualTime()));
        QueueRecovery recovery = queues.BeginRecovery();
        Assert.True(QueueRecovery.Takes(kind));
        recovery.OnRecord(new Lsn(1), kind, payload);
        recovery.Complete();
        queues.Check();
    }

    private static void Refused(byte kind, byte[] payload)
    {
        using var queues = new QueueService(new QueueLimits { Shards = 1 }, new EngineClock(new ManualTime()));
        QueueRecovery recovery = queues.BeginRecovery();
        Assert.Throws<InvalidDataException>(() => recovery.OnRecord(new Lsn(1), kind, payload));
        Assert.Equal(0, queues.Count);
    }

    private sealed class Copy(MemoryLog log) : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
            using LogAppend append = log.Begin(kind, payload.Length);
            payload.CopyTo(append.Payload);
        }
    }
}
