using System.Globalization;
using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <summary>
/// The file work of all streams: writes what is pending, lets go of what is over, closes what nobody uses; on one thread at a time.
/// </summary>
internal sealed partial class StreamFiles : IDisposable
{
    /// <summary>Where the logs are.</summary>
    public const string Root = "streams";

    /// <summary>Tells the files of one stream from those of another that had its place.</summary>
    private const ulong NumberFactor = 0x9E37_79B9_7F4A_7C15;

    // Two are kept, and one may be in the making when a stream ends.
    private const int SnapshotsKept = 3;

    // How often streams are looked after while memory is short.
    private const long CareWhenFullMs = 20;

    private readonly StreamDisk _disk;
    private readonly StreamTuning _tuning;
    private readonly bool _hasSnapshots;
    private readonly long _memoryBytes;
    private readonly SegmentCache _cache = new();

    // Order: running, files, then a stream's, then the list's.
    private readonly Lock _running = new();
    private readonly Lock _files = new();
    private readonly Lock _gate = new();

    // Taken before those of a segmented log, under no other.
    private readonly Lock _copying = new();
    private readonly Queue<StreamLog> _toWrite = new();
    private readonly HashSet<StreamLog> _open = [];

    // Closed, and to be opened now and then, since what is in them grows old: when each is to be looked at.
    private readonly Dictionary<StreamLog, long> _aging = [];
    private bool _hasRoot;
    private bool _isRunning;
    private bool _isDisposed;
    private bool _isCareDue;
    private long _caredAtMs;
    private bool _isAllDue;
    private long _pendingBytes;
    private int _copies;

    // Places of directories: those that are free, and those whose files two more snapshots may still need.
    private readonly Stack<uint> _free = new();
    private List<(uint Place, int Snapshots)> _ended = [];
    private readonly HashSet<uint> _found = [];
    private uint _places;

