using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>One stream beside the list of what was logged of it.</summary>
internal sealed partial class StreamLife(int seed)
{
    private static readonly StreamLimits Limits = new() { Tuning = StreamHarness.Tiny };

    private readonly Random _random = new(seed);
    private readonly DurableMemoryLog _log = new();
    private readonly List<Action> _scheduled = [];
    private readonly ManualTime _time = new();
    private readonly List<Fact> _facts = [];
    private readonly Dictionary<ulong, ulong> _sequences = [];
    private SimulatedDisk _disk = new(seed);
    private StreamService _streams = null!;
    private StreamOptionSet _options = new();
    private (RecordList Records, Lsn Position) _last = (new RecordList(), Lsn.None);
    private (RecordList Records, Lsn Position) _older = (new RecordList(), Lsn.None);
    private Taking? _taking;
    private StreamFollower? _tail;
    private long _tailAt;

    public void Run(int[] steps)
    {
        Recover(_last, _disk);
        _options = _random.Next(4) switch
        {
            0 => new StreamOptionSet { Records = 40 },
            1 => new StreamOptionSet { Bytes = 6_000 },
            2 => new StreamOptionSet { AgeMs = 2_000 },
            _ => new StreamOptionSet(),
        };
        Assert.Equal(StreamStatus.Ok, _streams.Create("s"u8, _options, out _));
        _log.MakeDurable();
        foreach (int step in steps)
        {
            Do(step);
            Compare();
        }

        Crash();
        Compare();
        ReadEverything();
        _streams.Dispose();
    }

    private List<Read> Visible => [.. Records(_log.DurableLsn)];

    private void Do(int step)
    {
        switch (step)
        {
            case < 22: Append(1); break;
            case < 34: Append(_random.Next(2, 30)); break;
            case < 48: MakeSomeDurable(); break;
            case < 58: ReadForward(); break;
            case < 66: ReadBackward(); break;
            case < 72: ReadTail(); break;
            case < 82: RunJobs(); break;
            case < 86: Care(); break;
            case < 88: Trim(); break;
            case < 91: _taking ??= new Taking(_streams.BeginSnapshot(_log.AppendedLsn), _log.AppendedLsn); break;
            case < 95: TakeSome(); break;
            case 95: Backup(); break;
            case < 98: Crash(); break;
            default: _time.Advance(_random.Next(3_000)); break;
        }
    }

    private void MakeSomeDurable() => _log.MakeDurable(
        new Lsn((ulong)_random.NextInt64((long)_log.DurableLsn.Value, (long)_log.AppendedLsn.Value + 1)));

    private void Append(int count)
    {
        _time.Advance(_random.Next(3));
        (string? Key, string Value)[] records =
        [
            .. Enumerable.Range(0, count).Select(i => (
                _random.Next(3) == 0 ? null : $"k{_random.Next(5)}",
                new string((char)('a' + _random.Next(26)), _random.Next(_random.Next(12) == 0 ? 900 : 60)))),
        ];
        List<Read> all = [.. Records(_log.AppendedLsn)];
        long next = Next(_log.AppendedLsn);
        string? key = _random.Next(3) == 0 ? $"k{_random.Next(5)}" : null;
        long version = 1 + (all.FindLast(record => record.Key == key)?.Offset ?? -1);
        bool isExpected = _random.Next(4) != 0;
        ulong id = (ulong)_random.Next(3);
        ulong? retried = id > 0 && _random.Next(5) == 0 && _sequences.GetValueOrDefault(id) > 0
            ? _sequences[id] - 1
            : null;
        StreamProducer? producer = id == 0 ? null : new StreamProducer(id, retried ?? _sequences.GetValueOrDefault(id));
        records = retried is null ? records : records[..1];
        StreamStatus status = _streams.AppendBatch(
            "s"u8,
            records.Length,
            StreamHarness.NewRecords(records),
            new StreamAppendTerms
            {
                Producer = producer,
                ExpectedNext = _random.Next(3) == 0 ? (ulong)(isExpected ? next : next + 1) : null,
                ExpectedKeyVersion = key is null ? null : (ulong)version,
                ExpectedKey = StreamHarness.Bytes(key ?? ""),
            },
            out StreamAppended appended);
        Assert.Equal(StreamStatus.Ok, status);
        if (retried is not null)
        {
            Assert.Equal(StreamOutcome.Duplicate, appended.Outcome);
            Fact first = _facts.Last(fact => fact.Producer?.Id == id && fact.Producer.Value.Sequence <= retried);
            Assert.Equal(first.Records[0].Offset + (long)(retried.Value - first.Producer!.Value.Sequence), appended.Offset);
            return;
        }

        Assert.True(appended.Outcome == StreamOutcome.Appended || !isExpected, "a conflict that is none");
        Assert.Equal(next, appended.Offset);
        if (appended.Outcome == StreamOutcome.Appended)
        {
            Note(records, producer, next);
        }
    }

    private void Note((string? Key, string Value)[] records, StreamProducer? producer, long next)
    {
        long now = _time.NowMs;
        _facts.Add(new Fact(
            _log.AppendedLsn,
            [.. records.Select((record, i) => new Read(next + i, now, record.Key, record.Value))],
            producer));
        if (producer is { } given)
        {
            _sequences[given.Id] = given.Sequence + (ulong)records.Length;
        }
    }

    private void Trim()
    {
        StreamRange range = Range();
        long first = _random.NextInt64(range.First, range.Next + 1);
        Assert.Equal(StreamStatus.Ok, _streams.Trim("s"u8, StreamTrimBy.Offset, (ulong)first, out long begins, out _));
        Assert.Equal(first, begins);
        if (first > range.First)
        {
            _facts.Add(new Fact(_log.AppendedLsn, [], null) { First = first });
        }
    }

