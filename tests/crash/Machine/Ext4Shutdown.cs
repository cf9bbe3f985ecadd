using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nexo.Crash.Machine;

/// <summary>
/// The shutdown ioctl of ext4 (<c>EXT4_IOC_SHUTDOWN</c>, as XFS has it): a file system that loses its power.
/// </summary>
internal static partial class Ext4Shutdown
{
    /// <summary><c>_IOR('X', 125, __u32)</c>.</summary>
    private const nuint Request = 0x8004587D;

    /// <summary>Neither data nor the journal are flushed.</summary>
    private const uint GoingFlagsNoLogFlush = 2;

    private const int ReadOnlyDirectory = 0x10000;

    /// <exception cref="MachineException">It is refused: not root, or another kind of file system.</exception>
    public static void WithoutFlush(string root)
    {
        int directory = Open(root, ReadOnlyDirectory);
        if (directory < 0)
        {
            throw new MachineException($"open {root}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        uint flags = GoingFlagsNoLogFlush;
        int result = Ioctl(directory, Request, ref flags);
        string problem = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        _ = Close(directory);
        if (result != 0)
        {
            throw new MachineException($"the shutdown ioctl on {root}: {problem}");
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int file, nuint request, ref uint argument);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
