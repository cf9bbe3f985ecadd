using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>
/// Power losses after every single operation on the disk: what is recovered is what was appended up to some record, and
/// that is not before the last one that had been acknowledged.
/// </summary>
public sealed class WalCrashTests
{
    private const int CrashesPerState = 8;

    // What is kept from when the log is recycled, as if a snapshot had been made.
    private const ulong Needed = 20;
    private readonly List<ulong> _acknowledged = [];
    private int _recycledAt;

    [Fact]
    public void After_every_operation_a_crash_leaves_all_that_was_acknowledged_and_invents_nothing()
    {
        using LogFixture log = Recorded();
        int states = 0;
        int at = 0;
        foreach (SimulatedDisk state in log.Disk.Replay())
        {
            ulong from = From(at);
            ulong acknowledged = at == 0 ? 0 : _acknowledged.Take(at + 1).Max();
            for (int seed = 0; seed < CrashesPerState; seed++)
            {
                Check(log, state.Crash((at * 1_000) + seed), acknowledged, from, $"operation {at}, seed {seed}");
                states++;
            }

            Check(log, state.Kill(), acknowledged, from, $"operation {at}, killed");
            at++;
        }

        Assert.True(states > 1_000, $"only {states} states");
    }

    [Fact]
    public void What_was_recovered_after_a_crash_survives_the_next_one()
    {
        using LogFixture log = Recorded();
        int at = 0;
        foreach (SimulatedDisk state in log.Disk.Replay())
        {
            at++;
            if (at % 3 != 0)
            {
                continue;
            }

            for (int seed = 0; seed < 3; seed++)
            {
                CrashTwice(log, state.Crash((at * 77) + seed), From(at), (at * 100) + seed);
            }
        }
    }

    // Opens, goes on a little, crashes in the middle, and reads what is left.
    private static void CrashTwice(LogFixture first, SimulatedDisk disk, ulong from, int seed)
    {
        using var log = new LogFixture(disk, salt: seed);
        log.Model.AddRange(first.Model);
        log.Open(from);
        ulong recovered = log.Tail.NextLsn.Value - 1;
        var random = new Random(seed);
        for (int i = random.Next(6); i > 0; i--)
        {
            log.Append(random.Next(900));
            log.Wal.RunRound();
            if (random.Next(3) == 0)
            {
                log.Flush();
            }
        }

        ulong durable = Math.Max(recovered, log.Wal.DurableLsn.Value);
        for (int again = 0; again < 3; again++)
        {
            SimulatedDisk left = log.Disk.Crash(seed + again);
            Check(log, left, durable, from, $"seed {seed}, second crash {again}");
        }
    }

    private static void Check(LogFixture log, SimulatedDisk left, ulong acknowledged, ulong from, string when)
    {
        try
        {
            RecordList list = LogFixture.Read(left, out WalTail tail, from);
            Assert.True(
                tail.NextLsn.Value - 1 >= acknowledged,
                $"{when}: record {acknowledged} was acknowledged, and the log ends at {tail.NextLsn}");
            log.RequirePrefix(list, from, when);
        }
        catch (WalDamageException exception)
        {
            Assert.Fail($"{when}: {exception.Message}");
        }
    }

    private ulong From(int operation) => operation >= _recycledAt ? Needed : 1;

    // Three lives of a log, with rolls, recycling, commits without a sync, and a large record.
    private LogFixture Recorded()
    {
        var log = new LogFixture();
        log.Disk.StartRecording();
        log.Disk.Before = (_, _) => Acknowledge(log);
        var random = new Random(7);
        for (int life = 0; life < 3; life++)
        {
            log.Open(life == 2 ? Needed : 1);
            for (int i = 0; i < 30; i++)
            {
                log.Append(i == 20 ? 9_000 : random.Next(700));
                log.Rounds();
                if (random.Next(3) == 0)
                {
                    log.Flush();
                }
            }

            if (life == 1)
            {
                log.Flush();
                _recycledAt = log.Disk.Operations.Count;
                log.Wal.Recycle(new Lsn(Needed));
            }

            if (life != 1)
            {
                log.Close();
            }
            else
            {
                log.Flush();
            }

            log.Wal.Dispose();
        }

        Acknowledge(log);
        log.Disk.Before = null;
        return log;
    }

    // What is known to be durable after so many operations.
    private void Acknowledge(LogFixture log)
    {
        int operations = log.Disk.Operations.Count;
        while (_acknowledged.Count <= operations)
        {
            _acknowledged.Add(0);
        }

        _acknowledged[operations] = Math.Max(_acknowledged[operations], log.Wal?.DurableLsn.Value ?? 0);
    }
}
