using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>The clock's records where the store is not the only one that goes by it, or is not kept itself.</summary>
public sealed class StoreClockTests
{
    [Fact]
    public void The_clock_is_logged_while_others_than_the_store_write_to_the_log()
    {
        const byte TheirKind = 200;
        var log = new MemoryLog();
        using var harness = new StoreHarness(log: log);
        for (int i = 0; i < 500; i++)
        {
            using (LogAppend append = log.Begin(TheirKind, 0))
            {
            }

            harness.Time.Advance(10);
            harness.Store.Tick();
        }

        Assert.InRange(log.Hex().Count(record => record.Kind == (byte)StoreRecordKind.Clock), 5, 7);
    }

    [Fact]
    public void A_store_whose_entries_are_not_logged_keeps_the_clock_alone()
    {
        var log = new MemoryLog();
        using var harness = new StoreHarness();
        using (var before = new StoreHarness(log: log))
        {
            before.Set("older", "value");
        }

        using StoreRecovery recovery = harness.Store.BeginRecovery(keepsEntries: false);
        log.Replay(Lsn.None, recovery);
        Lsn end = log.End;
        recovery.Complete(log);
        harness.Set("key", "value");
        harness.Time.WallJumpMs = 1_000;
        harness.Store.Tick();
        var records = new RecordList();
        StoreSnapshot snapshot = harness.Store.BeginSnapshot(log.AppendedLsn);
        while (snapshot.MoveNext(records))
        {
        }

        Assert.Equal((1L, 0L), (recovery.Skipped, harness.Store.Stats.Entries - 1));
        Assert.All(log.Hex(after: end), record => Assert.Equal((byte)StoreRecordKind.Clock, record.Kind));
        Assert.Equal(end.Value + 2, log.End.Value);
        Assert.Equal((1, 1L), (records.Count, snapshot.Records));
        using var restarted = new StoreHarness(harness.Limits, harness.Time);
        using StoreRecovery again = restarted.Store.BeginRecovery();
        records.Replay(again);
        again.Complete();
        Assert.Equal(harness.ReadClock(), restarted.ReadClock());
        Assert.Null(restarted.Get("key"));
    }
}
