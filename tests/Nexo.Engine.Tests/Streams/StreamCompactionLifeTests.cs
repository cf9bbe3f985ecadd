using CsCheck;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Queues.Model;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>
/// A compacted stream over random appends, deletions, trims, passes in slices, snapshots, backups and power losses, beside the list of all
/// that was appended.
/// </summary>
public sealed class StreamCompactionLifeTests
{
    private static int _passes;
    private static long _removed;

    [Fact]
    public void The_last_of_each_key_is_always_there_and_what_was_deleted_never_comes_back()
    {
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 99].Array[40, 200]).Sample(
            (seed, steps) => new Life(seed).Run(steps), iter: ModelRounds.Of(40), threads: 1);
        Assert.True(_removed > 1_000, $"{_removed} records were removed in {_passes} passes");
    }

    private sealed class Life(int seed)
    {
        private const long Retention = 20_000;
        private const int ChecksEvery = 6;

        private readonly Random _random = new(seed);
        private readonly StreamHarness _harness = new(
            new StreamLimits
            {
                Tuning = StreamHarness.Tiny with { CompactionKeysMax = 1 + (seed % 40) },
                CompactionBytesPerSecondMax = 20_000,
            },
            seed);

        private List<(Lsn Lsn, Read Read)> _all = [];
        private StreamFollower? _tail;

        public void Run(int[] steps)
        {
            _harness.Create(new StreamOptionSet { Compaction = true, TombstoneRetentionMs = Retention });
            _harness.Log.IsImmediate = false;
            for (int i = 0; i < steps.Length; i++)
            {
                Do(steps[i]);
                if (i % ChecksEvery == 0)
                {
                    Check();
                }
            }

            Crash();
            Check();
            _removed += _harness.Stats().Compacted;
            _harness.Dispose();
        }

        private List<Read> Visible
        {
            get
            {
                long first = _harness.Range().First;
                return [.. _all.Where(one => one.Lsn <= _harness.Log.DurableLsn && one.Read.Offset >= first).Select(one => one.Read)];
            }
        }

        private void Do(int step)
        {
            switch (step)
            {
                case < 40: Append(_random.Next(1, 8)); break;
                case < 46: Append(_random.Next(20, 60)); break;
                case < 56: MakeSomeDurable(); break;
                case < 70: _harness.Care(100); break;
                case < 76: _harness.RunJobs(); break;
                case < 84: _harness.Snapshot(); break;
                case < 88: _passes += _harness.Streams.Compact("s"u8) ? 1 : 0; break;
                case < 90: _harness.Time.Advance(_random.NextInt64(2 * Retention)); break;
                case 90: Trim(); break;
                case < 93: ReadTail(); break;
                case 93: Backup(); break;
                case < 97: ReadSome(); break;
                default:
                    Crash();
                    Check();
                    break;
            }
        }

        private void Append(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _harness.Time.Advance(_random.Next(3));
                string key = $"k{_random.Next(_random.Next(3) == 0 ? 30 : 4)}";
                string value = _random.Next(6) == 0 ? "" : new string((char)('a' + _random.Next(26)), _random.Next(1, 60));
                long offset = value.Length == 0
                    ? StreamCompactionTests.Tombstone(_harness, key)
                    : _harness.Append(value, key);
                _all.Add((_harness.Log.AppendedLsn, new Read(offset, _harness.Time.NowMs, key, value)));
            }
        }

        private void MakeSomeDurable() => _harness.Log.MakeDurable(new Lsn((ulong)_random.NextInt64(
            (long)_harness.Log.DurableLsn.Value, (long)_harness.Log.AppendedLsn.Value + 1)));

        private void Trim()
        {
            StreamRange range = _harness.Range();
            long first = range.First + ((range.Next - range.First) / 4);
            Assert.Equal(StreamStatus.Ok, _harness.Streams.Trim("s"u8, StreamTrimBy.Offset, (ulong)first, out _, out _));
        }

        private void Crash()
        {
            _tail?.Dispose();
            _tail = null;
            var last = new Lsn((ulong)_random.NextInt64(
                (long)_harness.Log.DurableLsn.Value, (long)_harness.Log.AppendedLsn.Value + 1));
            SimulatedDisk disk = _random.Next(3) == 0 ? _harness.Disk.Kill() : _harness.Disk.Crash(_random.Next());
            _removed += _harness.Stats().Compacted;
            _harness.Log.Crash(last);
            _all = [.. _all.Where(one => one.Lsn <= last)];
            if (_random.Next(3) == 0)
            {
                _harness.DamageNewestSnapshot();
            }

            _harness.Restart(disk);
        }

        private void Check()
        {
            List<Read> found = _harness.ReadAll();
            CompactionRules.Check(Visible, found, _harness.Time.NowMs - Retention + 1);
            Assert.Equal(Visible.Count == 0 ? _harness.Range().First : Visible[^1].Offset + 1, _harness.Range().Next);
            Assert.Empty(_harness.Notices);
        }

        private void ReadSome()
        {
            List<Read> found = _harness.ReadAll();
            StreamRange range = _harness.Range();
            Assert.Equal(Enumerable.Reverse(found), _harness.ReadAll(backward: true));
            var from = new StreamPlace(StreamFrom.Offset, (ulong)_random.NextInt64(range.First, range.Next + 1));
            Assert.Equal(found.Where(read => read.Offset >= (long)from.Value), _harness.ReadAll(from));
            Assert.Equal(
                found.Where(read => read.Offset < (long)from.Value && read.Key == "k1").Reverse(),
                _harness.ReadAll(from, "k1", backward: true));
            int last = _random.Next(30);
            Assert.Equal(found.TakeLast(last), _harness.ReadAll(new StreamPlace(StreamFrom.Last, (ulong)last)));
            var time = new StreamPlace(StreamFrom.Time, (ulong)(_harness.Time.NowMs - _random.Next(2_000)));
            Assert.Equal(found.Where(read => read.TimestampMs >= (long)time.Value), _harness.ReadAll(time));
            CheckVersion(found, $"k{_random.Next(6)}");
        }

        // The version of a key is that of its last record that is there, durable or not.
        private void CheckVersion(List<Read> found, string key)
        {
            long next = _harness.Range().Next;
            long expected = _all.FindLast(one => one.Read.Key == key && one.Read.Offset >= next).Read?.Offset
                ?? found.FindLast(read => read.Key == key)?.Offset
                ?? -1;
            StreamStatus status = _harness.TryAppend("v", out StreamAppended appended, key, version: 1_000_000);
            if (status != StreamStatus.KeysLoading)
            {
                Assert.Equal((StreamStatus.Ok, StreamOutcome.Conflict), (status, appended.Outcome));
                Assert.Equal(expected + 1, appended.KeyVersion);
            }
        }

        private void ReadTail()
        {
            StreamRange range = _harness.Range();
            if (_tail is null)
            {
                var from = new StreamPlace(StreamFrom.Offset, (ulong)_random.NextInt64(range.First, range.Next + 1));
                Assert.Equal(StreamStatus.Ok, _harness.Streams.Follow("s"u8, from, default, out _tail, out _));
            }

            long at = _tail!.Position;
            var target = new System.Buffers.ArrayBufferWriter<byte>();
            StreamStatus status = _tail.Read(_random.Next(1, 20), 3_000, target, out StreamReadResult result);
            if (at < range.First)
            {
                Assert.Equal(StreamStatus.OffsetOutOfRange, status);
                _tail.Dispose();
                _tail = null;
                return;
            }

            List<Read> records = StreamHarness.Parse(target.WrittenSpan);
            Assert.Equal(
                _harness.ReadAll().Where(read => read.Offset >= at && read.Offset < result.ContinueAt), records);
            Assert.True(records.Count > 0 || result.ContinueAt == range.Next, "nothing, though there is something");
        }

        // What comes between its pieces is in the log behind it; of the files nothing is needed.
        private void Backup()
        {
            Lsn position = _harness.Log.AppendedLsn;
            using StreamSnapshot snapshot = _harness.Streams.BeginSnapshot(position, isWhole: true);
            var records = new Store.RecordList();
            while (snapshot.MoveNext(records))
            {
                Do(_random.Next(0, 90));
            }

            _harness.Log.MakeDurable();
            List<Read> all = Visible;
            _harness.On(new SimulatedDisk(3), records, position, () => CompactionRules.Check(all, _harness.ReadAll()));
        }
    }
}
