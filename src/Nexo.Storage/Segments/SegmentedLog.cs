using System.Diagnostics;

namespace Nexo.Storage;

/// <summary>
/// A sequence of record batches in segment files, for what streams and queue backlogs keep: written lazily, made
/// durable by <see cref="Checkpoint"/>, given up from the front by whole segments. It is not what acknowledges a
/// write: everything in it behind the last checkpoint comes from the write-ahead log, and comes again from there after
/// a crash. Offsets are contiguous, from the first to the last.
/// </summary>
/// <remarks>
/// <see cref="Append"/> copies into memory and does no I/O; <see cref="Flush"/> writes. Appends come from one thread
/// at a time, everything else from any. Readers see what is in memory as well as what is in files, up to the ceiling
/// that they give: the owner's, who knows what the write-ahead log has made durable.
/// </remarks>
public sealed partial class SegmentedLog : IDisposable
{
    private readonly IDisk _disk;
    private readonly string _directory;
    private readonly ulong _logId;
    private SegmentedLogOptions _options;
    private readonly SegmentCache _cache;

    // Order: checkpointing, writing, gate, the cache's. I/O goes on under the first two, never under the gate.
    private readonly Lock _checkpointing = new();
    private readonly Lock _writing = new();
    private readonly Lock _gate = new();

    // Of the gate. The array is never changed, but replaced.
    private readonly List<PendingBuffer> _pending = [];
    private BatchSegment[] _segments = [];
    private SegmentedLogCheckpoint _checkpoint;
    private long _pendingBytes;
    private long _bytesBefore;
    private long _saved;
    private long _trimmedBefore;
    private long _nextOffset;
    private long _maxTimestamp;
    private long _writtenOffset;
    private long _writtenMaxTimestamp;
    private int _version;
    private bool _disposed;
    private DiskException? _failure;

    // Of those who write.
    private readonly List<BatchSegment> _leaving = [];
    private readonly List<string> _spares = [];
    private readonly List<string> _firsts = [];
    private bool _namesChanged;
    private bool _hasNoDirectory;

    private SegmentedLog(
        IDisk disk, string directory, ulong logId, SegmentedLogOptions options, SegmentCache cache)
    {
        _disk = disk;
        _directory = directory;
        _logId = logId;
        _options = options;
        _cache = cache;
    }

    /// <summary>The first offset that is there; <see cref="NextOffset"/> if none is.</summary>
    public long FirstOffset
    {
        get
        {
            lock (_gate)
            {
                return First;
            }
        }
    }

    /// <summary>The offset of the next record.</summary>
    public long NextOffset
    {
        get
        {
            lock (_gate)
            {
                return _nextOffset;
            }
        }
    }

    /// <summary>
    /// Unix ms: the highest time of all records that were ever here; the lowest number if there were none.
    /// </summary>
    public long MaxTimestamp
    {
        get
        {
            lock (_gate)
            {
                return _maxTimestamp;
            }
        }
    }

    /// <summary>Bytes of batches that wait in memory to be written.</summary>
    public long PendingBytes
    {
        get
        {
            lock (_gate)
            {
                return _pendingBytes;
            }
        }
    }

    /// <summary>Bytes in files and in memory: batches and segment headers, not the indexes and spare files.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _pendingBytes + (_segments is [.., var last] ? End(last) - _bytesBefore - _saved : 0);
            }
        }
    }

    /// <summary>Bytes that the segments have less than what was written first, since they were written anew.</summary>
    public long SavedBytes
    {
        get
        {
            lock (_gate)
            {
                return _saved;
            }
        }
    }

    /// <summary>Segment files, without spare ones.</summary>
    public int Segments
    {
        get
        {
            lock (_gate)
            {
                return _segments.Length;
            }
        }
    }

    /// <summary>
    /// What made writing or syncing fail for good: no checkpoint is made any more. Reads go on. A full disk is not such
    /// a failure when it refuses a write; when it makes a sync fail, it is.
    /// </summary>
    public DiskException? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    private long WrittenOffset
    {
        get
        {
            lock (_gate)
            {
                return _writtenOffset;
            }
        }
    }

    private long First => Math.Min(_trimmedBefore, _nextOffset);

    /// <summary>Other sizes from now on, also for the segment that is written to.</summary>
    public void Change(SegmentedLogOptions options) => Volatile.Write(ref _options, options);

    /// <summary>Lets go of files and memory. What was not written is forgotten, as by a crash.</summary>
    public void Dispose()
    {
        lock (_checkpointing)
        {
            lock (_writing)
            {
                lock (_gate)
                {
                    _disposed = true;
                    foreach (PendingBuffer buffer in _pending)
                    {
                        buffer.Free();
                    }

                    _pending.Clear();
                    _pendingBytes = 0;
                    Array.ForEach(_segments, _cache.Forget);
                    _leaving.ForEach(_cache.Forget);
                    _segments = [];
                }
            }
        }
    }

    // Of the last segment: bytes of all that ever were, up to its end. What was saved since is not taken off.
    private static long End(BatchSegment segment) => segment.Header is { } header
        ? header.BytesBefore + segment.DataEnd
        : throw new UnreachableException("the header of the last segment has been read");

    private string PathOf(string name) => $"{_directory}/{name}";

    // Under the gate.
    private void RequireUsable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_failure is { } failure)
        {
            throw new DiskException(failure.Error, failure.Operation, failure.Path, failure);
        }
    }

    // Remembers a failure after which nothing may be called durable any more.
    private void Fail(DiskException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
        }
    }

    private void Pin(BatchSegment segment) => segment.Pins++;

    private void Unpin(BatchSegment segment)
    {
        lock (_gate)
        {
            segment.Pins--;
        }
    }
}
