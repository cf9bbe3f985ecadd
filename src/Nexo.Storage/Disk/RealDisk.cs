using Microsoft.Win32.SafeHandles;

namespace Nexo.Storage;

/// <summary>
/// A directory of the machine as a disk. Files are made for this user only. Where the system is not Linux, names
/// are made durable by the file system alone.
/// </summary>
/// <param name="root">The directory; it need not be there: <c>CreateDirectory("")</c> makes it.</param>
public sealed class RealDisk(string root) : IDisk
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    public long FreeBytes => OfDrive(drive => drive.AvailableFreeSpace);

    /// <summary>Bytes of the whole file system; <see cref="long.MaxValue"/> if it cannot be told.</summary>
    public long SizeBytes => OfDrive(drive => drive.TotalSize);

    public bool Exists(string path) => File.Exists(Full(path));

    public IReadOnlyList<string> List(string directory) => Names(directory, Directory.EnumerateFiles);

    public IReadOnlyList<string> ListDirectories(string directory) => Names(directory, Directory.EnumerateDirectories);

    public void CreateDirectory(string directory) =>
        Do("create directory", directory, () =>
        {
            string full = Full(directory);
            var missing = new Stack<string>();
            for (string? at = full; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            {
                missing.Push(at);
            }

            foreach (string name in missing)
            {
                CreateOne(name);

                // Above the root nobody else can make the name durable.
                if (name.Length <= Root.Length && OperatingSystem.IsLinux())
                {
                    LinuxFiles.SyncDirectory(Path.GetDirectoryName(name)!);
                }
            }
        });

    public IDiskFile Create(string path) => OpenFile(path, LinuxFiles.OpenMode.Create, "create");

    public IDiskFile Open(string path, bool forWriting) =>
        OpenFile(path, forWriting ? LinuxFiles.OpenMode.Write : LinuxFiles.OpenMode.Read, "open");

    public void Rename(string from, string to) =>
        Do("rename", from, () => File.Move(Full(from), Full(to), overwrite: true));

    public void Delete(string path) =>
        Do("delete", path, () =>
        {
            string full = Full(path);
            if (!File.Exists(full))
            {
                throw new FileNotFoundException("There is no such file.", full);
            }

            File.Delete(full);
        });

    public void SyncDirectory(string directory)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxFiles.SyncDirectory(Full(directory));
        }
    }

    public IDiskFile? TryLock(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return TryLockByRuntime(path);
        }

        SafeFileHandle handle = LinuxFiles.Open(Full(path), LinuxFiles.OpenMode.Ensure, "lock");
        try
        {
            if (LinuxFiles.TryLock(handle, path))
            {
                return new RealFile(handle, path);
            }
        }
        catch (DiskException)
        {
            handle.Dispose();
            throw;
        }

        handle.Dispose();
        return null;
    }

    private static void CreateOne(string fullPath)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(fullPath);
        }
        else
        {
            Directory.CreateDirectory(fullPath, OwnerOnly);
        }
    }

    private static void Do(string operation, string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, operation, path);
        }
    }

    private long OfDrive(Func<DriveInfo, long> read)
    {
        try
        {
            return read(new DriveInfo(Root));
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception) || exception is ArgumentException)
        {
            return long.MaxValue;
        }
    }

    private string Full(string path) => path.Length == 0 ? Root : Path.Combine(Root, path);

    private string[] Names(string directory, Func<string, IEnumerable<string>> enumerate)
    {
        try
        {
            string[] names = [.. enumerate(Full(directory)).Select(path => Path.GetFileName(path))];
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "list", directory);
        }
    }

    private RealFile OpenFile(string path, LinuxFiles.OpenMode mode, string operation)
    {
        if (OperatingSystem.IsLinux())
        {
            return new RealFile(LinuxFiles.Open(Full(path), mode, operation), path);
        }

        try
        {
            SafeFileHandle handle = File.OpenHandle(
                Full(path),
                mode == LinuxFiles.OpenMode.Create ? FileMode.CreateNew : FileMode.Open,
                mode == LinuxFiles.OpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite,
                FileShare.ReadWrite | FileShare.Delete);
            return new RealFile(handle, path);
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, operation, path);
        }
    }

    private RealFile? TryLockByRuntime(string path)
    {
        string full = Full(path);
        try
        {
            SafeFileHandle handle =
                File.OpenHandle(full, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new RealFile(handle, path);
        }
        catch (IOException) when (File.Exists(full))
        {
            return null;
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "lock", path);
        }
    }
}
