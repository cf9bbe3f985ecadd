namespace Nexo.Storage;

/// <content>Opening.</content>
public sealed partial class SegmentedLog
{
    /// <summary>
    /// Opens a log at its checkpoint, or begins one. What lies behind the checkpoint is dropped: its owner appends it
    /// again from the write-ahead log. Looks at names and at two headers, however large the log is; damage elsewhere
    /// is met by those who read there, and by <see cref="SegmentedLogCheck"/>.
    /// </summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="directory">
    /// Its own; made with the first file if it is not there, and then also made durable in its parent.
    /// </param>
    /// <param name="logId">Tells its segments from those of other logs.</param>
    /// <param name="checkpoint">
    /// The last one that its owner has made durable. One with an earlier offset than others that were durable may be
    /// given if the later ones are never given again.
    /// </param>
    /// <param name="options">Sizes.</param>
    /// <param name="cache">Shared by the logs of the process.</param>
    /// <exception cref="SegmentDamageException">
    /// A segment that the checkpoint needs is missing, short, or damaged.
    /// </exception>
    public static SegmentedLog Open(
        IDisk disk,
        string directory,
        ulong logId,
        SegmentedLogCheckpoint checkpoint,
        SegmentedLogOptions options,
        SegmentCache cache)
    {
        if (!checkpoint.IsPossible)
        {
            throw new ArgumentOutOfRangeException(nameof(checkpoint), checkpoint, "It was never made.");
        }

        var plan = SegmentPlan.Make(disk, directory, checkpoint);
        var log = new SegmentedLog(disk, directory, logId, options, cache);
        try
        {
            log.Start(plan, checkpoint);
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    private void Start(SegmentPlan plan, SegmentedLogCheckpoint checkpoint)
    {
        _hasNoDirectory = plan.IsNew;
        long time = checkpoint == default ? long.MinValue : checkpoint.MaxTimestamp;
        (_checkpoint, _trimmedBefore) = (checkpoint, plan.TrimmedBefore);
        (_nextOffset, _maxTimestamp) = (checkpoint.NextOffset, time);
        (_writtenOffset, _writtenMaxTimestamp) = (checkpoint.NextOffset, time);
        _segments =
        [
            .. plan.Kept.Select(name => new BatchSegment(_disk, _directory, name)),
        ];
        for (int i = 0; i + 1 < _segments.Length; i++)
        {
            _segments[i].Sealed = true;
            _segments[i].EndOffset = _segments[i + 1].BaseOffset;
        }

        if (_segments.Length > 0)
        {
            GoOn(_segments[^1], checkpoint);
            EnsureHeader(_segments[0]);
            _bytesBefore = _segments[0].Header!.Value.BytesBefore;
            _saved = _segments.Sum(segment => segment.Saved);
        }

        Tidy(plan);
        StartNote(plan, checkpoint);
    }

    // The segment of the checkpoint is the one that is written to, from there on.
    private void GoOn(BatchSegment last, SegmentedLogCheckpoint checkpoint)
    {
        EnsureHeader(last);
        last.EndOffset = checkpoint.NextOffset;
        last.DataEnd = checkpoint.Position;
        IDiskFile file = _cache.Use(last);
        try
        {
            if (file.Length < checkpoint.Position)
            {
                throw new SegmentDamageException(
                    last.Path, file.Length, $"it is shorter than its checkpoint at {checkpoint.Position}");
            }

            Span<byte> first = stackalloc byte[BatchHeader.Size];
            if (checkpoint.Position > BatchSegmentHeader.Size
                && file.Read(first, BatchSegmentHeader.Size) == first.Length
                && BatchHeader.TryDecode(first, out BatchHeader batch)
                && batch.Records > 0)
            {
                last.FirstTimestamp = batch.FirstTimestamp;
            }
        }
        finally
        {
            _cache.Release(last);
        }
    }

    private void Tidy(SegmentPlan plan)
    {
        _firsts.AddRange(plan.Firsts);
        _spares.AddRange(plan.Spares);
        while (_spares.Count > _options.SparesMax)
        {
            _namesChanged = true;
            _disk.Delete(PathOf(_spares[^1]));
            _spares.RemoveAt(_spares.Count - 1);
        }

        foreach (string name in plan.Temporaries)
        {
            _namesChanged = true;
            _disk.Delete(PathOf(name));
        }

        if (plan.Dropped.Count > 0 && (_firsts.Count > 0 || plan.Kept.Any(name => name.IsRewritten)))
        {
            // The process before this one may have ended between the word and the deed: the word must last.
            SyncNames();
        }

        foreach (SegmentName name in plan.Dropped)
        {
            Drop(name);
        }

        // So that the first segment need not begin at offset 0.
        if (_segments.Length == 0 && _trimmedBefore > 0)
        {
            MarkFirst(_trimmedBefore);
        }
    }
}
