namespace Nexo.Storage;

/// <summary>Why a file operation failed, as far as callers decide by it.</summary>
public enum DiskError
{
    /// <summary>Reading, writing or syncing failed: the device, or the file system.</summary>
    Io,

    /// <summary>No room is left, or a quota is reached.</summary>
    Full,

    NotFound,

    AlreadyExists,

    /// <summary>This user may not.</summary>
    Denied,
}

/// <summary>A file operation failed.</summary>
public sealed class DiskException : IOException
{
    public DiskException(DiskError error, string operation, string path, Exception? cause = null)
        : base($"{operation} {path}: {cause?.Message ?? error.ToString()}", cause)
    {
        Error = error;
        Operation = operation;
        Path = path;
    }

    public DiskError Error { get; }

    /// <summary>Such as <c>write</c> or <c>sync</c>.</summary>
    public string Operation { get; }

    public string Path { get; }
}