    // What retention lets go of, it may; and no more.
    private void Care()
    {
        StreamRange before = Range();
        Lsn logged = _log.AppendedLsn;
        _time.Advance(100);
        _streams.Tick();
        RunJobs();
        StreamRange after = Range();
        if (after.First == before.First)
        {
            return;
        }

        List<Read> gone = [.. Visible.Where(record => record.Offset < after.First)];
        Assert.True(_log.AppendedLsn > logged, "it is not in the log");
        Assert.True(
            _options.Records is not { } most || Next(_log.AppendedLsn) - after.First >= most, "too few records are left");
        Assert.True(
            _options.AgeMs is not { } age || gone.TrueForAll(record => record.TimestampMs < _time.NowMs - age),
            "a record went that is not old");
        Assert.True(_options != new StreamOptionSet(), "nothing may go");
        _facts.Add(new Fact(_log.AppendedLsn, [], null) { First = after.First });
    }

    private void TakeSome()
    {
        if (_taking is null)
        {
            return;
        }

        for (int slices = _random.Next(1, 4); slices > 0; slices--)
        {
            if (!_taking.Snapshot.MoveNext(_taking.Records))
            {
                _log.MakeDurable();
                (_older, _last) = (_last, (_taking.Records, _taking.Position));
                _streams.OnSnapshotKept(_older.Position);
                _taking = null;
                return;
            }
        }
    }

    // What a backup holds is all there is: no files are needed.
    private void Backup()
    {
        using StreamSnapshot snapshot = _streams.BeginSnapshot(_log.AppendedLsn, isWhole: true);
        Lsn position = _log.AppendedLsn;
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
            Do(_random.Next(0, 86));
        }

        var streams = new StreamService(Limits, new EngineClock(_time));
        StreamRecovery recovery = streams.BeginRecovery(DiskOf(new SimulatedDisk(1)));
        records.Replay(recovery);
        _log.Inner.Replay(position, recovery);
        recovery.Complete();
        StreamService mine = _streams;
        _streams = streams;
        (List<Read> found, _) = Read(new StreamPlace(StreamFrom.Beginning), "", int.MaxValue, 1 << 24, backward: false);
        _streams = mine;
        Assert.Equal(Records(_log.AppendedLsn), found);
        RunJobs();
        streams.Dispose();
    }

    // Of the log anything may survive from what is durable on; of the files what was synced, and anything of the rest.
    private void Crash()
    {
        _taking?.Snapshot.Dispose();
        _taking = null;
        _tail?.Dispose();
        _tail = null;
        _streams.Dispose();
        _scheduled.Clear();
        var last = new Lsn((ulong)_random.NextInt64((long)_log.DurableLsn.Value, (long)_log.AppendedLsn.Value + 1));
        _log.Crash(last);
        _facts.RemoveAll(fact => fact.Lsn > last);
        _sequences.Clear();
        foreach (Fact fact in _facts.Where(fact => fact.Producer is not null))
        {
            _sequences[fact.Producer!.Value.Id] = fact.Producer.Value.Sequence + (ulong)fact.Records.Count;
        }

        _disk = _random.Next(3) == 0 ? _disk.Kill() : _disk.Crash(_random.Next());
        if (_random.Next(4) == 0)
        {
            // The newest snapshot turns out to be damaged.
            _last = _older;
        }

        Recover(_last, _disk);
    }

    private void Recover((RecordList Records, Lsn Position) snapshot, SimulatedDisk disk)
    {
        _streams = new StreamService(Limits, new EngineClock(_time));
        StreamRecovery recovery = _streams.BeginRecovery(DiskOf(disk));
        snapshot.Records.Replay(recovery);
        _log.Inner.Replay(snapshot.Position, recovery);
        recovery.Complete(_log);
    }

    private StreamDisk DiskOf(SimulatedDisk disk) => new(disk, 7, new NoObserver()) { Schedule = _scheduled.Add };

    private void Compare()
    {
        StreamRange range = Range();
        List<Read> visible = Visible;
        Assert.Equal(First(_log.AppendedLsn), range.First);
        Assert.Equal(Next(_log.DurableLsn), range.Next);
        Assert.Equal(visible.Count, range.Next - range.First);
    }

    private StreamRange Range()
    {
        Assert.Equal(StreamStatus.Ok, _streams.Describe("s"u8, out _, out StreamRange range));
        return range;
    }

    // What has been trimmed is gone at once, what was appended is seen when it is durable.
    private IEnumerable<Read> Records(Lsn until) => _facts
        .Where(fact => fact.Lsn <= until)
        .SelectMany(fact => fact.Records)
        .Where(record => record.Offset >= First(_log.AppendedLsn));

    private long Next(Lsn until) => _facts.LastOrDefault(fact => fact.Lsn <= until && fact.Records.Count > 0) is { } last
        ? last.Records[^1].Offset + 1
        : 0;

    private long First(Lsn until) => _facts.Where(fact => fact.Lsn <= until).Max(fact => (long?)fact.First) ?? 0;

    private void RunJobs()
    {
        while (_scheduled.Count > 0)
        {
            Action job = _scheduled[0];
            _scheduled.RemoveAt(0);
            job();
        }
    }

    private sealed record Fact(Lsn Lsn, IReadOnlyList<Read> Records, StreamProducer? Producer)
    {
        /// <summary>Of a trim.</summary>
        public long First { get; init; }
    }

    private sealed record Taking(StreamSnapshot Snapshot, Lsn Position)
    {
        public RecordList Records { get; } = new();
    }

    private sealed class NoObserver : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Assert.Fail(message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
