using CsCheck;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

/// <summary>
/// Random commands with crashes, snapshots and jumps of the wall clock between them: what is recovered is what the model
/// was when the last record that survived was written, with all that was leased given back.
/// </summary>
public sealed class QueueCrashModelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Recovered_queues_are_what_the_model_was_at_the_end_of_the_log(int shards)
    {
        Gen<int[]> seeds = Gen.Int[0, int.MaxValue].Array[30, 500];
        seeds.Sample(sequence => new Run(shards).All(sequence), iter: ModelRounds.Of(40), threads: 1);
    }

    private sealed class Run
    {
        private const long HourMs = 3_600_000;

        private readonly QueueLimits _limits;
        private readonly ManualTime _time = new();
        private readonly MemoryLog _log = new();
        private readonly List<(Lsn End, QueueModel Model)> _undurable = [];
        private readonly QueueModelPair _pair;
        private ModelHarness _harness;
        private QueueModel _model;
        private Lsn _durable;
        private (Lsn Position, RecordList Records)? _snapshot;
        private (Lsn Position, QueueSnapshot Snapshot, RecordList Records)? _running;

        public Run(int shards)
        {
            _limits = QueueModelTests.Small(shards);
            _harness = new ModelHarness(_limits, _time, _log);
            _model = new QueueModel(_limits, () => _harness.Clock.NowMs);
            _pair = new QueueModelPair(_harness, _model);
        }

        public void All(int[] seeds)
        {
            var random = new Random(seeds[0]);
            _pair.DeclareSome(random);
            MakeDurable();
            foreach (int seed in seeds)
            {
                Step(new Random(seed));
            }

            Crash(random);
            if (random.Next(2) == 0)
            {
                Crash(random);
            }

            _pair.Settle();
            _pair.Compare();
            _harness.Dispose();
        }

        private void Step(Random random)
        {
            switch (random.Next(100))
            {
                case 0 or 1:
                    Crash(random);
                    break;
                case 2:
                    MakeDurable();
                    Crash(random);
                    break;
                case 3:
                    _time.WallJumpMs += random.Next(2) == 0 ? HourMs : -HourMs;
                    _pair.WallJumped();
                    break;
                case < 8 when _running is null:
                    _running = (_log.End, _harness.Queues.BeginSnapshot(_log.End), new RecordList());
                    break;
                case < 16:
                    MakeDurable();
                    break;
                default:
                    break;
            }

            if (random.Next(3) == 0)
            {
                GoOnWithSnapshot();
            }

            _pair.Do(random);
            Remember();
        }

        private void Remember() => _undurable.Add((_log.End, Copy()));

        private QueueModel Copy() => _model.Copy(_limits, () => _harness.Clock.NowMs);

        private void MakeDurable()
        {
            _undurable.Clear();
            Remember();
            _durable = _log.End;
        }

        private void GoOnWithSnapshot()
        {
            if (_running is var (position, snapshot, records) && !snapshot.MoveNext(records))
            {
                MakeDurable();
                _snapshot = (position, records);
                _running = null;
            }
        }

        /// <summary>Loses some of what is not durable, up to the border between two commands.</summary>
        private void Crash(Random random)
        {
            (Lsn end, QueueModel model) = _undurable[random.Next(_undurable.Count)];
            Assert.True(end >= _durable, "the log goes back");
            _log.Cut(end);
            ClockRecord last = _harness.Clock.Read();
            _harness.Dispose();
            _time.Advance(random.Next(4) == 0 ? random.Next(5_000) : random.Next(50));
            _harness = new ModelHarness(_limits, _time);
            _harness.Clock.Continue(last, last.EngineMs);
            QueueRecovery recovery = _harness.Queues.BeginRecovery();
            _snapshot?.Records.Replay(recovery);
            _log.Replay(_snapshot?.Position ?? Lsn.None, recovery);
            recovery.Complete(_log);
            _running = null;
            _undurable.Clear();

            // Before what the recovery has logged: it may be lost again.
            Lsn before = end;
            QueueModel found = model;
            _model = model.Copy(_limits, () => _harness.Clock.NowMs);
            _model.Restart();
            _undurable.Add((before, found));
            _pair.Restart(_harness, _model);
            Remember();
            _durable = before;
        }
    }
}
