using System.Globalization;
using System.Text;

namespace Nexo.Storage;

/// <summary>LOCK: locked while a process has the directory; its text is that process's id.</summary>
internal static class LockFile
{
    public const string Name = "LOCK";

    /// <exception cref="DataDirectoryException">Another process has it.</exception>
    public static IDiskFile Take(IDisk disk)
    {
        IDiskFile? file = disk.TryLock(Name);
        if (file is null)
        {
            int? holder = ReadHolder(disk);
            throw new DataDirectoryException(
                DataDirectoryFault.Held,
                holder is null
                    ? $"the data directory {disk.Root} is in use by another process"
                    : $"the data directory {disk.Root} is in use by the process {holder}",
                holder);
        }

        try
        {
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        }
        catch (DiskException)
        {
            // On a full disk the lock holds all the same; only its holder's name is not told.
        }

        return file;
    }

    private static int? ReadHolder(IDisk disk)
    {
        Span<byte> text = stackalloc byte[16];
        try
        {
            using IDiskFile file = disk.Open(Name, forWriting: false);
            text = text[..file.Read(text, 0)];
        }
        catch (DiskException)
        {
            return null;
        }

        return int.TryParse(text.TrimEnd((byte)'\n'), NumberStyles.None, null, out int pid) ? pid : null;
    }
}
