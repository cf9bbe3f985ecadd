namespace Nexo.Storage;

/// <summary>
/// One file of a <see cref="SegmentedLog"/>. The log's gate guards what is here, the cache's lock what is in the last
/// part.
/// </summary>
internal sealed class BatchSegment
{
    public BatchSegment(IDisk disk, string directory, SegmentName name)
    {
        Disk = disk;
        Name = name;
        Path = $"{directory}/{name.FileName}";
        EndOffset = name.BaseOffset;
        Idle = new LinkedListNode<BatchSegment>(this);
    }

    public IDisk Disk { get; }

    public string Path { get; }

    public SegmentName Name { get; }

    public long BaseOffset => Name.BaseOffset;

    /// <summary>Bytes that it has less than what was written first, since it was written anew.</summary>
    public long Saved => Name.Saved;

    /// <summary>
    /// The offset behind it: of a sealed one. That of the last one is where the log has been written to.
    /// </summary>
    public long EndOffset { get; set; }

    /// <summary>Nothing is added any more.</summary>
    public bool Sealed { get; set; }

    /// <summary>Where its batches end; -1: sealed in another life, not looked at yet.</summary>
    public long DataEnd { get; set; } = -1;

    /// <summary>Null: not read yet.</summary>
    public BatchSegmentHeader? Header { get; set; }

    /// <summary>Time of its first records, Unix ms; null: not known.</summary>
    public long? FirstTimestamp { get; set; }

    /// <summary>Readers that are in the file: it is neither renamed nor deleted before they are out.</summary>
    public int Pins { get; set; }

    /// <summary>Taken out of the log.</summary>
    public bool Removed { get; set; }

    /// <summary>Null: not in memory. May go at any time when the file is not in use.</summary>
    public SegmentIndex? Index { get; set; }

    /// <summary>From which byte on the index knows the batches: the rest is scanned when it is needed.</summary>
    public long IndexedFrom { get; set; }

    /// <summary>Whether the index knows all batches.</summary>
    public bool IsIndexed => Index is not null && IndexedFrom <= BatchSegmentHeader.Size;

    // Guarded by the cache:

    public IDiskFile? File { get; set; }

    public int Uses { get; set; }

    /// <summary>How many writes have gone to the file, and how many of them are synced.</summary>
    public long Writes { get; set; }

    public long Synced { get; set; }

    /// <summary>Its place among the files that may be closed, if it is one.</summary>
    public LinkedListNode<BatchSegment> Idle { get; }
}
