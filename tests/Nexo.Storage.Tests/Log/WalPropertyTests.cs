using CsCheck;
using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>Random lives of a log: appends, waits, time, recycling, clean stops, kills and power losses.</summary>
public sealed class WalPropertyTests
{
    private enum Step
    {
        Append,
        AppendLarge,
        Round,
        Flush,
        Advance,
        Recycle,
        Restart,
        Kill,
        PowerLoss,
        BrokenSync,
    }

    private static Gen<(Step Step, int Number)[]> Lives => Gen.Select(
        Gen.Frequency(
            (20, Gen.Const(Step.Append)),
            (1, Gen.Const(Step.AppendLarge)),
            (10, Gen.Const(Step.Round)),
            (4, Gen.Const(Step.Flush)),
            (3, Gen.Const(Step.Advance)),
            (1, Gen.Const(Step.Recycle)),
            (1, Gen.Const(Step.Restart)),
            (1, Gen.Const(Step.Kill)),
            (2, Gen.Const(Step.PowerLoss)),
            (1, Gen.Const(Step.BrokenSync))),
        Gen.Int[0, 100_000]).Array[1, 120];

    [Fact]
    public void Nothing_durable_is_lost_and_nothing_invented_over_many_lives() =>
        Lives.Sample(Live, iter: 1_500, print: steps => string.Join(' ', steps));

    private static void Live((Step Step, int Number)[] steps)
    {
        using var log = new LogFixture();
        log.Open();
        ulong needed = 1;
        foreach ((Step step, int number) in steps)
        {
            switch (step)
            {
                case Step.Append:
                    log.Append(number % 900);
                    break;
                case Step.AppendLarge:
                    log.Append(number % 20_000);
                    break;
                case Step.Round:
                    log.Wal.RunRound();
                    break;
                case Step.Flush:
                    log.Flush();
                    break;
                case Step.Advance:
                    log.Time.Advance(TimeSpan.FromMilliseconds(number % 2_000));
                    break;
                case Step.Recycle:
                    needed = Math.Max(needed, (ulong)number % (log.Wal.DurableLsn.Value + 1));
                    log.Wal.Recycle(new Lsn(needed));
                    break;
                case Step.Restart:
                    log.Close();
                    Reopen(log, log.Disk.Crash(number), needed, isClean: true);
                    break;
                case Step.Kill:
                    // The same disk: the kernel goes on, with all that is unsynced.
                    Reopen(log, log.Disk, needed, isClean: false);
                    break;
                case Step.BrokenSync:
                    BreakSync(log, needed);
                    break;
                default:
                    Reopen(log, log.Disk.Crash(number), needed, isClean: false);
                    break;
            }
        }

        ReadWhileRunning(log, needed);
    }

    private static void Reopen(LogFixture log, SimulatedDisk left, ulong needed, bool isClean)
    {
        ulong durable = log.Wal.DurableLsn.Value;
        int appended = log.Model.Count;
        log.Reopen(left, needed);
        Assert.True((ulong)log.Model.Count >= durable, $"{durable} were durable, {log.Model.Count} are there");
        if (isClean)
        {
            Assert.True(log.Tail.Clean);
            Assert.Null(log.Tail.Cut);
            Assert.Equal(appended, log.Model.Count);
        }
    }

    // The log fails; the process that follows reads what the kernel only pretends to have kept.
    private static void BreakSync(LogFixture log, ulong needed)
    {
        log.Append(100);
        log.Disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync | DiskOperationKinds.SyncDirectory);
        Task waiting = log.Wal.FlushAsync().AsTask();
        log.Rounds();
        Assert.True(waiting.IsFaulted);
        log.Disk.Heal();
        Reopen(log, log.Disk, needed, isClean: false);
    }

    private static void ReadWhileRunning(LogFixture log, ulong needed)
    {
        log.Flush();
        var list = new RecordList();
        log.Wal.Read(new Lsn(needed), log.Wal.DurableLsn, list);
        Assert.Equal(log.Model.Count - (int)needed + 1, list.Count);
        log.RequirePrefix(list, needed, "while running");
    }
}
