namespace Nexo.Storage;

/// <summary>
/// Writes a snapshot: a temporary file, which <see cref="Complete"/> makes durable and gives its name. Without that
/// nothing stays. For one thread at a time; a <see cref="DiskException"/> ends it: dispose of it then.
/// </summary>
public sealed class SnapshotWriter : IRecordTarget, IDisposable
{
    // Written pages are sent to the disk in portions: all of them at the end would hold up the log's syncs for long.
    private const long UnsyncedBytesMax = 8 * 1_024 * 1_024;

    private readonly IDisk _disk;
    private readonly SnapshotEncoder _encoder;
    private readonly Lsn _position;
    private readonly long _createdUnixMs;
    private readonly ulong _logId;
    private readonly string _path;
    private readonly string _unfinishedPath;
    private readonly IDiskFile _file;
    private long _written;
    private long _synced;
    private bool _named;
    private bool _disposed;

    /// <param name="position">The records give every change up to this one.</param>
    /// <exception cref="DiskException">The file cannot be made.</exception>
    public SnapshotWriter(IDisk disk, ulong logId, Lsn position, TimeProvider time)
    {
        _disk = disk;
        _logId = logId;
        _position = position;
        _createdUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        _encoder = new SnapshotEncoder(logId, position, _createdUnixMs);
        _path = SnapshotFormat.PathOf(position);
        _unfinishedPath = _path + SnapshotFormat.UnfinishedExtension;
        if (disk.Exists(_unfinishedPath))
        {
            disk.Delete(_unfinishedPath);
        }

        _file = disk.Create(_unfinishedPath);
    }

    /// <summary>Records so far.</summary>
    public long Records => _encoder.Records;

    /// <summary>Bytes so far: those written, and those that wait.</summary>
    public long Bytes => _encoder.Bytes;

    /// <summary>Begins a record, in memory. Call <see cref="WriteFull"/> now and then, outside of any lock.</summary>
    public LogAppend Begin(byte kind, int payloadBytes) => _encoder.Begin(kind, payloadBytes);

    /// <summary>Adds a whole record; writes what has become a full block.</summary>
    public void Append(byte kind, ReadOnlySpan<byte> payload)
    {
        _encoder.Append(kind, payload);
        WriteFull();
    }

    /// <summary>Writes what waits, if it is a block's worth.</summary>
    public void WriteFull()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_encoder.IsFull)
        {
            Write(_encoder.Take());
            if (_written - _synced >= UnsyncedBytesMax)
            {
                _file.Sync();
                _synced = _written;
            }
        }
    }

    /// <summary>Makes it durable under its name, in place of one with the same position.</summary>
    /// <exception cref="DiskException">
    /// It did not come about. If only the last step failed there may be a valid snapshot all the same: no harm.
    /// </exception>
    public SnapshotReport Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Write(_encoder.TakeLast());
        _file.Sync();
        _disk.Rename(_unfinishedPath, _path);
        _named = true;
        _disk.SyncDirectory(SnapshotFormat.Directory);
        return new SnapshotReport(
            _path, _logId, _position, _createdUnixMs, Records, _written, SnapshotFault.None, Offset: 0, Reason: "");
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _file.Dispose();
        if (_named)
        {
            return;
        }

        try
        {
            _disk.Delete(_unfinishedPath);
        }
        catch (DiskException)
        {
            // The next start deletes it.
        }
    }

    private void Write(ReadOnlyMemory<byte> bytes)
    {
        _file.Write(bytes.Span, _written);
        _written += bytes.Length;
    }
}
