namespace Nexo.Storage;

/// <summary>What the names in a log's directory mean, given the checkpoint that its owner has kept.</summary>
internal sealed record SegmentPlan
{
    /// <summary>
    /// Base offsets of the segments that make up the log, in their order; the last one holds the checkpoint.
    /// </summary>
    public required IReadOnlyList<long> Kept { get; init; }

    /// <summary>Base offsets of segments that were dropped, or begun behind the checkpoint.</summary>
    public required IReadOnlyList<long> Dropped { get; init; }

    public required IReadOnlyList<string> Spares { get; init; }

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
        List<long> segments = [];
        List<string> firsts = [];
        long trimmed = 0;
        foreach (string name in names)
        {
            if (SegmentNames.TrySegment(name, out long segment))
            {
                segments.Add(segment);
            }
            else if (SegmentNames.TryFirst(name, out long first))
            {
                firsts.Add(name);
                trimmed = Math.Max(trimmed, first);
            }
        }

        List<long> kept = checkpoint.IsEmpty || trimmed >= checkpoint.NextOffset
            ? []
            : Keep(directory, segments, checkpoint, trimmed);
        return new SegmentPlan
        {
            Kept = kept,
            Dropped = [.. segments.Except(kept)],
            Spares = [.. names.Where(SegmentNames.IsSpare)],
            Firsts = firsts,
            TrimmedBefore = checkpoint.IsEmpty ? Math.Max(trimmed, checkpoint.NextOffset) : trimmed,
            IsNew = names.Count == 0,
        };
    }

    // From the segment in which the log begins to that of the checkpoint. Others before them are leavings: deletions
    // may be lost by a crash, in any order.
    private static List<long> Keep(
        string directory, List<long> segments, SegmentedLogCheckpoint checkpoint, long trimmed)
    {
        segments.Sort();
        long first = segments.LastOrDefault(offset => offset <= trimmed);
        List<long> kept = [.. segments.Where(offset => offset >= first && offset <= checkpoint.SegmentBase)];
        long? missing = kept.Count == 0 || kept[^1] != checkpoint.SegmentBase ? checkpoint.SegmentBase
            : kept[0] > trimmed ? trimmed
            : null;
        if (missing is { } offset)
        {
            throw new SegmentDamageException(
                $"{directory}/{SegmentNames.Segment(offset)}", 0, "the segment with this offset is missing");
        }

        return kept;
    }
}
