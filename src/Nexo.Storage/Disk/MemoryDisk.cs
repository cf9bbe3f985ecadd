namespace Nexo.Storage;

/// <summary>A disk in memory, for what ends with the process anyway. Thread-safe.</summary>
/// <param name="bytesMax">What files may take together; beyond it the disk is full.</param>
public sealed class MemoryDisk(long bytesMax = long.MaxValue) : IDisk
{
    private long _bytes;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);

    public string Root => "memory";

    public long FreeBytes => Math.Max(0, bytesMax - Volatile.Read(ref _bytes));

    public bool Exists(string path)
    {
        lock (_gate)
        {
            return _files.ContainsKey(path);
        }
    }

    public IReadOnlyList<string> List(string directory)
    {
        string start = StartOf(directory);
        lock (_gate)
        {
            return
            [
                .. _files.Keys
                    .Where(path => path.StartsWith(start, StringComparison.Ordinal) && path.IndexOf('/', start.Length) < 0)
                    .Select(path => path[start.Length..]),
            ];
        }
    }

    public IReadOnlyList<string> ListDirectories(string directory)
    {
        string start = StartOf(directory);
        lock (_gate)
        {
            return
            [
                .. _files.Keys
                    .Where(path => path.StartsWith(start, StringComparison.Ordinal) && path.IndexOf('/', start.Length) > 0)
                    .Select(path => path[start.Length..path.IndexOf('/', start.Length)])
                    .Distinct(),
            ];
        }
    }

    public void CreateDirectory(string directory)
    {
        // A directory is there with its first file.
    }

    public IDiskFile Create(string path)
    {
        lock (_gate)
        {
            var file = new MemoryFile(this, path);
            return _files.TryAdd(path, file) ? file : throw new DiskException(DiskError.AlreadyExists, "create", path);
        }
    }

    public IDiskFile Open(string path, bool forWriting)
    {
        lock (_gate)
        {
            return Find(path, "open");
        }
    }

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            MemoryFile file = Find(from, "rename");
            _files.Remove(from);
            if (_files.TryGetValue(to, out MemoryFile? replaced))
            {
                replaced.GiveBack();
            }

            _files[to] = file;
            file.Path = to;
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            // Who has it open reads on: its memory goes with the last of them.
            Find(path, "delete").GiveBack();
            _files.Remove(path);
        }
    }

    public void SyncDirectory(string directory)
    {
        // Nothing of it survives.
    }

    public IDiskFile? TryLock(string path) => throw new NotSupportedException("Nobody else can come to it.");

    /// <summary>A file grows, or shrinks; false: there is no room for that.</summary>
    internal bool TryTake(long bytes)
    {
        if (bytes > 0 && bytes > FreeBytes)
        {
            return false;
        }

        Interlocked.Add(ref _bytes, bytes);
        return true;
    }

    private static string StartOf(string directory) => directory.Length == 0 ? "" : directory + "/";

    private MemoryFile Find(string path, string operation) => _files.TryGetValue(path, out MemoryFile? file)
        ? file
        : throw new DiskException(DiskError.NotFound, operation, path);
}
