using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams;

/// <summary>Streams on a simulated disk with a manual clock, and their commands over strings.</summary>
internal sealed class StreamHarness : IDisposable
{
    public const string S = "s";

    /// <summary>Borders are near.</summary>
    public static readonly StreamTuning Tiny = new()
    {
        SegmentBytesMax = 2_048,
        SegmentBytesMin = 512,
        BatchBytes = 300,
        FlushAtBytes = 700,
        PendingBytesMax = 4_096,
        ReadBytes = 512,
        CareMs = 100,
        IdleMs = 5_000,
    };

    private readonly List<Action> _scheduled = [];
    private RecordList _snapshot = new();
    private Lsn _position;
    private RecordList _olderSnapshot = new();
    private Lsn _olderPosition;

    public StreamHarness(StreamLimits? limits = null, int seed = 1)
    {
        Limits = limits ?? new StreamLimits { Tuning = Tiny };
        Disk = new SimulatedDisk(seed);
        Log.IsImmediate = true;
        Recover();
    }

    public StreamLimits Limits { get; }

    public ManualTime Time { get; } = new();

    public DurableMemoryLog Log { get; } = new();

    public SimulatedDisk Disk { get; private set; }

    public StreamService Streams { get; private set; } = null!;

    public List<string> Notices { get; } = [];

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public StreamDeclared Create(StreamOptionSet? options = null, string name = S)
    {
        Assert.Equal(
            StreamStatus.Ok, Streams.Create(Bytes(name), options ?? new StreamOptionSet(), out StreamDeclared declared));
        return declared;
    }

    /// <summary>The offset.</summary>
    public long Append(string value, string? key = null, string name = S, long? at = null)
    {
        Assert.Equal(StreamStatus.Ok, TryAppend(value, out StreamAppended appended, key, name, at));
        Assert.Equal(StreamOutcome.Appended, appended.Outcome);
        return appended.Offset;
    }

    public StreamStatus TryAppend(
        string value,
        out StreamAppended appended,
        string? key = null,
        string name = S,
        long? at = null,
        ulong? next = null,
        ulong? version = null,
        StreamProducer? producer = null) => Streams.Append(
            Bytes(name),
            new StreamRecord { HasKey = key is not null, Key = Bytes(key ?? ""), Value = Bytes(value), TimestampMs = at },
            new StreamAppendTerms { ExpectedNext = next, ExpectedKeyVersion = version, Producer = producer },
            out appended);

    public StreamAppended AppendAll(params (string? Key, string Value)[] records)
    {
        Assert.Equal(StreamStatus.Ok, TryAppendAll(null, out StreamAppended appended, records));
        return appended;
    }

    public StreamStatus TryAppendAll(
        StreamProducer? producer, out StreamAppended appended, params (string? Key, string Value)[] records) =>
        Streams.AppendBatch(
            Bytes(S), records.Length, NewRecords(records), new StreamAppendTerms { Producer = producer }, out appended);

