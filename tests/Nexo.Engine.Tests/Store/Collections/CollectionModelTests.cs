using CsCheck;
using Nexo.Engine.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Store;

/// <summary>Random commands on lists, sets and sorted sets, with crashes and snapshots, against the model.</summary>
public sealed class CollectionModelTests
{
    private static readonly StoreTuning Tiny = StoreHarness.Tiny with
    {
        HoldSnapshotEntriesMax = 3,
        HoldSnapshotBytesMax = 2_000,
    };

    [Theory]
    [InlineData(1, false, 30)]
    [InlineData(4, false, 30)]
    [InlineData(4, true, 10)]
    public void Every_command_does_what_the_model_does(int shards, bool fullSize, int rounds)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[200, 3_000];
        seeds.Sample(sequence => Run(shards, fullSize, sequence), iter: rounds, threads: 1);
    }

    [Theory]
    [InlineData(1, 30)]
    [InlineData(4, 30)]
    public void A_recovered_store_is_what_the_model_was_at_the_end_of_the_log(int shards, int rounds)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[100, 1_500];
        seeds.Sample(sequence => new Crashes(shards).All(sequence), iter: rounds, threads: 1);
    }

    private static void Run(int shards, bool fullSize, int[] seeds)
    {
        var limits = new StoreLimits { Shards = shards, Tuning = fullSize ? new StoreTuning() : Tiny };
        using var harness = new StoreHarness(limits);
        var pair = new CollectionPair(harness.Store, new CollectionModel());
        foreach (int seed in seeds)
        {
            pair.Do(new Random(seed));
        }

        pair.CompareAll();
        harness.Clear("");
        harness.TickUntilIdle();
        Assert.Equal(0, harness.Store.Stats.Entries);
    }

    private sealed class Crashes
    {
        private readonly StoreLimits _limits;
        private readonly ManualTime _time = new();
        private readonly MemoryLog _log = new();
        private readonly List<(Lsn End, CollectionModel Model)> _undurable = [];
        private StoreHarness _harness;
        private CollectionPair _pair;
        private (Lsn Position, RecordList Records)? _snapshot;
        private (StoreSnapshot Snapshot, RecordList Records)? _running;

        public Crashes(int shards)
        {
            _limits = new StoreLimits { Shards = shards, Tuning = Tiny };
            _harness = new StoreHarness(_limits, _time, _log);
            _pair = new CollectionPair(_harness.Store, new CollectionModel());
            MakeDurable();
        }

        public void All(int[] seeds)
        {
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
            }

            Crash(new Random(seeds.Length));
            _harness.Dispose();
        }

        private void Step(Random random)
        {
            switch (random.Next(150))
            {
                case 0 or 1:
                    Crash(random);
                    break;
                case < 8 when _running is null:
                    _running = (_harness.Store.BeginSnapshot(_log.End), new RecordList());
                    break;
                case < 20:
                    MakeDurable();
                    break;
                default:
                    break;
            }

            if (random.Next(3) == 0 && _running is var (snapshot, records) && !snapshot.MoveNext(records))
            {
                MakeDurable();
                _snapshot = (snapshot.Position, records);
                _running = null;
            }

            _time.Advance(1);
            _pair.Do(random);
            _undurable.Add((_log.End, _pair.Model.Copy()));
        }

        private void MakeDurable()
        {
            _undurable.Clear();
            _undurable.Add((_log.End, _pair.Model.Copy()));
        }

        private void Crash(Random random)
        {
            (Lsn end, CollectionModel model) = _undurable[random.Next(_undurable.Count)];
            _log.Cut(end);
            _harness.Dispose();
            _time.Advance(random.Next(10, 200));
            _harness = new StoreHarness(_limits, _time);
            int workers = random.Next(10) == 0 ? random.Next(1, 3) : 0;
            using StoreRecovery recovery = _harness.Store.BeginRecovery(workers, random.Next(2) * random.Next(500));
            _snapshot?.Records.Replay(recovery);
            _log.Replay(_snapshot?.Position ?? Lsn.None, recovery);
            recovery.Complete(_log);
            _running = null;
            _pair = new CollectionPair(_harness.Store, model);
            _pair.CompareAll();
            MakeDurable();
        }
    }
}
