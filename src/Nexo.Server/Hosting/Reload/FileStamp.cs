namespace Nexo.Server.Hosting;

/// <summary>
/// What tells that a file has changed. It is asked of the opened file, so that links are followed to the end: a mounted secret is
/// replaced by turning a link of a directory above it.
/// </summary>
internal readonly record struct FileStamp(DateTime ModifiedAt, long Bytes)
{
    /// <summary>Of a file that is not there, or cannot be opened.</summary>
    public static FileStamp None => default;

    public static FileStamp Of(string file)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle =
                File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new FileStamp(File.GetLastWriteTimeUtc(handle), RandomAccess.GetLength(handle));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return None;
        }
    }
}