    public static byte[] NewRecords(params (string? Key, string Value)[] records)
    {
        var bytes = new MemoryStream();
        foreach ((string? key, string value) in records)
        {
            int length = 1 + (key is null ? 0 : 4 + key.Length) + 2 + value.Length;
            byte[] record = new byte[4 + length];
            BinaryPrimitives.WriteInt32LittleEndian(record, length);
            record[4] = key is null ? (byte)0 : StreamRecordForm.KeyPresent;
            int at = 5;
            if (key is not null)
            {
                BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(at), key.Length);
                Bytes(key).CopyTo(record, at + 4);
                at += 4 + key.Length;
            }

            Bytes(value).CopyTo(record, at + 2);
            bytes.Write(record);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads from a place until there is no more.</summary>
    public List<Read> ReadAll(StreamPlace? from = null, string key = "", int recordsMax = int.MaxValue, bool backward = false)
    {
        StreamPlace place = from ?? new StreamPlace(backward ? StreamFrom.End : StreamFrom.Beginning);
        var all = new List<Read>();
        while (all.Count < recordsMax)
        {
            (List<Read> records, StreamReadResult result) = ReadOnce(place, key, recordsMax - all.Count, backward: backward);
            all.AddRange(records);
            if (result.ContinueAt == (backward ? result.Range.First : result.Range.Next))
            {
                break;
            }

            Assert.True(
                place.From != StreamFrom.Offset || (long)place.Value != result.ContinueAt, "a read that gets nowhere");
            place = new StreamPlace(StreamFrom.Offset, (ulong)result.ContinueAt);
        }

        return all;
    }

    public (List<Read> Records, StreamReadResult Result) ReadOnce(
        StreamPlace from, string key = "", int recordsMax = int.MaxValue, int bytesMax = 1_000, bool backward = false)
    {
        var target = new ArrayBufferWriter<byte>();
        var terms = new StreamReadTerms
        {
            From = from,
            Key = Bytes(key),
            RecordsMax = recordsMax,
            BytesMax = bytesMax,
            Backward = backward,
        };
        Assert.Equal(StreamStatus.Ok, Streams.Read(Bytes(S), terms, target, out StreamReadResult result));
        List<Read> records = Parse(target.WrittenSpan);
        Assert.Equal(result.Count, records.Count);
        Assert.Equal(result.Bytes, target.WrittenCount);
        return (records, result);
    }

    public static List<Read> Parse(ReadOnlySpan<byte> run)
    {
        var records = new List<Read>();
        while (StreamRecordForm.TryTake(ref run, out StreamRecordView record))
        {
            records.Add(new Read(
                record.Offset,
                record.TimestampMs,
                record.HasKey ? Encoding.Latin1.GetString(record.Key) : null,
                Encoding.Latin1.GetString(record.Value)));
        }

        Assert.True(run.IsEmpty, "what was read is whole records");
        return records;
    }

    public StreamRange Range(string name = S)
    {
        Assert.Equal(StreamStatus.Ok, Streams.Describe(Bytes(name), out _, out StreamRange range));
        return range;
    }

    public StreamStats Stats(string name = S)
    {
        Assert.Equal(StreamStatus.Ok, Streams.Stats(Bytes(name), out StreamStats? stats));
        return stats!;
    }

    /// <summary>Does what was scheduled.</summary>
    public void RunJobs()
    {
        while (_scheduled.Count > 0)
        {
            Action job = _scheduled[0];
            _scheduled.RemoveAt(0);
            job();
        }
    }

    public void Care(long afterMs = 1_000)
    {
        Time.Advance(afterMs);
        Streams.Tick();
        RunJobs();
    }

    public void Snapshot()
    {
        Lsn position = Log.AppendedLsn;
        using StreamSnapshot snapshot = Streams.BeginSnapshot(position);
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
        }

        Log.MakeDurable();
        (_olderSnapshot, _olderPosition) = (_snapshot, _position);
        (_snapshot, _position) = (records, position);
        Streams.OnSnapshotKept(_olderPosition);
    }

    /// <summary>All that there is.</summary>
    public RecordList Backup()
    {
        using StreamSnapshot snapshot = Streams.BeginSnapshot(Log.AppendedLsn, isWhole: true);
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
        }

        return records;
    }

    /// <summary>A new process with a new disk and nothing but a backup of now.</summary>
    public void Restore(RecordList backup)
    {
        (_snapshot, _position) = (backup, Log.AppendedLsn);
        Restart(new SimulatedDisk(2));
    }

    /// <summary>A process that ends and one that starts, on this disk or another.</summary>
    public void Restart(SimulatedDisk? disk = null)
    {
        Streams.Dispose();
        _scheduled.Clear();
        Disk = disk ?? Disk.Kill();
        Recover();
    }

    /// <summary>Looks at what a process would find that starts on another disk, from either snapshot that is kept.</summary>
    public void On(SimulatedDisk disk, bool fromOlder, Action look) => On(
        disk, fromOlder ? _olderSnapshot : _snapshot, fromOlder ? _olderPosition : _position, look);

    public void On(SimulatedDisk disk, RecordList snapshot, Lsn position, Action look)
    {
        (StreamService Streams, SimulatedDisk Disk, RecordList Snapshot, Lsn Position) mine = (Streams, Disk, _snapshot, _position);
        Action[] scheduled = [.. _scheduled];
        _scheduled.Clear();
        (Disk, _snapshot, _position) = (disk, snapshot, position);
        Recover();
        try
        {
            look();
        }
        finally
        {
            Streams.Dispose();
            _scheduled.Clear();
            _scheduled.AddRange(scheduled);
            (Streams, Disk, _snapshot, _position) = mine;
        }
    }

    /// <summary>The next start finds the one before it.</summary>
    public void DamageNewestSnapshot() => (_snapshot, _position) = (_olderSnapshot, _olderPosition);

    public void Dispose() => Streams.Dispose();

    private void Recover()
    {
        Streams = new StreamService(Limits, new EngineClock(Time));
        StreamRecovery recovery = Streams.BeginRecovery(
            new StreamDisk(Disk, 7, new Observer(Notices)) { Schedule = _scheduled.Add });
        _snapshot.Replay(recovery);
        Log.Inner.Replay(_position, recovery);
        recovery.Complete(Log);
    }

    private sealed class Observer(List<string> notices) : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => notices.Add(message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}

/// <summary>A record as it was read.</summary>
internal sealed record Read(long Offset, long TimestampMs, string? Key, string Value);
