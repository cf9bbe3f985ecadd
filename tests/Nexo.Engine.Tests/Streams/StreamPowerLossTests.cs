using System.Buffers;
using CsCheck;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>
/// The write-ahead log and the streams' files on one disk that loses power: what was acknowledged, and what a reader was given, is
/// there again, and batches are whole.
/// </summary>
public sealed class StreamPowerLossTests
{
    private const ulong LogId = 7;

    [Fact]
    public void Nothing_that_was_acknowledged_or_read_is_lost_by_a_power_loss() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 9].Array[5, 60]).Sample(
            (seed, steps) => new Life(seed).Run(steps), iter: ModelRounds.Of(40), threads: 1);

    private sealed class Life(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly ManualTime _time = new();
        private readonly List<Action> _scheduled = [];

        // What was appended, batch by batch: of these a beginning is there.
        private readonly List<string[]> _batches = [];
        private readonly List<string> _served = [];
        private readonly List<(Lsn Lsn, int Batches)> _acknowledgeable = [];
        private SimulatedDisk _disk = new(seed);
        private Wal _wal = null!;
        private StreamService _streams = null!;
        private int _acknowledged;
        private (RecordList Records, Lsn Position) _snapshot = (new RecordList(), Lsn.None);

        public void Run(int[] steps)
        {
            Start();
            Assert.Equal(StreamStatus.Ok, _streams.Create("s"u8, new StreamOptionSet(), out _));
            Sync();
            foreach (int step in steps)
            {
                Do(step);
            }

            LosePower();
            _streams.Dispose();
            _wal.Dispose();
        }

        private void Do(int step)
        {
            switch (step)
            {
                case < 4: Append(); break;
                case 4: _wal.RunRound(); Acknowledge(); break;
                case 5: Sync(); break;
                case 6: RunJobs(); break;
                case 7: Read(); break;
                case 8: Snapshot(); break;
                default: LosePower(); break;
            }
        }

        private void Append()
        {
            string[] batch = [.. Enumerable.Range(0, _random.Next(1, 12)).Select(i =>
                $"{_batches.Count}.{i}.{new string('x', _random.Next(120))}")];
            byte[] records = StreamHarness.NewRecords([.. batch.Select(value => ((string?)null, value))]);
            Assert.Equal(StreamStatus.Ok, _streams.AppendBatch("s"u8, batch.Length, records, default, out _));
            _batches.Add(batch);
            _acknowledgeable.Add((_wal.AppendedLsn, _batches.Count));
            _time.Advance(_random.Next(20));
        }

        private void Acknowledge()
        {
            foreach ((Lsn lsn, int batches) in _acknowledgeable)
            {
                _acknowledged = lsn <= _wal.DurableLsn ? Math.Max(_acknowledged, batches) : _acknowledged;
            }
        }

        private void Sync()
        {
            ValueTask flushed = _wal.FlushAsync();
            while (_wal.RunRound())
            {
            }

            Assert.True(flushed.IsCompletedSuccessfully, "it is synced");
            Acknowledge();
        }

        private void Read()
        {
            List<string> all = All();
            Assert.Equal(_served, all.Take(_served.Count));
            _served.AddRange(all.Skip(_served.Count));
        }

        private List<string> All()
        {
            var target = new ArrayBufferWriter<byte>();
            var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Beginning), BytesMax = 1 << 24 };
            Assert.Equal(StreamStatus.Ok, _streams.Read("s"u8, terms, target, out _));
            return [.. StreamHarness.Parse(target.WrittenSpan).Select(record => record.Value)];
        }

        private void Snapshot()
        {
            Lsn position = _wal.AppendedLsn;
            using StreamSnapshot snapshot = _streams.BeginSnapshot(position);
            var records = new RecordList();
            while (snapshot.MoveNext(records))
            {
            }

            Sync();
            Lsn older = _snapshot.Position;
            _snapshot = (records, position);
            _streams.OnSnapshotKept(older);
        }

        private void LosePower()
        {
            SimulatedDisk disk = _random.Next(4) == 0 ? _disk.Kill() : _disk.Crash(_random.Next());
            _streams.Dispose();
            _wal.Dispose();
            _scheduled.Clear();
            _disk = disk;
            Start();
            List<string> all = All();
            int whole = 0;
            int records = 0;
            while (records < all.Count)
            {
                Assert.Equal(_batches[whole], all.Skip(records).Take(_batches[whole].Length));
                records += _batches[whole++].Length;
            }

            Assert.True(whole >= _acknowledged, $"{_acknowledged} batches were acknowledged, {whole} are there");
            Assert.Equal(_served, all.Take(_served.Count));
            _batches.RemoveRange(whole, _batches.Count - whole);
            _acknowledged = whole;
            _acknowledgeable.Clear();
        }

        private void Start()
        {
            _streams = new StreamService(
                new StreamLimits { Tuning = StreamHarness.Tiny }, new EngineClock(_time));
            StreamRecovery recovery = _streams.BeginRecovery(
                new StreamDisk(_disk, LogId, new Silent()) { Schedule = _scheduled.Add });
            _snapshot.Records.Replay(recovery);
            WalTail tail = WalReader.Read(
                _disk, LogId, new Lsn(_snapshot.Position.Value + 1), recovery, new Silent());
            var options = new WalOptions
            {
                Manual = true,
                SegmentBytes = 64 * 1_024,
                FirstSegmentBytes = WalOptions.SegmentBytesMin,
                WriteDelay = TimeSpan.Zero,
            };
            _wal = Wal.Open(_disk, LogId, tail, options, _time, new Silent());
            recovery.Complete(_wal);
        }

        private void RunJobs()
        {
            while (_scheduled.Count > 0)
            {
                Action job = _scheduled[0];
                _scheduled.RemoveAt(0);
                job();
            }
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
