namespace Nexo.Storage;

/// <summary>A segment is not what was written and synced: damaged, cut short, or missing.</summary>
public sealed class SegmentDamageException : IOException
{
    public SegmentDamageException(string path, long position, string reason)
        : base($"{path} is damaged at byte {position}: {reason}")
    {
        Path = path;
        Position = position;
        Reason = reason;
    }

    public string Path { get; }

    /// <summary>Byte in the file.</summary>
    public long Position { get; }

    public string Reason { get; }
}
