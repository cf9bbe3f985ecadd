using System.Collections.Concurrent;
using Nexo.Engine.Streams;
using Nexo.Engine.Tests.Store;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>Groups of the stream "s" on a simulated disk with a manual clock; what runs beside runs when it is told to.</summary>
internal sealed class GroupHarness : IDisposable
{
    public const string S = "s";
    public const string G = "g";

    /// <summary>Borders are near.</summary>
    public static readonly StreamGroupLimits Tiny = new()
    {
        WindowRecordsMax = 12,
        WindowBytesMax = 9_000,
        DeliveryBytes = 300,
        HoldRecordsMax = 3,
        DeliveryRecordsMax = 4,
        NumbersAtOnce = 2,
        LossesPerFailure = 2,
    };

    private readonly ConcurrentQueue<Action> _scheduled = new();
    private readonly List<MemberDouble> _members = [];
    private RecordList _snapshot = new();
    private Lsn _position;
    private Lsn _mark;

    public GroupHarness(StreamGroupLimits? limits = null, int seed = 1, bool isDurable = true)
    {
        Limits = new StreamLimits { Tuning = StreamHarness.Tiny, Groups = limits ?? Tiny };
        Disk = new SimulatedDisk(seed);
        Log.IsImmediate = isDurable;
        Recover();
        Create(S);
    }

    public StreamLimits Limits { get; }

    public ManualTime Time { get; } = new();

    public DurableMemoryLog Log { get; } = new();

    public SimulatedDisk Disk { get; private set; }

    public StreamService Streams { get; private set; } = null!;

    public static byte[] Bytes(string text) => StreamHarness.Bytes(text);

    public void Create(string name, StreamOptionSet? options = null) =>
        Assert.Equal(StreamStatus.Ok, Streams.Create(Bytes(name), options ?? new StreamOptionSet(), out _));

    public StreamGroupDeclared CreateGroup(
        StreamGroupMode mode, StreamGroupOptionSet? options = null, StreamPlace? from = null, string group = G)
    {
        Assert.Equal(
            StreamStatus.Ok,
            Streams.CreateGroup(
                Bytes(S),
                Bytes(group),
                mode,
                from ?? new StreamPlace(StreamFrom.Beginning),
                options ?? new StreamGroupOptionSet(),
                out StreamGroupDeclared declared));
        return declared;
    }

    public long Append(string value, string? key = null, string stream = S)
    {
        var record = new StreamRecord { HasKey = key is not null, Key = Bytes(key ?? ""), Value = Bytes(value) };
        Assert.Equal(StreamStatus.Ok, Streams.Append(Bytes(stream), record, default, out StreamAppended appended));
        return appended.Offset;
    }

    public MemberDouble Join(
        uint credits = 0, long sessionMs = 0, long leaseMs = 0, string group = G, Action<MemberDouble, Got>? onGot = null)
    {
        var member = new MemberDouble(this, group) { OnGot = onGot, SessionMs = sessionMs };
        var options = new StreamMemberOptions { SessionMs = sessionMs, LeaseMs = leaseMs, Name = "who"u8.ToArray() };
        Assert.Equal(
            StreamStatus.Ok,
            Streams.JoinGroup(Bytes(S), Bytes(group), member, options, out StreamGroupMember? joined, out bool waits));
        member.Begin(joined!, waits);
        _members.Add(member);
        if (credits > 0)
        {
            member.Handle.AddCredits(credits);
            Run();
        }

        return member;
    }

    public StreamGroupInfo Info(string group = G)
    {
        Assert.Equal(StreamStatus.Ok, Streams.DescribeGroup(Bytes(S), Bytes(group), out StreamGroupInfo? info));
        return info!;
    }

    public StreamGroupSought Seek(StreamPlace to, bool dryRun = false)
    {
        Assert.Equal(StreamStatus.Ok, Streams.SeekGroup(Bytes(S), Bytes(G), to, dryRun, out StreamGroupSought sought));
        Run();
        return sought;
    }

    /// <summary>All records of a stream.</summary>
    public List<Got> ReadAll(string stream)
    {
        var target = new System.Buffers.ArrayBufferWriter<byte>();
        var terms = new StreamReadTerms { From = new StreamPlace(StreamFrom.Beginning), BytesMax = 1 << 24 };
        Assert.Equal(StreamStatus.Ok, Streams.Read(Bytes(stream), terms, target, out _));
        return Got.Parse(target.WrittenSpan, default, 0);
    }

    /// <summary>
    /// Does what was scheduled. The log tells on a thread of its own when something is durable: that is not waited for, groups look now.
    /// </summary>
    public void Run()
    {
        foreach (MemberDouble member in _members)
        {
            member.Handle.Resume();
        }

        RunScheduled();
    }

    public void RunScheduled()
    {
        while (_scheduled.TryDequeue(out Action? job))
        {
            job();
        }
    }

    public void Pass(long ms)
    {
        Time.Advance(ms);
        Streams.Tick();
        Run();
    }

    public void Snapshot()
    {
        // Of an earlier moment, so that what came since is read again onto a state that has it already.
        Lsn position = _mark <= Log.AppendedLsn ? _mark : Log.AppendedLsn;
        _mark = Log.AppendedLsn;
        using StreamSnapshot snapshot = Streams.BeginSnapshot(position);
        var records = new RecordList();
        while (snapshot.MoveNext(records))
        {
        }

        Log.MakeDurable();
        Lsn older = _position;
        (_snapshot, _position) = (records, position);
        Streams.OnSnapshotKept(older);
    }

    /// <summary>What the last snapshot has.</summary>
    public List<(byte Kind, string Hex)> SnapshotHex()
    {
        var hex = new HexList();
        _snapshot.Replay(hex);
        return hex.Records;
    }

    /// <summary>A process that ends and one that starts, on this disk or another.</summary>
    public void Restart(SimulatedDisk? disk = null)
    {
        Streams.Dispose();
        _scheduled.Clear();
        _members.Clear();
        Disk = disk ?? Disk.Kill();
        Recover();
    }

    public void Dispose() => Streams.Dispose();

    private void Recover()
    {
        Streams = new StreamService(Limits, new EngineClock(Time));
        StreamRecovery recovery = Streams.BeginRecovery(
            new StreamDisk(Disk, 7, new Silent()) { Schedule = _scheduled.Enqueue });
        _snapshot.Replay(recovery);
        Log.Inner.Replay(_position, recovery);
        recovery.Complete(Log);
    }

    private sealed class HexList : IRecordSink
    {
        public List<(byte Kind, string Hex)> Records { get; } = [];

        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) =>
            Records.Add((kind, Convert.ToHexString(payload)));
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
