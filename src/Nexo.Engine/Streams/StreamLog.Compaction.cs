using Nexo.Storage;

namespace Nexo.Engine.Streams;

/// <content>
/// Compaction by key: which segments may be written anew, and how that is put in place. Only what lies before the checkpoint of the older
/// of the two snapshots that are kept is removed, and only for a later record that lies there too: so no recovery ever asks for what is
/// gone, or finds it gone without what it was removed for.
/// </content>
internal sealed partial class StreamLog
{
    private const long TryAgainMs = 60_000;

    // Of the snapshots that were begun, and may be among those that are kept. Null: it was never compacted.
    private List<(Lsn Position, long SegmentBase)>? _taken;
    private long _compactableTo;
    private long _compactedTo;
    private long _tombstonesDueMs = long.MaxValue;
    private bool _isReplacing;
    private bool _hasGaps;
    private long _savedBytes;
    private long _compacted;
    private long _compactedAtMs;
    private bool _isCompactionTold;

    /// <summary>Two snapshots are kept: the last one that was begun, and this one.</summary>
    public void OnSnapshotKept(Lsn older)
    {
        lock (_gate)
        {
            if (_taken is not { } taken)
            {
                return;
            }

            int at = taken.FindIndex(one => one.Position == older);
            _compactableTo = at < 0 ? 0 : taken[at].SegmentBase;
            taken.RemoveAll(one => one.Position < older);
        }

        LookForCompaction();
    }

    /// <summary>Has it compacted if there may be something to do.</summary>
    public void LookForCompaction()
    {
        bool isWanted;
        lock (_gate)
        {
            long to = Log is null ? _log?.LastSegmentBase ?? 0 : _compactableTo;
            isWanted = Options.Compaction && !IsClosed && (to > _compactedTo || _context.AgeNowMs >= _tombstonesDueMs);
        }

        if (isWanted)
        {
            _context.Compactor.Want(this);
        }
    }

    /// <summary>Begins a pass; null: there is nothing to do, or nothing can be done now.</summary>
    /// <param name="isForced">However little it is.</param>
    public StreamCompaction? TryBeginCompaction(bool isForced)
    {
        SegmentedLog? log;
        long to;
        lock (_gate)
        {
            if (!Options.Compaction || IsClosed || HasFailed || _context.Files.AreCopied || BeginUse(out log) != StreamStatus.Ok)
            {
                return null;
            }

            to = Log is null ? log!.LastSegmentBase : _compactableTo;
        }

        StreamCompaction? pass = null;
        try
        {
            pass = TryBeginCompaction(log!, to, isForced);
        }
        catch (ObjectDisposedException)
        {
            // Deleted meanwhile.
        }
        catch (IOException failure)
        {
            Tell("compacted", failure);
        }
        finally
        {
            if (pass is null)
            {
                EndUse();
            }
        }

        return pass;
    }

    private StreamCompaction? TryBeginCompaction(SegmentedLog log, long to, bool isForced)
    {
        StreamOptions options = Options;
        var note = StreamCompactionNote.Read(log.Note.Span);
        bool isNew = log.Note.IsEmpty;
        long end = Math.Min(to, log.LastSegmentBase);
        if (options.ProtectGroups && Groups?.LowestPosition is { } lowest && lowest < end)
        {
            end = log.SegmentStart(lowest);
        }

        long first = log.FirstOffset;
        long all = log.BytesBetween(first, end);
        long dirty = log.BytesBetween(Math.Max(first, note.CleanTo), end);
        bool areTombstonesDue = note.Tombstones > 0 && AreDue(note, options);
        lock (_gate)
        {
            _compactedTo = to;
            NoteCompaction(note, options);
        }

        bool isDue = isForced || areTombstonesDue || (dirty > 0 && dirty >= all / 100.0 * Limits.CompactionDirtyPercent);
        if (!isDue || end <= first)
        {
            return null;
        }

        if (note.MarkedAtMs > 0 && AreDue(note, options))
        {
            note = note with { TombstonesBefore = note.MarkedTo, MarkedAtMs = 0 };
        }

        note = isNew ? note with { GapsTo = log.NextOffset } : note;
        return new StreamCompaction(this, _context, log, note, end, SegmentOptions().SegmentBytes);
    }

