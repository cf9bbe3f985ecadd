using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>File work, called by the one thread that does it: writes, lets go of what is old, closes what nobody uses.</content>
internal sealed partial class StreamLog
{
    private int _isWriting;
    private long _notedPending;
    private Lsn _trimmedAt;
    private bool _hasToTrim;
    private long _lookAtMs;
    private bool _isFull;
    private bool _isFailureTold;

    /// <summary>Of the last checkpoint: the disk had no room for all of it, so snapshots hold the rest.</summary>
    private bool _isBehind;
    private Action<SegmentedLog>? _flush;

    /// <summary>False: it is to be written already.</summary>
    public bool TryBeginWrite() => Interlocked.Exchange(ref _isWriting, 1) == 0;

    /// <summary>Writes what is pending, without a sync.</summary>
    public void WritePending()
    {
        Volatile.Write(ref _isWriting, 0);
        WithLog("written", _flush ??= Flush);
    }

    /// <summary>What happens by itself: retention, files that are over, and the end of what nobody uses.</summary>
    public void LookAfter()
    {
        if (_isFull)
        {
            WritePending();
        }

        if (Options.Compaction)
        {
            WithLog("rolled", RollToCompact);
            LookForCompaction();
        }

        if (WantsRetention)
        {
            OpenToLook();
            WithLog("trimmed", Retain);
        }

        long before = FileTrimOffset();
        if (before > 0 && !_context.Files.AreCopied)
        {
            WithLog("trimmed", log => TrimFiles(log, before));
        }

        if (IsIdle())
        {
            WithLog("closed", Close);
        }
    }

    /// <summary>Whether a snapshot needs its files to be made durable.</summary>
    public bool WantsCheckpoint
    {
        get
        {
            lock (_gate)
            {
                return Options.Durability != StreamDurability.Memory
                    && _log is { } log
                    && !IsClosed
                    && log.NextOffset != _checkpoint.NextOffset;
            }
        }
    }

    /// <summary>
    /// Makes everything durable in its own files, for a snapshot. If they have failed for good, it stops alone: nothing is appended any
    /// more, what the files hold not durably goes into the snapshots, and those of the other streams go on. So it is with what the disk has
    /// no room for: without snapshots nothing would make room.
    /// </summary>
    /// <exception cref="DiskException">It is not durable now, and may be later.</exception>
    public void Checkpoint()
    {
        SegmentedLog? log;
        lock (_gate)
        {
            log = _log;
            if (log is null || IsClosed)
            {
                return;
            }

            _users++;
        }

        try
        {
            // Not in the line of the other file work: what is appended during the sync is written meanwhile.
            _context.Files.EnsureRoot();
            bool isWhole = TryCheckpoint(log, onlyWritten: false);
            if (!isWhole)
            {
                TryCheckpoint(log, onlyWritten: true);
            }

            lock (_gate)
            {
                _isBehind = !isWhole;
            }
        }
        catch (ObjectDisposedException)
        {
            // Deleted meanwhile: nothing is to be kept of it.
        }
        catch (DiskException failure) when (log.Failure is not null)
        {
            if (!_isFailureTold)
            {
                _isFailureTold = true;
                const string What = "made durable; it takes no more records until the server is started anew";
                _context.Files.Tell(StorageLevel.Error, Directory, What, failure);
            }
        }
        finally
        {
            EndUse();
            NotePending();
        }
    }

    // False: the disk has no room for it.
    private bool TryCheckpoint(SegmentedLog log, bool onlyWritten)
    {
        try
        {
            SegmentedLogCheckpoint checkpoint = log.Checkpoint(onlyWritten);
            lock (_gate)
            {
                _checkpoint = checkpoint.NextOffset > _checkpoint.NextOffset ? checkpoint : _checkpoint;
            }

            return true;
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full && log.Failure is null)
        {
            return false;
        }
    }

    private void Flush(SegmentedLog log)
    {
        log.Flush();
        Volatile.Write(ref _isFull, false);
    }

    private void WithLog(string what, Action<SegmentedLog> work)
    {
        SegmentedLog? log;
        lock (_gate)
        {
            log = _log;
            if (log is null || IsClosed)
            {
                return;
            }
        }

        try
        {
            _context.Files.Do(() => work(log));
        }
        catch (ObjectDisposedException)
        {
            // Deleted meanwhile.
        }
        catch (DiskException failure) when (failure.Error == DiskError.Full)
        {
            // What was acknowledged is in the write-ahead log, and tried again; no more is taken.
            if (!_isFull)
            {
                Volatile.Write(ref _isFull, true);
                _context.Files.Tell(StorageLevel.Warning, Directory, what, failure);
            }
        }
        catch (IOException failure)
        {
            Tell(what, failure);
        }

        NotePending();
    }

    /// <summary>Its files are not open: sees to it that old records go all the same. Under the gate, or while nobody else has it.</summary>
    public void NoteAging()
    {
        long age = Options.AgeMs / Limits.Tuning.SegmentsWanted;
        _lookAtMs = _context.Clock.NowMs + Math.Max(age, Limits.Tuning.CareMs);
        _context.Files.Closed(this, !IsClosed && Options.AgeMs > 0 && _first < _next ? _lookAtMs : null);
    }

    private void OpenToLook()
    {
        lock (_gate)
        {
            if (_log is null && !IsClosed && _context.Clock.NowMs >= _lookAtMs)
            {
                TryOpen();
            }
        }
    }

    // What waits to be written may have changed.
    private void NotePending()
    {
        lock (_gate)
        {
            NotePendingUnderLock();
        }
    }

    private void NotePendingUnderLock()
    {
        long pending = _log?.PendingBytes ?? 0;
        long change = pending - _notedPending;
        _notedPending = pending;
        _context.Files.Note(this, pending, change);
    }

    private bool IsIdle()
    {
        lock (_gate)
        {
            if (_isUsed)
            {
                _isUsed = false;
                _usedAtMs = _context.Clock.NowMs;
            }

            return _log is not null
                && _users == 0
                && _waiting is not { Count: > 0 }
                && !_isLoadingKeys
                && _context.Clock.NowMs - _usedAtMs >= Limits.Tuning.IdleMs;
        }
    }

    // What was appended since the checkpoint is made durable, then nothing of the log is needed in memory.
    private void Close(SegmentedLog log)
    {
        SegmentedLogCheckpoint checkpoint = log.Checkpoint();
        lock (_gate)
        {
            (_checkpoint, _isBehind) = (checkpoint, false);
            AdvanceVisible();
            if (_users > 0 || _log != log || log.NextOffset != checkpoint.NextOffset || _undurable is { Count: > 0 })
            {
                return;
            }

            CloseFiles();
        }

        log.Dispose();
    }

    // Under the gate.
    private void CloseFiles()
    {
        _closedBytes = _log?.Bytes ?? _closedBytes;
        Volatile.Write(ref _log, null);
        _context.Files.Note(this, 0, -_notedPending);
        _notedPending = 0;
        NoteAging();
        _keys?.Dispose();
        _keys = null;
        _ends = null;
        _undurable = null;
    }

    private void TrimFiles(SegmentedLog log, long before)
    {
        log.TrimBefore(before);
        lock (_gate)
        {
            _hasToTrim &= _first > before;
        }
    }

    private long FileTrimOffset()
    {
        lock (_gate)
        {
            return _hasToTrim && (Log is not { } log || _trimmedAt <= log.DurableLsn) ? _first : 0;
        }
    }
}
