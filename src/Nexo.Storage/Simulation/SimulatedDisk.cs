namespace Nexo.Storage;

/// <summary>
/// A disk in memory that does what disks do: loses what was not synced, in any order and in pieces, when the power
/// goes; fails; fills up; flips bits. All of it follows from the seeds, so a failure can be had again. This part is
/// the disk as the program sees it; the knobs are in the other one.
/// </summary>
internal sealed partial class SimulatedDisk : IDisk
{
    private readonly Lock _gate = new();
    private readonly HashSet<int> _locked = [];
    private readonly SimulatedFaults _faults = new();
    private readonly Random _random;
    private readonly int _seed;
    private readonly SimulatedNames _names;
    private int _lastFile;
    private long _used;

    /// <param name="seed">Of what failing operations leave; a crash has its own seed.</param>
    public SimulatedDisk(int seed = 0)
        : this(seed, new SimulatedNames(), lastFile: 0)
    {
    }

    private SimulatedDisk(int seed, SimulatedNames names, int lastFile)
    {
        _seed = seed;
        _random = new Random(seed);
        _names = names;
        _lastFile = lastFile;
        _used = names.Files.Sum(pair => pair.Value.AllocatedBytes);
    }

    public string Root => "/simulated";

    public long FreeBytes
    {
        get
        {
            lock (_gate)
            {
                return Math.Max(0, CapacityBytes - _used);
            }
        }
    }

    public bool Exists(string path)
    {
        lock (_gate)
        {
            return _names.Find(path) is not null;
        }
    }

    public IReadOnlyList<string> List(string directory) =>
        Do(DiskOperationKinds.List, "list", directory, () => _names.List(directory));

    public IReadOnlyList<string> ListDirectories(string directory) =>
        Do(DiskOperationKinds.List, "list", directory, () => _names.ListDirectories(directory));

    public void CreateDirectory(string directory)
    {
        string parent = "";
        foreach (string part in directory.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = parent.Length == 0 ? part : $"{parent}/{part}";
            parent = path;
            Do(DiskOperationKinds.CreateDirectory, "create directory", path, () =>
            {
                if (!_names.HasDirectory(path))
                {
                    _names.AddDirectory(path);
                    Record(DiskOperationKinds.CreateDirectory, path);
                }
            });
        }
    }

    public IDiskFile Create(string path) =>
        Do(DiskOperationKinds.Create, "create", path, () => new SimulatedFile(
            this, CreateInode("create", path), path, writable: true, locked: false));

    public IDiskFile Open(string path, bool forWriting) =>
        Do(DiskOperationKinds.Open, "open", path, () => new SimulatedFile(
            this, Find("open", path), path, forWriting, locked: false));

    public void Rename(string from, string to) =>
        Do(DiskOperationKinds.Rename, "rename", from, () =>
        {
            SimulatedInode file = Find("rename", from);
            RequireDirectory("rename", to);
            if (from != to)
            {
                _used -= _names.Find(to)?.AllocatedBytes ?? 0;
                _names.Rename(from, to, file);
                Record(DiskOperationKinds.Rename, from, file, target: to);
            }
        });

    public void Delete(string path) =>
        Do(DiskOperationKinds.Delete, "delete", path, () =>
        {
            SimulatedInode file = Find("delete", path);
            _used -= file.AllocatedBytes;
            _names.Remove(path, file);
            Record(DiskOperationKinds.Delete, path, file);
        });

    public void SyncDirectory(string directory)
    {
        Do(
            DiskOperationKinds.SyncDirectory,
            "sync directory",
            directory,
            () =>
            {
                if (!_names.HasDirectory(directory))
                {
                    throw new DiskException(DiskError.NotFound, "sync directory", directory);
                }

                _names.Sync(directory);
                Record(DiskOperationKinds.SyncDirectory, directory);
            },
            onFault: () =>
            {
                _names.SyncBadly(directory, _random);
                Record(DiskOperationKinds.SyncDirectory, directory, failed: true);
            });
    }

    public IDiskFile? TryLock(string path) =>
        Do(DiskOperationKinds.Lock, "lock", path, () =>
        {
            SimulatedInode file = _names.Find(path) ?? CreateInode("lock", path);
            return _locked.Add(file.Number) ? new SimulatedFile(this, file, path, writable: true, locked: true) : null;
        });