    /// <param name="disk">Where they are.</param>
    /// <param name="tuning">When to write.</param>
    /// <param name="hasSnapshots">False: nobody needs files of streams that are gone.</param>
    public StreamFiles(StreamDisk disk, StreamTuning tuning, bool hasSnapshots)
    {
        _disk = disk;
        _tuning = tuning;
        _hasSnapshots = hasSnapshots;
        _memoryBytes = hasSnapshots ? 0 : disk.Disk.FreeBytes;
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

    /// <summary>Bytes of all streams that wait to be written.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>A backup is being made: nothing that it may still copy is let go of.</summary>
    public bool AreCopied => Volatile.Read(ref _copies) > 0;

    /// <summary>Whether the disk has room for a file of this size beside all else.</summary>
    public bool HasRoomFor(long bytes) => _disk.Disk.FreeBytes / 2 > bytes;

    public static ulong LogIdOf(ulong logId, uint stream) => logId + (stream * NumberFactor);

    public static string DirectoryOf(uint place) => $"{Root}/{place:D8}";

    /// <summary>A directory for a new stream.</summary>
    public uint TakePlace()
    {
        lock (_gate)
        {
            return _free.TryPop(out uint place) ? place : ++_places;
        }
    }

    /// <summary>At recovery: a stream has this directory.</summary>
    public void UsePlace(uint place)
    {
        lock (_gate)
        {
            _found.Remove(place);
            _places = Math.Max(_places, place);
        }
    }

    /// <summary>
    /// The state is there: what else had been on the disk is of streams that are gone, or were begun after the snapshot and came again from
    /// the log. An older snapshot may still need it.
    /// </summary>
    public void EndRecovery()
    {
        lock (_gate)
        {
            _ended.AddRange(_found.Select(place => (place, 0)));
            _found.Clear();
        }
    }

    /// <exception cref="IOException">Its files cannot be read, or are not what was written.</exception>
    public SegmentedLog Open(StreamLog stream, in SegmentedLogCheckpoint checkpoint, SegmentedLogOptions options)
    {
        ulong logId = LogIdOf(_disk.LogId, stream.Number);
        return SegmentedLog.Open(_disk.Disk, stream.Directory, logId, checkpoint, options, _cache);
    }

    /// <summary>A stream has opened its files. Under its lock.</summary>
    public void Opened(StreamLog stream)
    {
        lock (_gate)
        {
            _open.Add(stream);
            _aging.Remove(stream);
        }
    }

    /// <summary>A stream has closed them, or has none open. Under its lock.</summary>
    /// <param name="lookAtMs">When it is to be looked after all the same; null: it is not.</param>
    public void Closed(StreamLog stream, long? lookAtMs)
    {
        lock (_gate)
        {
            _open.Remove(stream);
            if (lookAtMs is { } dueMs)
            {
                _aging[stream] = dueMs;
            }
            else
            {
                _aging.Remove(stream);
            }
        }
    }

    /// <summary>Something was appended: it is written when there is enough of it, here or in all streams. Under its lock.</summary>
    public void Note(StreamLog stream, long pendingBytes, long change)
    {
        long all = Interlocked.Add(ref _pendingBytes, change);
        if (change <= 0)
        {
            return;
        }

        if (pendingBytes >= _tuning.FlushAtBytes)
        {
            Write(stream);
        }
        else if (all > _tuning.PendingBytesMax)
        {
            WriteAll();
        }
    }

    /// <summary>Has something done beside.</summary>
    public void Schedule(Action work) => _disk.Schedule(work);

    /// <summary>Has the streams that are open looked after, and those that are due.</summary>
    public void Care(long nowMs)
    {
        lock (_gate)
        {
            _isCareDue = true;
            _caredAtMs = nowMs;
            if (_isDisposed || _isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _disk.Schedule(Run);
    }

    /// <summary>At recovery, when much waits to be written: writes it on this thread.</summary>
    public void KeepUp()
    {
        if (PendingBytes > 2 * _tuning.PendingBytesMax)
        {
            WriteAll();
            Run();
        }
    }

    /// <summary>Does file work of a stream, which nobody else does meanwhile.</summary>
    public void Do(Action work)
    {
        lock (_files)
        {
            MakeRoot();
            work();
        }
    }

    /// <summary>Makes the directory of all streams, if it is not there.</summary>
    public void EnsureRoot()
    {
        lock (_files)
        {
            MakeRoot();
        }
    }

    /// <summary>A stream is gone.</summary>
    public void End(uint place)
    {
        lock (_files)
        {
            if (!_hasSnapshots && TryDeleteFiles(place))
            {
                lock (_gate)
                {
                    _free.Push(place);
                }

                return;
            }
        }

        lock (_gate)
        {
            _ended.Add((place, 0));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _toWrite.Clear();
        }
    }

    public void Tell(StorageLevel level, string directory, string what, Exception failure) =>
        _disk.Observer.Notice(level, $"the stream in {directory} could not be {what}: {failure.Message}");

    private void Write(StreamLog stream)
    {
        if (!stream.TryBeginWrite())
        {
            return;
        }

        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _toWrite.Enqueue(stream);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _disk.Schedule(Run);
    }

    private void WriteAll()
    {
        StreamLog[] all;
        lock (_gate)
        {
            if (_isAllDue)
            {
                return;
            }

            _isAllDue = true;
            all = [.. _open];
        }

        Array.ForEach(all, Write);
    }

    private void Run()
    {
        // At recovery two may come at once.
        lock (_running)
        {
            while (TryNext(out StreamLog? stream, out StreamLog[] cared))
            {
                stream?.WritePending();
                foreach (StreamLog one in cared)
                {
                    one.LookAfter();
                    WriteDue();
                }
            }
        }
    }

    // Thousands that nobody uses any more, each with a sync, are not to hold up those who append.
    private void WriteDue()
    {
        StreamLog[] due;
        lock (_gate)
        {
            due = [.. _toWrite];
            _toWrite.Clear();
            _isAllDue = false;
        }

        Array.ForEach(due, stream => stream.WritePending());
    }

    private bool TryNext(out StreamLog? stream, out StreamLog[] cared)
    {
        lock (_gate)
        {
            cared = [];
            _isAllDue &= _toWrite.Count > 0;
            if (!_toWrite.TryDequeue(out stream) && _isCareDue && !_isDisposed)
            {
                _isCareDue = false;
                cared = [.. _open, .. Due()];
                return true;
            }

            _isRunning = stream is not null;
            return _isRunning;
        }
    }

    // Under the gate: over the table alone, since there may be many.
    private List<StreamLog> Due()
    {
        var due = new List<StreamLog>();
        foreach ((StreamLog stream, long lookAtMs) in _aging)
        {
            if (lookAtMs <= _caredAtMs)
            {
                due.Add(stream);
            }
        }

        return due;
    }

    // Under the lock of the files.
    private void MakeRoot()
    {
        if (!_hasRoot)
        {
            _disk.Disk.CreateDirectory(Root);
            _disk.Disk.SyncDirectory(string.Empty);
            _hasRoot = true;
        }
    }
}
