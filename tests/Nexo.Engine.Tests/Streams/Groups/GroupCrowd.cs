using Nexo.Engine.Streams;
using Nexo.Storage;
using Xunit;

namespace Nexo.Engine.Tests.Streams.Groups;

/// <summary>All who work on one group at once, and what they agree on.</summary>
internal sealed class GroupCrowd : IDisposable
{
    private const int Members = 6;
    private const int Keys = 5;

    private readonly MemoryDisk _disk = new();
    private readonly Wal _wal;
    private readonly bool _seeks;
    private readonly Lock _gate = new();

    // By what is known here: of each key what is out, and with whom; of an epoch, how far each key has come.
    private readonly Dictionary<string, (ulong Epoch, long Offset, CrowdMember CrowdMember)> _out = [];
    private readonly Dictionary<(ulong Epoch, string Key), long> _highest = [];
    private readonly Dictionary<ulong, CrowdMember> _activeOf = [];
    private readonly HashSet<(ulong Epoch, long Offset)> _done = [];
    private readonly List<string> _wrong = [];
    private readonly HashSet<ulong> _numbers = [];
    private long _appended;

    public GroupCrowd(StreamGroupMode mode, bool seeks)
    {
        Mode = mode;
        _seeks = seeks;
        _wal = Wal.Open(
            _disk, 1, WalTail.BeginAt(new Lsn(1)), new WalOptions { SegmentBytes = 1 << 20 }, TimeProvider.System, new Silent());
        var limits = new StreamLimits { Tuning = StreamHarness.Tiny with { CareMs = 10 }, Groups = GroupHarness.Tiny };
        Streams = new StreamService(limits, new EngineClock(TimeProvider.System));
        Streams.BeginRecovery(new StreamDisk(_disk, 1, new Silent())).Complete(_wal);
        Assert.Equal(StreamStatus.Ok, Streams.Create("s"u8, new StreamOptionSet(), out _));
        Assert.Equal(
            StreamStatus.Ok,
            Streams.CreateGroup(
                "s"u8,
                "g"u8,
                mode,
                new StreamPlace(StreamFrom.Beginning),
                new StreamGroupOptionSet { DeliveriesMax = 0, BackoffMs = 1 },
                out _));
    }

    public StreamService Streams { get; }

    public StreamGroupMode Mode { get; }

    public long Appended => Volatile.Read(ref _appended);

    /// <summary>Offsets that a member had.</summary>
    public HashSet<long> Taken { get; } = [];

    public async Task RunAsync(TimeSpan lasts, TimeSpan patience, CancellationToken cancel)
    {
        using var stop = new CancellationTokenSource(lasts);
        Task[] all =
        [
            Task.Run(() => Append(stop.Token), cancel),
            Task.Run(() => Append(stop.Token), cancel),
            Task.Run(() => Keep(stop.Token), cancel),
            .. Enumerable.Range(0, Members).Select(i => Task.Run(() => Be(new Random(i), stop.Token), cancel)),
            .. _seeks ? [Task.Run(() => Seek(stop.Token), cancel)] : Array.Empty<Task>(),
        ];
        await Task.WhenAll(all).WaitAsync(patience, cancel);
        Assert.Empty(_wrong);
    }