    internal void Unlock(SimulatedInode file)
    {
        lock (_gate)
        {
            _locked.Remove(file.Number);
        }
    }

    internal long LengthOf(SimulatedInode file)
    {
        lock (_gate)
        {
            return file.Content.Length;
        }
    }

    // Not through Do: a span does not go into a closure.
    internal int Read(SimulatedInode file, string path, Span<byte> buffer, long offset)
    {
        Before?.Invoke(DiskOperationKinds.Read, path);
        lock (_gate)
        {
            return Next(DiskOperationKinds.Read, "read", path) is DiskError error
                ? throw new DiskException(error, "read", path)
                : file.Content.Read(buffer, offset);
        }
    }

    internal void Write(SimulatedInode file, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        Before?.Invoke(DiskOperationKinds.Write, path);
        lock (_gate)
        {
            DiskError? error = Next(DiskOperationKinds.Write, "write", path);
            int count = error is null ? bytes.Length : _random.Next(bytes.Length + 1);
            int fits = Fitting(file, offset, count);
            if (fits < count)
            {
                count = fits;
                error ??= DiskError.Full;
            }

            _used += file.RoomFor(offset, count);
            byte[] written = bytes[..count].ToArray();
            file.Write(written, offset);
            Record(DiskOperationKinds.Write, path, file, offset: offset, bytes: written, failed: error is not null);
            if (error is DiskError failure)
            {
                throw new DiskException(failure, "write", path);
            }
        }
    }

    internal void SetLength(SimulatedInode file, string path, long length) =>
        Do(DiskOperationKinds.SetLength, "set length", path, () =>
        {
            long before = file.AllocatedBytes;
            file.SetLength(length);
            _used += file.AllocatedBytes - before;
            Record(DiskOperationKinds.SetLength, path, file, offset: length);
        });

    internal void Sync(SimulatedInode file, string path) =>
        Do(
            DiskOperationKinds.Sync,
            "sync",
            path,
            () =>
            {
                file.Sync();
                Record(DiskOperationKinds.Sync, path, file);
            },
            onFault: () =>
            {
                file.SyncBadly(_random);
                Record(DiskOperationKinds.Sync, path, file, failed: true);
            });

    // How many of the bytes the disk has room for: whole, or up to the end of a block.
    private int Fitting(SimulatedInode file, long offset, int count)
    {
        long free = CapacityBytes - _used;
        while (count > 0 && file.RoomFor(offset, count) > free)
        {
            long lastBlock = (offset + count - 1) / SimulatedInode.BlockBytes * SimulatedInode.BlockBytes;
            count = (int)Math.Max(0, lastBlock - offset);
        }

        return count;
    }

    private SimulatedInode Find(string operation, string path) =>
        _names.Find(path) ?? throw new DiskException(DiskError.NotFound, operation, path);

    private SimulatedInode CreateInode(string operation, string path)
    {
        RequireDirectory(operation, path);
        if (_names.Find(path) is not null || _names.HasDirectory(path))
        {
            throw new DiskException(DiskError.AlreadyExists, operation, path);
        }

        var file = new SimulatedInode(++_lastFile);
        _names.Add(path, file);
        Record(DiskOperationKinds.Create, path, file);
        return file;
    }

    private void RequireDirectory(string operation, string path)
    {
        if (!_names.HasDirectory(SimulatedNames.DirectoryOf(path)))
        {
            throw new DiskException(DiskError.NotFound, operation, path);
        }
    }

    private void Do(
        DiskOperationKinds kind, string operation, string path, Action action, Action? onFault = null) =>
        Do(
            kind,
            operation,
            path,
            () =>
            {
                action();
                return true;
            },
            onFault);

    private T Do<T>(DiskOperationKinds kind, string operation, string path, Func<T> action, Action? onFault = null)
    {
        Before?.Invoke(kind, path);
        lock (_gate)
        {
            if (Next(kind, operation, path) is DiskError error)
            {
                onFault?.Invoke();
                throw new DiskException(error, operation, path);
            }

            return action();
        }
    }
}
