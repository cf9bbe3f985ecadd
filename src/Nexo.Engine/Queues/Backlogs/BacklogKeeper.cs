using System.Globalization;
using Nexo.Engine.Memory;
using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The file work of all backlogs: opens their logs, reads what is wanted, writes what is pending, and lets go of what is over; on one
/// thread at a time, never under a lock of a shard.
/// </summary>
internal sealed partial class BacklogKeeper : IDisposable
{
    /// <summary>Where the logs are.</summary>
    public const string Root = "queues";

    /// <summary>Blocks that wait in memory before a log is opened for them, in bytes: a burst that is over soon makes no files.</summary>
    private const int OpenAtBytes = 4 * Backlog.BlockBytes;

    /// <summary>Pending bytes of a log that are written without waiting for more.</summary>
    private const int FlushAtBytes = 256 * 1_024;

    private const int CopyBytes = 256 * 1_024;
    // Two are kept, and one may be in the making when a backlog ends.
    private const int SnapshotsKept = 3;

    /// <summary>Pending bytes of all backlogs at which all are written, however little each has.</summary>
    private const long PendingBytesMax = 4 * 1_024 * 1_024;
    private const long PendingBytesAtRecoveryMax = 8 * 1_024 * 1_024;

    private readonly QueueDisk _disk;
    private readonly long _memoryBytesMax;
    private readonly MemoryCap _cap;
    private readonly SegmentCache _cache = new();

    // Order: running, files, then a shard's, then the list's.
    private readonly Lock _running = new();
    private readonly Lock _files = new();
    private readonly Lock _gate = new();
    private readonly Queue<Job> _jobs = new();
    private readonly Dictionary<Backlog, Job> _unwritten = [];
    private readonly QueueWork _work = new();
    private bool _hasRoot;
    private bool _isRunning;
    private bool _isDisposed;
    private long _pendingBytes;
    private int _copies;

    // Places of directories: those that are free, and those whose files two more snapshots may still need.
    private readonly Stack<uint> _free = new();
    private List<(uint Place, int Snapshots)> _ended = [];
    private readonly List<uint> _found = [];
    private readonly HashSet<uint> _used = [];
    private uint _places;

