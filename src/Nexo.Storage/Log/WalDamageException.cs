namespace Nexo.Storage;

/// <summary>
/// The log holds damage that is no torn tail: something that had been durable cannot be read. Nothing may be served
/// from it until somebody has decided what to do.
/// </summary>
public sealed class WalDamageException(string path, long offset, ulong lostFrom, string reason)
    : IOException($"{path}, offset {offset}: {reason}; commits from {lostFrom} on cannot be read")
{
    /// <summary>The file, relative to the data directory.</summary>
    public string Path { get; } = path;

    /// <summary>Where in the file the damage begins, in bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>The number of the first commit that cannot be read.</summary>
    public ulong LostFrom { get; } = lostFrom;

    public string Reason { get; } = reason;
}