    /// <summary>One good member takes what is left.</summary>
    public async Task DrainAsync(TimeSpan patience, CancellationToken cancel)
    {
        await _wal.FlushAsync();
        using var last = new CrowdMember(this);
        last.AddCredits(1_000);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        over.CancelAfter(patience);
        StreamGroupInfo? info;
        while (Streams.DescribeGroup("s"u8, "g"u8, out info) == StreamStatus.Ok && info!.Lag > 0)
        {
            Streams.Tick();
            last.Pull(4);
            last.Work(new Random(1), isGood: true);
            over.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal((Appended, 0), (info!.Position, info.Waiting));
        Assert.Empty(_wrong);
    }

    public void Dispose()
    {
        Streams.Dispose();
        _wal.Dispose();
    }

    public void Joined(CrowdMember member)
    {
        lock (_gate)
        {
            Require(_numbers.Add(member.Handle.Number), $"member {member.Handle.Number} is there already");
        }
    }

    /// <summary>Under the group's lock, so in the group's order.</summary>
    public void Given(CrowdMember member, Got got)
    {
        lock (_gate)
        {
            Taken.Add(got.Offset);
            if (Mode == StreamGroupMode.Ordered)
            {
                CrowdMember active = _activeOf.TryAdd(got.Epoch, member) ? member : _activeOf[got.Epoch];
                Require(active == member, $"two members got records of epoch {got.Epoch}");
                return;
            }

            Require(!_done.Contains((got.Epoch, got.Offset)), $"{got.Offset} was done");
            if (got.Key is { } key)
            {
                bool isOut = _out.TryGetValue(key, out (ulong Epoch, long Offset, CrowdMember CrowdMember) held);
                Require(!isOut || held.CrowdMember.IsOver || held.Epoch < got.Epoch, $"{got.Offset} came while {held.Offset} is out");
                long highest = _highest.GetValueOrDefault((got.Epoch, key), -1);
                Require(got.Offset >= highest, $"{got.Offset} of {key} came behind {highest}");
                _highest[(got.Epoch, key)] = got.Offset;
                _out[key] = (got.Epoch, got.Offset, member);
            }
        }
    }

    public void Settling(Got got)
    {
        lock (_gate)
        {
            if (got.Key is { } key && _out.TryGetValue(key, out (ulong Epoch, long Offset, CrowdMember CrowdMember) held)
                && (held.Epoch, held.Offset) == (got.Epoch, got.Offset))
            {
                _out.Remove(key);
            }
        }
    }

    public void Acked(Got got)
    {
        lock (_gate)
        {
            _done.Add((got.Epoch, got.Offset));
        }
    }

    public void Require(bool holds, string what)
    {
        lock (_gate)
        {
            if (!holds && _wrong.Count < 10)
            {
                _wrong.Add(what);
            }
        }
    }

    private void Append(CancellationToken stop)
    {
        var random = new Random(Environment.CurrentManagedThreadId);
        while (!stop.IsCancellationRequested)
        {
            int count = random.Next(1, 6);
            byte[] batch = StreamHarness.NewRecords(
                [.. Enumerable.Range(0, count).Select(_ => (KeyOf(random), new string('x', random.Next(1, 90))))]);
            Assert.Equal(StreamStatus.Ok, Streams.AppendBatch("s"u8, count, batch, default, out _));
            Interlocked.Add(ref _appended, count);
            stop.WaitHandle.WaitOne(random.Next(3, 12));
        }
    }

    private static string? KeyOf(Random random) => random.Next(4) == 0 ? null : $"k{random.Next(Keys)}";

    // Joins, works for a while, and leaves or dies; again and again.
    private void Be(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var member = new CrowdMember(this);
            for (int i = random.Next(1, 60); i > 0 && !stop.IsCancellationRequested; i--)
            {
                switch (random.Next(8))
                {
                    case 0: member.AddCredits((uint)random.Next(1, 12)); break;
                    case 1: member.Pull(random.Next(1, 5)); break;
                    case 2: member.Heartbeat(); break;
                    case 3: stop.WaitHandle.WaitOne(1); break;
                    default: member.Work(random, isGood: false); break;
                }
            }

            if (random.Next(2) == 0)
            {
                member.LeaveAndTryLate();
            }
        }
    }

    private void Keep(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Streams.Tick();
            using StreamSnapshot snapshot = Streams.BeginSnapshot(_wal.AppendedLsn);
            while (snapshot.MoveNext(new Nowhere()))
            {
            }

            Assert.Equal(StreamStatus.Ok, Streams.DescribeGroup("s"u8, "g"u8, out StreamGroupInfo? info));
            Require(info!.InFlight + info.Waiting <= GroupHarness.Tiny.WindowRecordsMax, "the window is too full");
            Require(info.Position + info.Lag <= Appended + 64, "more is behind than there is");
            stop.WaitHandle.WaitOne(2);
        }
    }

    private void Seek(CancellationToken stop)
    {
        ulong epoch = 0;
        while (!stop.WaitHandle.WaitOne(20))
        {
            ulong to = (ulong)Random.Shared.NextInt64(Appended + 1);
            StreamStatus status = Streams.SeekGroup(
                "s"u8, "g"u8, new StreamPlace(StreamFrom.Offset, to, Clamp: true), Random.Shared.Next(4) == 0, out StreamGroupSought sought);
            Require(status == StreamStatus.Ok && sought.Epoch >= epoch, $"a seek was {status} in epoch {sought.Epoch}");
            epoch = sought.Epoch;
        }

        // So that in the end all were given.
        Assert.Equal(
            StreamStatus.Ok, Streams.SeekGroup("s"u8, "g"u8, new StreamPlace(StreamFrom.Beginning), false, out _));
    }

    private sealed class Nowhere : IRecordSink
    {
        public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload)
        {
        }
    }

    private sealed class Silent : IStorageObserver
    {
        public void Notice(StorageLevel level, string message) => Assert.Fail(message);

        public void Progress(long bytesDone, long bytesTotal, long records)
        {
        }
    }
}
