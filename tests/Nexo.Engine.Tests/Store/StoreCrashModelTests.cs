using CsCheck;
using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>
/// Random commands with crashes, stops, snapshots and jumps of the clock between them: what is recovered is exactly
/// what the model was when the last record that survived was written.
/// </summary>
public sealed class StoreCrashModelTests
{
    [Theory]
    [InlineData(1, 12, 30)]
    [InlineData(4, 60, 30)]
    public void A_recovered_store_is_what_the_model_was_at_the_end_of_the_log(int shards, int keys, int rounds)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[100, 1_200];
        seeds.Sample(sequence => new Run(shards, keys).All(sequence), iter: rounds, threads: 1);
    }

    private sealed class Run
    {
        private const long HourMs = 3_600_000;

        private readonly StoreLimits _limits;
        private readonly int _keys;
        private readonly ManualTime _time = new();
        private readonly MemoryLog _log = new();
        private readonly List<(Lsn End, StoreModel Model)> _undurable = [];
        private readonly StoreModelPair _pair;
        private StoreHarness _harness;
        private StoreModel _model;
        private Lsn _durable;
        private (Lsn Position, RecordList Records)? _snapshot;
        private (StoreSnapshot Snapshot, RecordList Records)? _running;

        public Run(int shards, int keys)
        {
            _keys = keys;
            StoreTuning tuning = StoreHarness.Tiny with { HoldSnapshotEntriesMax = 3, HoldSnapshotBytesMax = 2_000 };
            _limits = new StoreLimits
            {
                Shards = shards,
                ValueBytesMax = 6_000,
                ExpiryMsMax = 1_000_000,
                Tuning = tuning,
            };
            _harness = new StoreHarness(_limits, _time, _log);
            _model = new StoreModel(_limits, _harness.ReadClock);
            _pair = new StoreModelPair(_harness, _model);
            MakeDurable();
        }

        public void All(int[] seeds)
        {
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
            }

            Crash(new Random(seeds.Length));
            _pair.CompareAll();
            _harness.Dispose();
        }

        private void Step(Random random)
        {
            switch (random.Next(150))
            {
                case 0 or 1:
                    Crash(random);
                    break;
                case 2:
                    Stop(random);
                    break;
                case 3:
                    _time.WallJumpMs += random.Next(2) == 0 ? HourMs : -HourMs;
                    _harness.Store.Tick();
                    MakeDurable();
                    break;
                case 4:
                    FillDisk(random);
                    break;
                case < 10 when _running is null:
                    _running = (_harness.Store.BeginSnapshot(_log.End), new RecordList());
                    break;
                case < 20:
                    MakeDurable();
                    break;
                default:
                    break;
            }

            if (random.Next(3) == 0)
            {
                GoOnWithSnapshot();
            }

            // Versions count on this: a shard changes less often than once in a microsecond.
            _time.Advance(1);
            _pair.Do(random, _keys);
            Remember();
        }

        private void Remember() => _undurable.Add((_log.End, _model.Copy(() => default, 0)));

        private void MakeDurable()
        {
            _undurable.Clear();
            Remember();
            _durable = _log.End;
        }

        private void GoOnWithSnapshot()
        {
            if (_running is var (snapshot, records) && !snapshot.MoveNext(records))
            {
                MakeDurable();
                _snapshot = (snapshot.Position, records);
                _running = null;
            }
        }

        /// <summary>What frees room passes and is logged; expiry goes on, and is not.</summary>
        private void FillDisk(Random random)
        {
            _log.Room = LogRoom.Full;
            _time.Advance(random.Next(300));
            _harness.Store.Tick();
            Lsn end = _log.End;
            Assert.Equal(StoreStatus.DiskFull, _harness.TrySet("b/1", "value", out _));
            Assert.Equal(end, _log.End);
            _pair.DoRemoval(random, _keys);
            _log.Room = LogRoom.Ok;
        }

        private void Stop(Random random)
        {
            _harness.Store.LogClock();
            MakeDurable();
            _time.WallJumpMs += random.Next(3) == 0 ? -HourMs : 0;
            Recover(random, _model);
        }

        /// <summary>Loses some of what is not durable, up to the border between two commands.</summary>
        private void Crash(Random random)
        {
            (Lsn end, StoreModel model) = _undurable[random.Next(_undurable.Count)];
            Assert.True(end >= _durable);
            _log.Cut(end);
            Recover(random, model);
        }

        private void Recover(Random random, StoreModel model)
        {
            ulong latest = _model.Latest;
            _harness.Dispose();
            _time.Advance(random.Next(10, 200));
            _harness = new StoreHarness(_limits, _time);
            int workers = random.Next(10) == 0 ? random.Next(1, 3) : 0;
            using StoreRecovery recovery = _harness.Store.BeginRecovery(workers, random.Next(2) * random.Next(500));
            _snapshot?.Records.Replay(recovery);
            _log.Replay(_snapshot?.Position ?? Lsn.None, recovery);
            recovery.Complete(_log);
            _harness.Store.Check();
            _running = null;
            _model = model.Copy(_harness.ReadClock, latest);
            _pair.Restart(_harness, _model);
            MakeDurable();
        }
    }
}
