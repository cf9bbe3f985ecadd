using Nexo.Storage;

namespace Nexo.Server.Security;

/// <summary>
/// The file of users: JSON, for its owner only, changed by <c>nexo user</c> and read by the server. It is replaced as a whole, so who reads
/// it finds the old one or the new one.
/// </summary>
public sealed class UsersFile
{
    /// <summary>Its name in a data directory.</summary>
    public const string Name = DataDirectory.UsersName;

    private const int BytesMax = 64 * 1_024 * 1_024;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    private readonly RealDisk _disk;
    private readonly string _name;

    /// <param name="path">Where it is, or will be.</param>
    public UsersFile(string path)
    {
        FullPath = Path.GetFullPath(path);
        _disk = new RealDisk(Path.GetDirectoryName(FullPath)!);
        _name = Path.GetFileName(FullPath);
    }

    public string FullPath { get; }

    public bool Exists => _disk.Exists(_name);

    /// <summary>Reads all users; there are none where there is no file.</summary>
    /// <param name="namespaces">Those that users may be bound to; null: any.</param>
    /// <exception cref="UsersFileException">It cannot be used.</exception>
    public IReadOnlyList<UserEntry> Read(IReadOnlyList<string>? namespaces = null)
    {
        if (!Exists)
        {
            return [];
        }

        RefuseOpen();
        return UsersReader.Read(ReadBytes(), FullPath, namespaces);
    }

    /// <summary>Changes the users, while nobody else does.</summary>
    /// <param name="change">Gets those that are there, and returns those that are to be.</param>
    /// <param name="cancel">Gives up waiting for another who changes them.</param>
    /// <exception cref="UsersFileException">It cannot be read, or written.</exception>
    public async Task ChangeAsync(
        Func<IReadOnlyList<UserEntry>, IReadOnlyList<UserEntry>> change, CancellationToken cancel)
    {
        try
        {
            _disk.CreateDirectory(string.Empty);
            using IDiskFile held = await LockAsync(cancel);
            IReadOnlyList<UserEntry> users = change(Read());
            Replace(UsersWriter.Write(users));
        }
        catch (DiskException failure)
        {
            throw new UsersFileException($"{FullPath} cannot be written: {failure.Message}", failure);
        }
    }

    private async Task<IDiskFile> LockAsync(CancellationToken cancel)
    {
        // A file of its own, which stays: the one of users is another one after every change.
        long began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < LockPatience)
        {
            if (_disk.TryLock($"{_name}.lock") is { } held)
            {
                return held;
            }

            await Task.Delay(LockPause, cancel);
        }

        throw new UsersFileException($"{FullPath} is being changed by another process; try again");
    }

    private void Replace(byte[] content)
    {
        string unfinished = $"{_name}.new";
        if (_disk.Exists(unfinished))
        {
            // Of a process that was killed: the lock says that nobody writes it now.
            _disk.Delete(unfinished);
        }

        using (IDiskFile file = _disk.Create(unfinished))
        {
            file.Write(content, 0);
            file.Sync();
        }

        _disk.Rename(unfinished, _name);
        _disk.SyncDirectory(string.Empty);
    }

    private void RefuseOpen()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        UnixFileMode mode = File.GetUnixFileMode(FullPath);
        if ((mode & Others) != 0)
        {
            throw new UsersFileException(
                $"{FullPath} is not for its owner alone (mode {Convert.ToString((int)mode, 8)}): run chmod 600 {FullPath}");
        }
    }

    private byte[] ReadBytes()
    {
        try
        {
            using IDiskFile file = _disk.Open(_name, forWriting: false);
            if (file.Length > BytesMax)
            {
                throw new UsersFileException($"{FullPath} is larger than {BytesMax} bytes: it is no file of users");
            }

            byte[] bytes = new byte[file.Length];
            int read = file.Read(bytes, 0);
            return bytes[..read];
        }
        catch (DiskException failure)
        {
            throw new UsersFileException($"{FullPath} cannot be read: {failure.Message}", failure);
        }
    }
}
