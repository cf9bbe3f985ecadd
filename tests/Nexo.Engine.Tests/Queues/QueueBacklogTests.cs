using System.Text;
using CsCheck;
using Nexo.Engine.Queues;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Queues;

public sealed class QueueBacklogTests
{
    [Fact]
    public void Messages_on_disk_keep_their_order_over_purges_snapshots_backups_and_crashes() =>
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 21].Array[20, 250]).Sample(
            (seed, steps) => new BacklogLife(seed).Run(steps), iter: 40, threads: 1);
}

/// <summary>One queue with small windows of memory, beside a list of what is in it.</summary>
internal sealed class BacklogLife(int seed)
{
    private static readonly QueueLimits Limits = new()
    {
        Shards = 1,
        MemoryBytesMax = 16 * 1_024,
        Tuning = QueueHarness.Tiny,
    };

    private readonly Random _random = new(seed);
    private readonly MemoryLog _log = new();
    private readonly List<Action> _scheduled = [];
    private readonly SortedDictionary<ulong, Model> _messages = [];
    private readonly QueueWork _work = new();
    private readonly ManualTime _time = new();
    private SimulatedDisk _disk = new(seed);
    private QueueService _queues = null!;
    private QueueConsumer _consumer = null!;
    private Taking? _taking;
    private bool _hasFailed;
    private (RecordList Records, Lsn Position) _last = (new RecordList(), Lsn.None);
    private (RecordList Records, Lsn Position) _older = (new RecordList(), Lsn.None);

    public void Run(int[] steps)
    {
        Recover(_last, _disk);
        Assert.Equal(QueueStatus.Ok, _queues.Declare("q"u8, new QueueOptionSet { DeliveriesMax = 0 }, out _));
        Open();
        foreach (int step in steps)
        {
            Do(step);
        }

        RunJobs();
        Release();
        while (_messages.Count > 0)
        {
            Pull(50);
            AckSome(all: true);
            RunJobs();
        }

        // Nothing waits to be written of what is not there.
        Assert.InRange(_queues.BacklogPendingBytes, 0, 4 * 256 * 1_024);
        Assert.Equal(_queues.Backlogs!.NotedBytes, _queues.BacklogPendingBytes);

        _queues.Check();
        _queues.Dispose();
    }

    private void Do(int step)
    {
        switch (step)
        {
            case < 7: Push(_random.Next(1, 60)); break;
            case < 10: Pull(_random.Next(1, 60)); break;
            case < 12: AckSome(all: false); break;
            case 12: Release(); break;
            case < 15: RunJobs(); break;
            case 15: Begin(isWhole: false); break;
            case 16: TakeSome(_random.Next(1, 30)); break;
            case 17: TakeSome(int.MaxValue); break;
            case 18 when _random.Next(3) == 0: Purge(); break;
            case 18: Backup(); break;
            case 19: Crash(); break;
            case 20: FillDisk(); break;
            default: Fail(); break;
        }

        _queues.Check();
        Assert.Equal(QueueStatus.Ok, _queues.Stats("q"u8, out QueueStats? stats));
        Assert.Equal(_messages.Values.Count(message => message.Lease == 0), stats!.Ready);
        Assert.Equal(_messages.Values.Sum(message => message.Body.Length), stats.MessageBytes);
    }

    private void Push(int count)
    {
        for (int i = 0; i < count; i++)
        {
            // The time moves: what is pushed together has not always the same moment.
            _time.Advance(_random.Next(0, 2));
            string body = $"{seed}:{i}:{new string('x', _random.Next(_random.Next(10) == 0 ? 800 : 40))}";
            int priority = _random.Next(0, 3);
            var message = new QueueMessage { Priority = priority, Body = Encoding.Latin1.GetBytes(body) };
            QueueStatus status = _queues.Push("q"u8, message, _work, out QueuePushResult result);
            Assert.True(status == QueueStatus.Ok || (_hasFailed && status == QueueStatus.LogFailed), $"push: {status}");
            if (status == QueueStatus.Ok)
            {
                _messages.Add(result.MessageId, new Model(body, priority));
            }
        }

        _work.Run();
    }

    private void Pull(int most)
    {
        var list = new PulledList();
        Assert.Equal(QueueStatus.Ok, _consumer.Pull(most, 0, settled: false, ref list, out _, out _));
        foreach (Delivered delivered in list.All)
        {
            (ulong id, Model next) = _messages
                .Where(pair => pair.Value.Lease == 0)
                .OrderByDescending(pair => pair.Value.Priority)
                .ThenBy(pair => pair.Key)
                .Select(pair => (pair.Key, pair.Value))
                .First();
            Assert.Equal(id, delivered.Id);
            Assert.Equal(next.Body, delivered.Body);
            next.Lease = delivered.Lease;
        }
    }

    private void AckSome(bool all)
    {
        (ulong Id, ulong Lease)[] leased = [.. _messages
            .Where(pair => pair.Value.Lease != 0 && (all || _random.Next(2) == 0))
            .Select(pair => (pair.Key, pair.Value.Lease))];
        var sink = new SettleList();
        Assert.Equal(QueueStatus.Ok, _queues.Ack("q"u8, new LeaseArray(leased), ref sink, _work, out _));
        _work.Run();
        Assert.All(sink.All, answer => Assert.Equal(QueueStatus.Ok, answer.Status));
        Array.ForEach(leased, message => _messages.Remove(message.Id));
    }

    // What is leased comes back as it would be from a consumer that is lost.
    private void Release()
    {
        _consumer.Dispose();
        Open();
        foreach (Model message in _messages.Values)
        {
            message.Lease = 0;
        }
    }

