using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nexo.Storage;

/// <summary>
/// The four system calls for which the runtime's own way is not exact enough: it opens no directories, makes files
/// for everybody, takes EROFS and EINVAL of a sync for success, and lets an environment variable turn its locks off.
/// </summary>
internal static partial class LinuxFiles
{
    private const int ReadWrite = 0x2;
    private const int CreateIfMissing = 0x40;
    private const int FailIfThere = 0x80;
    private const int CloseOnExec = 0x8_0000;
    private const int OwnerReadWrite = 0x180; // 0600
    private const int LockExclusive = 2;
    private const int LockWithoutWaiting = 4;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;

    /// <summary>What to do about a file that is there, or is not.</summary>
    public enum OpenMode
    {
        /// <summary>It must be there, and will only be read; also for directories.</summary>
        Read,

        /// <summary>It must be there.</summary>
        Write,

        /// <summary>It must not be there.</summary>
        Create,

        /// <summary>Either will do.</summary>
        Ensure,
    }

    public static SafeFileHandle Open(string fullPath, OpenMode mode, string operation)
    {
        int flags = CloseOnExec | mode switch
        {
            OpenMode.Read => 0,
            OpenMode.Write => ReadWrite,
            OpenMode.Create => ReadWrite | CreateIfMissing | FailIfThere,
            _ => ReadWrite | CreateIfMissing,
        };
        while (true)
        {
            int descriptor = OpenCall(fullPath, flags, OwnerReadWrite);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            ThrowUnlessInterrupted(operation, fullPath);
        }
    }

    /// <summary>
    /// Content, and of the metadata what is needed to find it again (the length, not the times): cheaper than fsync,
    /// which waits for the journal to note the new time of every overwrite.
    /// </summary>
    public static void SyncData(SafeFileHandle file, string path)
    {
        while (SyncDataCall(file) != 0)
        {
            ThrowUnlessInterrupted("sync", path);
        }
    }

    public static void SyncDirectory(string fullPath)
    {
        using SafeFileHandle directory = Open(fullPath, OpenMode.Read, "sync directory");
        while (SyncCall(directory) != 0)
        {
            ThrowUnlessInterrupted("sync directory", fullPath);
        }
    }

    /// <summary>False: another open file has the lock.</summary>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        while (LockCall(file, LockExclusive | LockWithoutWaiting) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
            {
                return false;
            }

            ThrowUnlessInterrupted("lock", path);
        }

        return true;
    }

    private static void ThrowUnlessInterrupted(string operation, string path)
    {
        int number = Marshal.GetLastPInvokeError();
        if (number != Interrupted)
        {
            throw DiskErrors.From(number, operation, path);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenCall(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncDataCall(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncCall(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LockCall(SafeFileHandle file, int operation);
}
