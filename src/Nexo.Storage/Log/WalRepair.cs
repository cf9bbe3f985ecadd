namespace Nexo.Storage;

/// <summary>
/// Makes a damaged log readable by giving up what lies behind the damage: only for somebody who has been told what is
/// lost and has agreed. Every file that changes is kept as it was.
/// </summary>
public static class WalRepair
{
    /// <summary>Where originals are kept, in the data directory.</summary>
    public const string Quarantine = "quarantine";

    private const int CopyBytes = 1_024 * 1_024;

    /// <summary>
    /// Ends the log before a damage. The damaged segment is copied to the quarantine and zeroed from there on, all
    /// later ones are moved there. Then read the log again: there may be another damage further on in what is left. If
    /// the log does not reach back to what is needed, all of it is moved: a new one begins behind the snapshot (<see
    /// cref="WalTail.BeginAt"/>).
    /// </summary>
    /// <returns>The paths of the originals in the quarantine.</returns>
    /// <exception cref="DiskException">A file operation failed; do it again, nothing is lost.</exception>
    public static IReadOnlyList<string> CutAt(IDisk disk, WalDamageException damage)
    {
        disk.CreateDirectory(Quarantine);
        disk.SyncDirectory("");
        ulong cut = SequenceOf(damage.Path);
        var kept = new List<string>();

        // The last first: what is left is always a log up to some segment.
        foreach (string name in disk.List(SegmentHeader.Directory).Reverse())
        {
            if (SegmentHeader.TryParseName(name, out ulong sequence) && sequence >= cut)
            {
                bool ends = sequence == cut && damage.Offset >= SegmentHeader.Size;
                kept.Add(ends ? CutWithin(disk, name, damage.Offset) : Move(disk, name));
            }
        }

        disk.SyncDirectory(Quarantine);
        disk.SyncDirectory(SegmentHeader.Directory);
        return kept;
    }

    private static ulong SequenceOf(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return SegmentHeader.TryParseName(name, out ulong sequence) ? sequence : 0;
    }

    private static string Move(IDisk disk, string name)
    {
        string target = FreeName(disk, name);
        disk.Rename($"{SegmentHeader.Directory}/{name}", target);
        return target;
    }

    private static string CutWithin(IDisk disk, string name, long offset)
    {
        using IDiskFile file = disk.Open($"{SegmentHeader.Directory}/{name}", forWriting: true);
        string target = FreeName(disk, name);
        byte[] buffer = new byte[CopyBytes];
        long length = file.Length;
        using (IDiskFile copy = disk.Create(target))
        {
            for (long at = 0; at < length; at += buffer.Length)
            {
                int count = file.Read(buffer, at);
                copy.Write(buffer.AsSpan(0, count), at);
            }

            copy.Sync();
        }

        // Before the first byte is changed.
        disk.SyncDirectory(Quarantine);
        file.Read(buffer.AsSpan(0, SegmentHeader.Size), 0);
        long end = SegmentHeader.TryRead(buffer, out SegmentHeader header) ? Math.Max(header.Length, length) : length;
        Array.Clear(buffer);
        for (long at = offset; at < end; at += buffer.Length)
        {
            file.Write(buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
        }

        file.Sync();
        return target;
    }

    private static string FreeName(IDisk disk, string name)
    {
        string target = $"{Quarantine}/{name}";
        for (int i = 2; disk.Exists(target); i++)
        {
            target = $"{Quarantine}/{name}.{i}";
        }

        return target;
    }
}