    private void Purge()
    {
        long ready = _messages.Values.Count(message => message.Lease == 0);
        Assert.Equal(QueueStatus.Ok, _queues.Purge("q"u8, QueuePart.Ready, out long removed, out _));
        Assert.True(ready == removed, $"purge: {ready} {removed}");
        foreach (ulong id in _messages.Where(pair => pair.Value.Lease == 0).Select(pair => pair.Key).ToArray())
        {
            _messages.Remove(id);
        }
    }

    // Files cannot be synced while a snapshot is made: it is whole all the same.
    private void Fail()
    {
        _hasFailed = true;
        Begin(isWhole: false);
        _disk.FailAt(1, DiskError.Io, DiskOperationKinds.Sync);
        TakeSome(int.MaxValue);
        _disk.Heal();
    }

    // What is pushed finds no room in the files: a snapshot is made or fails, nothing is lost, and room makes it go on.
    private void FillDisk()
    {
        RunJobs();
        bool hadFailed = _hasFailed;
        _hasFailed = true;
        _disk.CapacityBytes = _disk.CapacityBytes - _disk.FreeBytes + _random.Next(0, 2_000);
        Push(_random.Next(1, 200));
        Begin(isWhole: _random.Next(4) == 0);
        try
        {
            TakeSome(_random.Next(2) == 0 ? int.MaxValue : _random.Next(1, 5));
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full)
        {
            _taking!.Snapshot.Dispose();
            _taking = null;
        }

        RunJobs();
        if (_random.Next(2) == 0)
        {
            Pull(_random.Next(1, 60));
            AckSome(all: false);
        }

        _disk.CapacityBytes = long.MaxValue;
        _hasFailed = hadFailed;
    }

    private void Begin(bool isWhole)
    {
        _taking?.Snapshot.Dispose();
        _taking = new Taking(_queues.BeginSnapshot(_log.End, isWhole), _log.End);
    }

    private void TakeSome(int slices)
    {
        while (_taking is not null && slices-- > 0)
        {
            if (!_taking.Snapshot.MoveNext(_taking.Records))
            {
                _taking.Snapshot.Dispose();
                Examine(_taking.Records);
                (_older, _last) = (_last, (_taking.Records, _taking.Position));
                _queues.OnSnapshotKept();
                _taking = null;
            }
        }
    }

    // What the doctor finds.
    private void Examine(RecordList snapshot)
    {
        var finder = new QueueLogFinder();
        snapshot.Replay(finder);
        foreach (FoundLog found in finder.Logs(7).Where(found => !found.Checkpoint.IsEmpty))
        {
            SegmentedLogReport report = SegmentedLogCheck.Run(_disk, found.Directory, found.LogId, found.Checkpoint);
            Assert.True(report is { IsSound: true, IsOpenable: true }, found.Name);
            Assert.StartsWith("the queue 'q'", found.Name, StringComparison.Ordinal);
        }
    }

    // What a backup holds is all there is: no files are needed.
    private void Backup()
    {
        using QueueSnapshot snapshot = _queues.BeginSnapshot(_log.End, isWhole: true);
        Lsn position = _log.End;
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
            if (_random.Next(3) == 0)
            {
                Do(_random.Next(0, 15));
            }
        }

        var queues = new QueueService(Limits, new EngineClock(_time));
        QueueRecovery recovery = queues.BeginRecovery(DiskOf(new SimulatedDisk(1)));
        records.Replay(recovery);
        _log.Replay(position, recovery);
        recovery.Complete();
        RunJobs();
        queues.Check();
        Assert.Equal(QueueStatus.Ok, queues.Stats("q"u8, out QueueStats? stats));
        Assert.True(_messages.Count == stats!.Ready, $"backup: {_messages.Count} {stats.Ready}");
        queues.Dispose();
    }

    private void Crash()
    {
        _taking?.Snapshot.Dispose();
        _taking = null;
        _queues.Dispose();
        _scheduled.Clear();
        _hasFailed = false;
        _disk = _disk.Crash(_random.Next());
        if (_random.Next(4) == 0)
        {
            // The newest snapshot turns out to be damaged.
            _last = _older;
        }

        Recover(_last, _disk);
        Open();
        foreach (Model message in _messages.Values)
        {
            message.Lease = 0;
        }
    }

    private void Recover((RecordList Records, Lsn Position) snapshot, SimulatedDisk disk)
    {
        _queues = new QueueService(Limits, new EngineClock(_time));
        QueueRecovery recovery = _queues.BeginRecovery(DiskOf(disk));
        snapshot.Records.Replay(recovery);
        _log.Replay(snapshot.Position, recovery);
        recovery.Complete(_log);
    }

    private QueueDisk DiskOf(SimulatedDisk disk) => new(disk, 7, new NoObserver(this))
    {
        Schedule = _scheduled.Add,
        WindowBytesMin = 1_024,
    };

    private void Open() =>
        Assert.Equal(
            QueueStatus.Ok, _queues.Consume("q"u8, new ConsumerDouble(), new QueueConsumerOptions(), out _consumer!));

    private void RunJobs()
    {
        while (_scheduled.Count > 0)
        {
            Action job = _scheduled[0];
            _scheduled.RemoveAt(0);
            job();
        }
    }

    private sealed class Model(string body, int priority)
    {
        public string Body => body;

        public int Priority => priority;

        public ulong Lease { get; set; }
    }

    private sealed record Taking(QueueSnapshot Snapshot, Lsn Position)
    {
        public RecordList Records { get; } = new();
    }

    private sealed class NoObserver(BacklogLife life) : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Assert.True(life._hasFailed, message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
