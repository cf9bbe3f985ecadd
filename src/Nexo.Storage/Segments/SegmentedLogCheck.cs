namespace Nexo.Storage;

/// <summary>
/// Reads a whole segmented log and says what is wrong with it. Changes nothing, and nobody else may change it.
/// </summary>
public static class SegmentedLogCheck
{
    /// <param name="disk">Where it is.</param>
    /// <param name="directory">Of the log.</param>
    /// <param name="logId">The log's.</param>
    /// <param name="checkpoint">The last one that its owner has made durable.</param>
    /// <param name="lastOnly">Only the segment of the checkpoint, as a quick check at a start.</param>
    /// <exception cref="DiskException">A file could not be read.</exception>
    public static SegmentedLogReport Run(
        IDisk disk, string directory, ulong logId, SegmentedLogCheckpoint checkpoint, bool lastOnly = false)
    {
        var report = new SegmentedLogReport();
        try
        {
            var plan = SegmentPlan.Make(disk, directory, checkpoint);
            for (int i = lastOnly ? plan.Kept.Count - 1 : 0; i >= 0 && i < plan.Kept.Count; i++)
            {
                bool isLast = i + 1 == plan.Kept.Count;
                string path = $"{directory}/{plan.Kept[i].FileName}";
                using IDiskFile file = disk.Open(path, forWriting: false);
                long endOffset = isLast ? checkpoint.NextOffset : plan.Kept[i + 1].BaseOffset;
                bool isOpened = isLast || i == 0;
                report.IsOpenable &= !isOpened || CanBegin(file, logId, plan.Kept[i].BaseOffset, isLast ? checkpoint.Position : 0);
                Guard(report, () => CheckSegment(
                    report, file, logId, plan.Kept[i].BaseOffset, endOffset, isLast ? checkpoint.Position : -1));
            }
        }
        catch (SegmentDamageException damage)
        {
            report.IsOpenable = false;
            report.Add(damage);
        }

        return report;
    }

    // What an opening looks at.
    private static bool CanBegin(IDiskFile file, ulong logId, long baseOffset, long length)
    {
        try
        {
            BatchSegmentHeader.Read(file, logId, baseOffset);
            return file.Length >= length;
        }
        catch (SegmentDamageException)
        {
            return false;
        }
    }

    private static void Guard(SegmentedLogReport report, Action check)
    {
        try
        {
            check();
        }
        catch (SegmentDamageException damage)
        {
            report.Add(damage);
        }
    }

    // With the end unknown (-1) up to the last offset.
    private static void CheckSegment(
        SegmentedLogReport report, IDiskFile file, ulong logId, long baseOffset, long endOffset, long end)
    {
        BatchSegmentHeader.Read(file, logId, baseOffset);
        long length = file.Length;
        if (length < end)
        {
            throw new SegmentDamageException(file.Path, length, $"it is shorter than its checkpoint at {end}");
        }

        if (end < 0)
        {
            SegmentFooter? footer = SegmentFooter.TryRead(file, logId, baseOffset, endOffset, out _);
            report.IndexesMissing += footer is null ? 1 : 0;
            end = footer?.DataEnd ?? -1;
        }

        using var scanner = new BatchScanner(file, BatchSegmentHeader.Size, end < 0 ? length : end, baseOffset);
        while ((end >= 0 || scanner.Offset < endOffset) && scanner.Next(out BatchHeader batch))
        {
            report.Batches++;
            report.Records += batch.Records;
            report.Bytes += batch.Bytes;
        }

        if (scanner.Offset != endOffset)
        {
            throw new SegmentDamageException(
                file.Path, scanner.Position, $"it ends at offset {scanner.Offset} instead of {endOffset}");
        }
    }
}
