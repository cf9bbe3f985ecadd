using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>The streams and their log: recovery, snapshots, and what happens by itself.</content>
public sealed partial class StreamService
{
    private volatile bool _recovering;
    private long _caredAtMs;

    /// <summary>
    /// Begins to rebuild the state of an earlier run, without streams yet. Until <see cref="StreamRecovery.Complete"/> has been called no
    /// command may be given, and <see cref="Tick"/> does nothing.
    /// </summary>
    /// <param name="disk">Where the records are.</param>
    public StreamRecovery BeginRecovery(StreamDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (_recovering || Count != 0 || _context.Log is not null)
        {
            throw new InvalidOperationException("Only without streams and without a log can a state be recovered, and only once.");
        }

        _recovering = true;
        _context.Files = new StreamFiles(disk, Limits.Tuning, hasSnapshots: true);
        return new StreamRecovery(this, _context);
    }

    /// <summary>
    /// Begins a snapshot for a position of the log: that of a record that had been appended before this call. Commands go on.
    /// </summary>
    /// <param name="isWhole">
    /// True for a backup: what is on disk is copied too. Else the files there are part of the snapshot: call <see cref="OnSnapshotKept"/>
    /// once it is durable.
    /// </param>
    public StreamSnapshot BeginSnapshot(Lsn position, bool isWhole = false)
    {
        lock (_wideGate)
        {
            return new StreamSnapshot(_context, position, _lastNumber, [.. _names.All], isWhole);
        }
    }

    /// <summary>
    /// The last snapshot that was begun is durable, and of all others only one is kept: files that neither needs are let go of, and what
    /// both have in files may be compacted. File work.
    /// </summary>
    /// <param name="older">The position of that one.</param>
    public void OnSnapshotKept(Lsn older)
    {
        _context.Files.OnSnapshotKept();
        foreach (StreamLog stream in _names.All)
        {
            stream.OnSnapshotKept(older);
        }
    }

    /// <summary>Compacts a stream at once, whole, however little there is to do.</summary>
    internal bool Compact(ReadOnlySpan<byte> name) => _names.TryFind(name, out StreamLog? stream) && _context.Compactor.Run(stream!);

    /// <summary>
    /// Sees to it that what is due is done beside: retention, files that nobody uses, and what groups time. Cheap; to be called
    /// every ten milliseconds or so.
    /// </summary>
    public void Tick()
    {
        long nowMs = _context.Clock.NowMs;
        if (!_recovering && Volatile.Read(ref _disposed) == 0 && nowMs - _caredAtMs >= Limits.Tuning.CareMs)
        {
            _caredAtMs = nowMs;
            _context.Files.Care(nowMs);
        }

        if (!_recovering && Volatile.Read(ref _disposed) == 0)
        {
            _context.GroupTimers.Tick(nowMs);
            _context.Compactor.Tick(nowMs);
        }
    }

    /// <summary>Numbers up to this one were given out.</summary>
    internal void RaiseNumber(uint number) => _lastNumber = Math.Max(_lastNumber, number);

    /// <summary>
    /// A stream that a record defines and that is not there. One of the same name goes if it is older; if it is younger, it comes from a
    /// snapshot and the log will say that the defined one was deleted: then there is no answer.
    /// </summary>
    internal StreamLog? ApplyDefined(in StreamDefinedRecord record, Dictionary<uint, StreamLog> streams)
    {
        RaiseNumber(record.Stream);
        if (_names.TryFind(record.Name, out StreamLog? other))
        {
            if (other.Number > record.Stream)
            {
                return null;
            }

            streams.Remove(other.Number);
            ApplyDeleted(other);
        }

        _context.Files.UsePlace(record.Place);
        var stream = new StreamLog(_context, record.Name.ToArray(), record.Stream, record.Place, record.Options);
        _count++;
        _names.Add(stream.Name, stream);
        streams.Add(record.Stream, stream);
        return stream;
    }

    internal void ApplyDeleted(StreamLog stream)
    {
        stream.ApplyDeleted();
        stream.Groups?.End();
        _names.Remove(stream.Name, stream);
        _count--;
    }

    /// <summary>The state is there: commands are logged from now on.</summary>
    internal void EndRecovery(IDurableLog? log)
    {
        _context.Log = log;
        _context.Visibility = log is null ? null : new DurableNotices<StreamLog>(log);
        _context.Files.EndRecovery();
        foreach (StreamLog stream in _names.All)
        {
            if (!stream.IsOpen)
            {
                stream.NoteAging();
            }
        }

        _recovering = false;
    }
}
