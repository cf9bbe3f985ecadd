using CsCheck;
using Nexo.Engine.Store;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// The write-ahead log with entries of all kinds, alone and several in a scope, on a disk that loses power: what is recovered is
/// what the model was after one of its steps, and that one not before what was durable.
/// </summary>
public sealed class CollectionPowerLossTests
{
    private const ulong LogId = 9;

    [Theory]
    [InlineData(1, 25)]
    [InlineData(4, 25)]
    public void A_power_loss_takes_whole_steps_and_none_that_was_durable(int shards, int rounds) =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 99].Array[50, 500]).Sample(
            (seed, steps) => new Life(seed, shards).Run(steps), iter: ModelRounds.Of(rounds), threads: 1);

    private sealed class Life(int seed, int shards)
    {
        private readonly Random _random = new(seed);
        private readonly ManualTime _time = new();
        private readonly StoreLimits _limits = new()
        {
            Shards = shards,
            Tuning = StoreHarness.Tiny with { HoldSnapshotEntriesMax = 3, HoldSnapshotBytesMax = 2_000 },
        };

        private readonly List<(Lsn Lsn, CollectionModel Model)> _states = [];
        private SimulatedDisk _disk = new(seed);
        private Wal _wal = null!;
        private StoreHarness _harness = null!;
        private CollectionPair _pair = null!;
        private (Lsn Position, RecordList Records) _snapshot = (Lsn.None, new RecordList());
        private (StoreSnapshot Snapshot, RecordList Records)? _running;
        private Lsn _durable;

        public void Run(int[] steps)
        {
            Start();
            Begin(new CollectionModel());
            foreach (int step in steps)
            {
                Do(step);
            }

            LosePower();
            _harness.Dispose();
            _wal.Dispose();
        }

        private void Do(int step)
        {
            switch (step)
            {
                case < 70: Commands(); break;
                case < 80: _wal.RunRound(); break;
                case < 86: Sync(); break;
                case < 88: _running ??= (_harness.Store.BeginSnapshot(_wal.AppendedLsn), new RecordList()); break;
                case < 97: GoOnWithSnapshot(); break;
                default: LosePower(); break;
            }
        }

        private void Commands()
        {
            _time.Advance(1);

            // What one command logs in several records, because it holds the shard several times, is one here too. The log is written
            // meanwhile.
            int commands = _random.Next(3) == 0 ? _random.Next(2, 5) : 1;
            using (_harness.Store.EnterAll())
            {
                for (int i = 0; i < commands; i++)
                {
                    _pair.Do(_random);
                    if (_random.Next(3) == 0)
                    {
                        _wal.RunRound();
                    }
                }
            }

            _states.Add((_wal.AppendedLsn, _pair.Model.Copy()));
            if (commands > 1 && _random.Next(6) == 0)
            {
                LosePower();
            }
        }

        private void Sync()
        {
            ValueTask flushed = _wal.FlushAsync();
            while (_wal.RunRound())
            {
            }

            Assert.True(flushed.IsCompletedSuccessfully, "it is synced");
        }

        private void GoOnWithSnapshot()
        {
            if (_running is var (snapshot, records) && !snapshot.MoveNext(records))
            {
                Sync();
                _snapshot = (snapshot.Position, records);
                _running = null;
            }
        }

        private void LosePower()
        {
            _durable = _wal.DurableLsn;
            SimulatedDisk disk = _random.Next(4) == 0 ? _disk.Kill() : _disk.Crash(_random.Next());
            _harness.Dispose();
            _wal.Dispose();
            _running = null;
            _disk = disk;
            _time.Advance(_random.Next(10, 200));
            Lsn end = Start();
            Assert.True(end >= _durable, $"up to {_durable} it was durable, up to {end} it is there");
            Begin(_states.FindLast(state => state.Lsn <= end).Model);
        }

        private void Begin(CollectionModel model)
        {
            _pair = new CollectionPair(_harness.Store, model);
            _pair.CompareAll();
            _states.Clear();
            _states.Add((_wal.AppendedLsn, model.Copy()));
            Sync();
        }

        private Lsn Start()
        {
            _harness = new StoreHarness(_limits, _time);
            using StoreRecovery recovery = _harness.Store.BeginRecovery(_random.Next(10) == 0 ? 2 : 0);
            _snapshot.Records.Replay(recovery);
            WalTail tail = WalReader.Read(_disk, LogId, new Lsn(_snapshot.Position.Value + 1), recovery, new Silent());
            var options = new WalOptions
            {
                Manual = true,
                SegmentBytes = 64 * 1_024,
                FirstSegmentBytes = WalOptions.SegmentBytesMin,
                WriteDelay = TimeSpan.Zero,
            };
            _wal = Wal.Open(_disk, LogId, tail, options, _time, new Silent());
            Lsn end = _wal.AppendedLsn;
            recovery.Complete(_wal);
            return end;
        }
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message)
        {
        }

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