    public BacklogKeeper(QueueDisk disk, long memoryBytesMax, MemoryCap cap)
    {
        _cap = cap;
        _disk = disk;
        _memoryBytesMax = memoryBytesMax;
        foreach (string name in disk.Disk.ListDirectories(Root))
        {
            _hasRoot = true;
            if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint place))
            {
                // What is there is never written over: which of it a snapshot needs is seen when that is read.
                _found.Add(place);
                _places = Math.Max(_places, place);
            }
        }
    }

    /// <summary>Bytes of all backlogs that wait to be written.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>The same, counted again.</summary>
    internal long NotedBytes
    {
        get
        {
            lock (_gate)
            {
                return _unwritten.Keys.Sum(backlog => backlog.PendingBytes);
            }
        }
    }

    /// <summary>How many bytes of a priority stay in memory: less when memory is used up.</summary>
    public long WindowBytes(long usedBytes) => usedBytes < _memoryBytesMax && !_cap.IsNear
        ? Math.Max(_disk.WindowBytesMin, _memoryBytesMax / _disk.WindowsMin)
        : _disk.WindowBytesMin;

    /// <summary>A backlog for a priority that has none, without files yet.</summary>
    public Backlog Create()
    {
        lock (_gate)
        {
            return new Backlog(_free.TryPop(out uint place) ? place : ++_places);
        }
    }

    /// <summary>Opens a backlog that a snapshot has kept.</summary>
    /// <exception cref="SegmentDamageException">Its files are not what was written.</exception>
    public Backlog Open(uint place, in BacklogState state)
    {
        _used.Add(place);

        // One that was kept empty may have no directory: nobody else gets its place all the same.
        _places = Math.Max(_places, place);
        return Backlog.Open(_disk.Disk, place, _disk.LogId, state, _cache);
    }

    /// <summary>
    /// The state is there: what else had been on the disk is of queues without a log, or was begun after the snapshot and came again
    /// from the log. An older snapshot may still need it.
    /// </summary>
    public void EndRecovery()
    {
        lock (_gate)
        {
            _ended.AddRange(_found.Except(_used).Select(place => (place, 0)));
            _found.Clear();
            _used.Clear();
        }
    }

    /// <summary>At recovery, when much waits to be written: writes it on this thread.</summary>
    public void KeepUp()
    {
        if (PendingBytes > PendingBytesAtRecoveryMax)
        {
            WriteAll();
            Run();
        }
    }

    /// <summary>A block was closed: it is written when there are enough of them, here or in all backlogs together.</summary>
    public void Closed(Queue queue, byte priority, Backlog backlog)
    {
        Note(queue, priority, backlog);
        if (backlog.PendingBytes >= (backlog.IsOpen ? FlushAtBytes : OpenAtBytes))
        {
            Enqueue(new Job(JobKind.Write, queue, priority, backlog));
        }
        else if (PendingBytes > PendingBytesMax)
        {
            WriteAll();
        }
    }

    /// <summary>What a backlog has still to write may have changed: keeps the sum over all.</summary>
    public void Note(Queue queue, byte priority, Backlog backlog)
    {
        long change = backlog.NotePending(backlog.IsDisposed);
        if (change == 0)
        {
            return;
        }

        Interlocked.Add(ref _pendingBytes, change);
        lock (_gate)
        {
            if (backlog.PendingBytes > 0)
            {
                _unwritten[backlog] = new Job(JobKind.Write, queue, priority, backlog);
            }
            else
            {
                _unwritten.Remove(backlog);
            }
        }
    }

    /// <summary>As the other one, when it can only have become less.</summary>
    private void NoteLess(Backlog backlog)
    {
        Interlocked.Add(ref _pendingBytes, backlog.NotePending(backlog.IsDisposed));
        lock (_gate)
        {
            if (backlog.PendingBytes == 0)
            {
                _unwritten.Remove(backlog);
            }
        }
    }

    private void WriteAll()
    {
        Job[] jobs;
        lock (_gate)
        {
            jobs = [.. _unwritten.Values];
            _unwritten.Clear();
        }

        foreach (Job job in jobs)
        {
            Enqueue(job);
        }
    }

    /// <summary>The reading of a backlog was begun.</summary>
    public void WantRead(Queue queue, byte priority, Backlog backlog) =>
        Enqueue(new Job(JobKind.Read, queue, priority, backlog));

    /// <summary>A backlog is not needed any more.</summary>
    public void WantEnd(Queue queue, byte priority, Backlog backlog) =>
        Enqueue(new Job(JobKind.End, queue, priority, backlog));

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _jobs.Clear();
        }
    }

    private void Enqueue(in Job job)
    {
        lock (_gate)
        {
            if (_isDisposed || (job.Kind == JobKind.Write && _jobs.Contains(job)))
            {
                return;
            }

            _jobs.Enqueue(job);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _disk.Schedule(Run);
    }

    private void Run()
    {
        // At recovery two may come at once.
        lock (_running)
        {
            while (TryDequeue(out Job job))
            {
                try
                {
                    Do(job);
                }
                catch (Exception failure)
                {
                    // Whatever it was: the backlogs of other queues go on.
                    Fail(job, failure);
                }

                _work.Run();
            }
        }
    }

    private bool TryDequeue(out Job job)
    {
        lock (_gate)
        {
            _isRunning = _jobs.TryDequeue(out job);
            return _isRunning;
        }
    }

    private void Do(in Job job)
    {
        switch (job.Kind)
        {
            case JobKind.Read:
                Read(job);
                break;
            case JobKind.Write:
                Write(job);
                break;
            default:
                End(job);
                break;
        }
    }

    private void Read(in Job job)
    {
        ReadOnlyMemory<byte> batches;
        lock (_files)
        {
            batches = job.Backlog.IsDisposed ? default : job.Backlog.Read();
        }

        job.Queue.EndRefill(job.Priority, batches, _work);
        if (job.Queue.Options.Durability == QueueDurability.Memory)
        {
            // No snapshot needs what was read.
            Trim(job.Backlog, job.Backlog.ReadOffset);
        }
    }

    private void Write(in Job job)
    {
        lock (_files)
        {
            if (!job.Backlog.IsDisposed)
            {
                try
                {
                    EnsureOpen(job.Queue, job.Backlog);
                    job.Backlog.Flush();
                }
                finally
                {
                    // On a full disk some of it may have been written.
                    Note(job.Queue, job.Priority, job.Backlog);
                }
            }
        }
    }

    private void End(in Job job)
    {
        lock (_files)
        {
            job.Backlog.Dispose();
            Note(job.Queue, job.Priority, job.Backlog);
        }

        lock (_gate)
        {
            _ended.Add((job.Backlog.Place, 0));
        }
    }

    // Under the lock of the files.
    private void EnsureOpen(Queue queue, Backlog backlog)
    {
        if (backlog.IsOpen)
        {
            return;
        }

        if (!_hasRoot)
        {
            _disk.Disk.CreateDirectory(Root);
            _disk.Disk.SyncDirectory(string.Empty);
            _hasRoot = true;
        }

        SegmentedLog log = Backlog.OpenLog(_disk.Disk, backlog.Place, _disk.LogId, default, _cache);
        if (!queue.AttachLog(backlog, log))
        {
            log.Dispose();
        }
    }

    // A full disk is tried again with the next block; what was acknowledged is in the write-ahead log meanwhile.
    private void Fail(in Job job, Exception failure)
    {
        bool isFull = failure is DiskException { Error: DiskError.Full };
        Tell(
            isFull ? StorageLevel.Warning : StorageLevel.Error,
            job.Backlog.Place,
            job.Kind == JobKind.Read ? "read" : "written",
            failure);
        if (!isFull || job.Kind == JobKind.Read)
        {
            job.Queue.BreakBacklog(job.Kind == JobKind.Read);
        }
    }

    private enum JobKind
    {
        Read,
        Write,
        End,
    }

    private readonly record struct Job(JobKind Kind, Queue Queue, byte Priority, Backlog Backlog);
}
