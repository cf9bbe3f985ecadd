namespace Nexo.Storage;

/// <summary>What the names in a log's directory mean, given the checkpoint that its owner has kept.</summary>
internal sealed record SegmentPlan
{
    /// <summary>
    /// The segments that make up the log, in their order; the last one holds the checkpoint.
    /// </summary>
    public required IReadOnlyList<SegmentName> Kept { get; init; }

    /// <summary>Segments that were dropped, were written anew, or begun behind the checkpoint.</summary>
    public required IReadOnlyList<SegmentName> Dropped { get; init; }

    public required IReadOnlyList<string> Spares { get; init; }

    /// <summary>Files that were not finished.</summary>
    public required IReadOnlyList<string> Temporaries { get; init; }

    /// <summary>Whether the owner has noted something.</summary>
    public required bool HasNote { get; init; }

    /// <summary>Files that say what was dropped, in their order.</summary>
    public required IReadOnlyList<string> Firsts { get; init; }

    /// <summary>Everything before this offset has been dropped.</summary>
    public required long TrimmedBefore { get; init; }

    /// <summary>Whether there is nothing in the directory yet.</summary>
    public required bool IsNew { get; init; }

    /// <exception cref="SegmentDamageException">A segment is missing.</exception>
    public static SegmentPlan Make(IDisk disk, string directory, SegmentedLogCheckpoint checkpoint)
    {
        IReadOnlyList<string> names = disk.List(directory);
        List<SegmentName> segments = [];
        List<string> firsts = [];
        long trimmed = 0;
        foreach (string name in names)
        {
            if (SegmentName.TryParse(name, out SegmentName segment))
            {
                segments.Add(segment);
            }
            else if (SegmentNames.TryFirst(name, out long first))
            {
                firsts.Add(name);
                trimmed = Math.Max(trimmed, first);
            }
        }

        List<SegmentName> kept = checkpoint.IsEmpty || trimmed >= checkpoint.NextOffset
            ? []
            : Keep(directory, segments, checkpoint, trimmed);
        return new SegmentPlan
        {
            Kept = kept,
            Dropped = [.. segments.Except(kept)],
            Spares = [.. names.Where(SegmentNames.IsSpare)],
            Temporaries = [.. names.Where(SegmentNames.IsTemporary)],
            HasNote = names.Contains(SegmentNames.Note),
            Firsts = firsts,
            TrimmedBefore = checkpoint.IsEmpty ? Math.Max(trimmed, checkpoint.NextOffset) : trimmed,
            IsNew = names.Count == 0,
        };
    }

    // From the segment in which the log begins to that of the checkpoint. Others before them are leavings: deletions
    // may be lost by a crash, in any order.
    private static List<SegmentName> Keep(
        string directory, List<SegmentName> segments, SegmentedLogCheckpoint checkpoint, long trimmed)
    {
        List<SegmentName> valid = WithoutReplaced(segments);
        long first = valid.LastOrDefault(segment => segment.BaseOffset <= trimmed).BaseOffset;
        List<SegmentName> kept =
        [
            .. valid.Where(segment => segment.BaseOffset >= first && segment.BaseOffset <= checkpoint.SegmentBase),
        ];
        long? missing = kept.Count == 0 || kept[^1].BaseOffset != checkpoint.SegmentBase ? checkpoint.SegmentBase
            : kept[0].BaseOffset > trimmed ? trimmed
            : FirstHole(kept);
        if (missing is { } offset)
        {
            throw new SegmentDamageException(
                $"{directory}/{SegmentNames.Segment(offset)}", 0, "the segment with this offset is missing");
        }

        return kept;
    }

    // What is in place of others may have been written before they were deleted: then it counts.
    private static List<SegmentName> WithoutReplaced(List<SegmentName> segments)
    {
        segments.Sort();
        List<SegmentName> valid = [];
        long replacedTo = -1;
        foreach (SegmentName segment in segments)
        {
            if (segment.BaseOffset >= replacedTo && (valid.Count == 0 || valid[^1].BaseOffset != segment.BaseOffset))
            {
                valid.Add(segment);
                replacedTo = segment.IsRewritten ? segment.EndOffset : replacedTo;
            }
        }

        return valid;
    }

    private static long? FirstHole(List<SegmentName> kept)
    {
        for (int i = 0; i + 1 < kept.Count; i++)
        {
            if (kept[i].IsRewritten && kept[i].EndOffset != kept[i + 1].BaseOffset)
            {
                return kept[i].EndOffset;
            }
        }

        // The last one is that of the checkpoint, and is never written anew.
        return kept[^1].IsRewritten ? kept[^1].BaseOffset : null;
    }
}
