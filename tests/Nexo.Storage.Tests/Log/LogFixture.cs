using Xunit;

namespace Nexo.Storage.Tests.Log;

/// <summary>
/// A log on a simulated disk without a thread, and the list of what should be in it: everything happens when it is
/// asked for.
/// </summary>
internal sealed class LogFixture : IDisposable
{
    public const ulong LogId = 0x1122334455667788;

    public static readonly WalOptions Small = new()
    {
        Manual = true,
        SegmentBytes = 8_192,
        FirstSegmentBytes = 4_096,
        WriteBytes = 1_000,
        UnsyncedBytesMax = 6_000,
        CommitBytesMax = 3_000,
    };

    private readonly int _salt;

    public LogFixture(SimulatedDisk? disk = null, WalOptions? options = null, int salt = 0)
    {
        Disk = disk ?? new SimulatedDisk();
        Options = options ?? Small;
        _salt = salt;
    }

    public SimulatedDisk Disk { get; private set; }

    public WalOptions Options { get; set; }

    public ManualTime Time { get; } = new();

    public Notices Notices { get; } = new();

    /// <summary>What was appended, from position 1.</summary>
    public List<(byte Kind, byte[] Payload)> Model { get; } = [];

    public WalTail Tail { get; private set; } = WalTail.BeginAt(new Lsn(1));

    public Wal Wal { get; private set; } = null!;

    /// <summary>Reads the log of a disk.</summary>
    public static RecordList Read(IDisk disk, out WalTail tail, ulong from = 1, IStorageObserver? observer = null)
    {
        var list = new RecordList();
        tail = WalReader.Read(disk, LogId, new Lsn(from), list, observer ?? new Notices());
        Assert.Equal(tail.NextLsn.Value - (ulong)list.Count, list.Count == 0 ? tail.NextLsn.Value : list.First.Value);
        return list;
    }

    /// <summary>Reads and opens, from the first record on or from that behind a snapshot.</summary>
    public LogFixture Open(ulong from = 1)
    {
        RecordList list = Read(Disk, out WalTail tail, from, Notices);
        RequirePrefix(list, from, "after opening");
        Model.RemoveRange((int)(tail.NextLsn.Value - 1), Model.Count - (int)(tail.NextLsn.Value - 1));
        Tail = tail;
        Wal = Wal.Open(Disk, LogId, tail, Options, Time, Notices);
        return this;
    }

    /// <summary>Goes on with what a crash left.</summary>
    public LogFixture Reopen(SimulatedDisk disk, ulong from = 1)
    {
        Wal.Dispose();
        Disk = disk;
        return Open(from);
    }

    public Lsn Append(int bytes, byte kind = 16)
    {
        byte[] payload = new byte[bytes];
        new Random(HashCode.Combine(_salt, Model.Count, bytes, Tail.Epoch)).NextBytes(payload);
        using LogAppend append = Wal.Begin(kind, bytes);
        payload.CopyTo(append.Payload);
        Model.Add((kind, payload));
        Assert.Equal((ulong)Model.Count, append.Lsn.Value);
        return append.Lsn;
    }

    /// <summary>Makes everything durable.</summary>
    public void Flush()
    {
        Task task = Wal.FlushAsync().AsTask();
        Rounds();
        Assert.True(task.IsCompletedSuccessfully);
    }

    public void Rounds()
    {
        while (Wal.RunRound())
        {
        }
    }

    public void Close() => Assert.True(Wal.CloseAsync().IsCompletedSuccessfully);

    /// <summary>What was read is what was appended, from the first to some last one.</summary>
    public void RequirePrefix(RecordList list, ulong from, string when)
    {
        for (int i = 0; i < list.Count; i++)
        {
            (byte kind, byte[] payload) = Model[(int)from - 1 + i];
            if (list.Records[i].Kind != kind || !list.Records[i].Payload.AsSpan().SequenceEqual(payload))
            {
                Assert.Fail($"{when}: record {(int)from + i} is not what was appended");
            }
        }
    }

    public void Dispose() => Wal?.Dispose();
}
