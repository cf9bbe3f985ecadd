using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>
/// The file work of all backlogs: opens their logs, reads what is wanted, writes what is pending, and lets go of what is over; on one
/// thread at a time, never under a lock of a shard.
/// </summary>
internal sealed class BacklogKeeper : IDisposable
{
    /// <summary>Where the logs are.</summary>
    public const string Root = "queues";

    /// <summary>Blocks that wait in memory before a log is opened for them, in bytes: a burst that is over soon makes no files.</summary>
    private const int OpenAtBytes = 4 * Backlog.BlockBytes;

    /// <summary>Pending bytes of a log that are written without waiting for more.</summary>
    private const int FlushAtBytes = 256 * 1_024;

    private readonly QueueDisk _disk;
    private readonly long _memoryBytesMax;
    private readonly SegmentCache _cache = new();

    // Order: files, then a shard's, then the list's.
    private readonly Lock _files = new();
    private readonly Lock _gate = new();
    private readonly Queue<Job> _jobs = new();
    private readonly QueueWork _work = new();
    private bool _hasRoot;
    private bool _isRunning;
    private bool _isDisposed;
    private long _pendingBytes;

    public BacklogKeeper(QueueDisk disk, long memoryBytesMax)
    {
        _disk = disk;
        _memoryBytesMax = memoryBytesMax;
    }

    /// <summary>Bytes of all backlogs that wait to be written.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>How many bytes of a priority stay in memory: less when memory is used up.</summary>
    public long WindowBytes(long usedBytes) => usedBytes < _memoryBytesMax
        ? Math.Max(_disk.WindowBytesMin, _memoryBytesMax / _disk.WindowsMin)
        : _disk.WindowBytesMin;

    /// <summary>A backlog for a priority that has none, without files yet. The name is never given twice: an older snapshot may still need another one's files.</summary>
    public static Backlog Create(uint queue, byte priority, ulong firstId) => new($"{Root}/{queue}-{priority}-{firstId}");

    public Backlog Open(string directory, in BacklogState state) =>
        Backlog.Open(_disk.Disk, directory, _disk.LogId, state, _cache);

    /// <summary>A block was closed: it is written when there are enough of them.</summary>
    public void Closed(Queue queue, byte priority, Backlog backlog, int bytes)
    {
        Interlocked.Add(ref _pendingBytes, bytes);
        long pending = backlog.PendingBytes;
        if (backlog.IsOpen ? pending >= FlushAtBytes : pending >= OpenAtBytes)
        {
            Enqueue(new Job(JobKind.Write, queue, priority, backlog));
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
        while (TryDequeue(out Job job))
        {
            try
            {
                Do(job);
            }
            catch (Exception failure) when (failure is DiskException or SegmentDamageException or InvalidDataException)
            {
                Fail(job, failure);
            }

            _work.Run();
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
        lock (_files)
        {
            switch (job.Kind)
            {
                case JobKind.Read:
                    job.Queue.EndRefill(job.Priority, job.Backlog.Read(), _work);
                    break;
                case JobKind.Write:
                    Write(job);
                    break;
                default:
                    Interlocked.Add(ref _pendingBytes, -job.Backlog.PendingBytes);
                    job.Backlog.Dispose();
                    break;
            }
        }
    }

    private void Write(in Job job)
    {
        long before = job.Backlog.PendingBytes;
        EnsureOpen(job);
        job.Backlog.Flush();
        Interlocked.Add(ref _pendingBytes, job.Backlog.PendingBytes - before);
    }

    // Under the lock of the files.
    private void EnsureOpen(in Job job)
    {
        if (job.Backlog.IsOpen)
        {
            return;
        }

        if (!_hasRoot)
        {
            _disk.Disk.CreateDirectory(Root);
            _disk.Disk.SyncDirectory(string.Empty);
            _hasRoot = true;
        }

        SegmentedLog log = Backlog.OpenLog(_disk.Disk, job.Backlog.Directory, _disk.LogId, default, _cache);
        if (!job.Queue.AttachLog(job.Backlog, log))
        {
            log.Dispose();
        }
    }

    // A full disk is tried again with the next block; what was acknowledged is in the write-ahead log meanwhile.
    private void Fail(in Job job, Exception failure)
    {
        bool isFull = failure is DiskException { Error: DiskError.Full };
        _disk.Observer.Notice(
            isFull ? StorageLevel.Warning : StorageLevel.Error,
            $"the backlog {job.Backlog.Directory} of a queue could not be "
            + $"{(job.Kind == JobKind.Read ? "read" : "written")}: {failure.Message}");
        if (!isFull)
        {
            job.Queue.BreakBacklog();
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