    /// <summary>How a pass has ended, whole or not; its use of the files too.</summary>
    public void EndCompaction()
    {
        lock (_gate)
        {
            _users--;
            _isUsed = true;
            long nowMs = _context.AgeNowMs;
            _tombstonesDueMs = _tombstonesDueMs <= nowMs ? nowMs + TryAgainMs : _tombstonesDueMs;
        }
    }

    /// <summary>A pass could not be finished. One notice until one is.</summary>
    public void TellCompaction(Exception failure)
    {
        if (!_isCompactionTold)
        {
            _isCompactionTold = true;
            _context.Files.Tell(StorageLevel.Warning, Directory, "compacted", failure);
        }
    }

    /// <summary>A round is over.</summary>
    public void NoteCompaction(in StreamCompactionNote note, long records)
    {
        lock (_gate)
        {
            _isCompactionTold = false;
            _compacted += records;
            Interlocked.Add(ref _context.Totals.Compacted, records);
            NoteCompaction(note, Options);
        }
    }

    /// <summary>Puts segments in their place that were written anew; null: not now, but later.</summary>
    /// <param name="rewrite">They are durable.</param>
    /// <param name="forgotten">Keys whose last record is not in them any more, with their versions.</param>
    public bool? TryReplace(SegmentRewrite rewrite, List<(ulong First, ulong Second, long Version)> forgotten)
    {
        lock (_gate)
        {
            // Who is reading the keys may have read of one that is forgotten now.
            if (_isLoadingKeys)
            {
                return null;
            }

            _isReplacing = true;
        }

        bool isDone = false;
        bool? answer = null;
        try
        {
            answer = _context.Files.TryBesideCopies(() => isDone = rewrite.Commit()) ? isDone : null;
            return answer;
        }
        finally
        {
            lock (_gate)
            {
                _isReplacing = false;
                if (answer == true && _keys is { } keys)
                {
                    foreach ((ulong first, ulong second, long version) in forgotten)
                    {
                        keys.Remove(first, second, version);
                    }
                }
            }
        }
    }

    private static bool AreDue(in StreamCompactionNote note, StreamOptions options, long nowMs) =>
        note.MarkedAtMs > 0 && nowMs - note.MarkedAtMs >= options.TombstoneRetentionMs;

    private bool AreDue(in StreamCompactionNote note, StreamOptions options) => AreDue(note, options, _context.AgeNowMs);

    // Under the gate.
    private void NoteCompaction(in StreamCompactionNote note, StreamOptions options)
    {
        _compactedAtMs = note.PassedAtMs;
        _tombstonesDueMs = note is { Tombstones: > 0, MarkedAtMs: > 0 }
            ? note.MarkedAtMs + options.TombstoneRetentionMs
            : long.MaxValue;
    }

    // A snapshot tells this checkpoint. Under the gate.
    private void NoteTaken(Lsn position, in SegmentedLogCheckpoint checkpoint)
    {
        if (Options.Compaction)
        {
            (_taken ??= []).Add((position, checkpoint.IsEmpty ? 0 : checkpoint.SegmentBase));
        }
    }

    // From here on no offset is missing.
    private long GapsEnd(SegmentedLog log, in StreamRange range) =>
        log.Note.IsEmpty
            ? Options.Compaction || _hasGaps || log.SavedBytes != 0 ? range.Next : range.First
            : Math.Max(StreamCompactionNote.Read(log.Note.Span).GapsTo, log.RewrittenTo);

    // On the thread of the files: what is small, and what has grown small, is compacted too.
    private void RollToCompact(SegmentedLog log)
    {
        if (log.ActiveBytes >= Math.Max(Limits.Tuning.SegmentBytesMin, log.Bytes / Limits.Tuning.SegmentsWanted))
        {
            log.Roll();
        }
    }
}
