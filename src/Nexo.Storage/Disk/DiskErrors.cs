namespace Nexo.Storage;

/// <summary>What the runtime's exceptions and the kernel's error numbers mean to callers.</summary>
internal static class DiskErrors
{
    public static bool IsFromDisk(Exception exception) =>
        exception is (IOException or UnauthorizedAccessException) and not DiskException;

    public static DiskException From(Exception exception, string operation, string path) =>
        new(Of(exception), operation, path, exception);

    public static DiskException From(int errorNumber, string operation, string path) =>
        new(
            OfNumber(errorNumber),
            operation,
            path,
            new IOException(System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errorNumber), errorNumber));

    private static DiskError Of(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => DiskError.NotFound,
        UnauthorizedAccessException => DiskError.Denied,
        // Off Windows the runtime hands on the kernel's number here.
        _ => OfNumber(exception.HResult),
    };

    private static DiskError OfNumber(int number) => number switch
    {
        2 or 20 => DiskError.NotFound, // ENOENT, ENOTDIR
        1 or 13 => DiskError.Denied, // EPERM, EACCES
        17 => DiskError.AlreadyExists, // EEXIST
        28 or 27 => DiskError.Full, // ENOSPC, EFBIG
        122 when OperatingSystem.IsLinux() => DiskError.Full, // EDQUOT
        69 when OperatingSystem.IsMacOS() => DiskError.Full, // EDQUOT
        unchecked((int)0x80070070) => DiskError.Full, // ERROR_DISK_FULL
        unchecked((int)0x80070050) => DiskError.AlreadyExists, // ERROR_FILE_EXISTS
        _ => DiskError.Io,
    };
}
