namespace Nexo.Storage;

/// <summary>
/// Which files and directories there are by name: as the process sees it, on the platter, and the changes between
/// them, of which a crash keeps any, each for itself.
/// </summary>
internal sealed class SimulatedNames
{
    private readonly List<Change> _unsynced = [];
    private Table _seen = new();
    private Table _durable = new();

    public IEnumerable<KeyValuePair<string, SimulatedInode>> Files => _seen.Files;

    public static string DirectoryOf(string path) => path.LastIndexOf('/') is int at and >= 0 ? path[..at] : "";

    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    public SimulatedInode? Find(string path) => _seen.Files.GetValueOrDefault(path);

    public bool HasDirectory(string path) => _seen.Has(path);

    public List<string> List(string directory) => Sorted(_seen.Files.Keys, directory);

    public List<string> ListDirectories(string directory) => Sorted(_seen.Directories, directory);

    public void Add(string path, SimulatedInode file) => Do(new Change(null, path, file));

    public void Rename(string from, string to, SimulatedInode file) => Do(new Change(from, to, file));

    public void Remove(string path, SimulatedInode file) => Do(new Change(path, null, file));

    public void AddDirectory(string path) => Do(new Change(null, path, null));

    public void Sync(string directory)
    {
        foreach (Change change in _unsynced.Where(change => change.IsIn(directory)))
        {
            change.Apply(_durable);
        }

        _unsynced.RemoveAll(change => change.IsIn(directory));
    }

    public void SyncBadly(string directory, Random random)
    {
        foreach (Change change in _unsynced.Where(change => change.IsIn(directory) && random.Next(2) == 0))
        {
            change.Apply(_durable);
        }

        _unsynced.RemoveAll(change => change.IsIn(directory));
    }

    public SimulatedNames AfterCrash(Random random)
    {
        Table left = _durable.Copy(file => file);
        foreach (Change change in _unsynced.Where(_ => random.Next(2) == 0))
        {
            change.Apply(left);
        }

        left.DropLost();
        return AtRest(left.Copy(OnePerFile(file => file.AfterCrash(random))));
    }

    public SimulatedNames AfterKill() => AtRest(_seen.Copy(OnePerFile(file => file.AfterKill())));

    public SimulatedNames Copy()
    {
        // All tables and changes must go on naming the same file.
        Func<SimulatedInode, SimulatedInode> copy = OnePerFile(file => file.Copy());
        var names = new SimulatedNames { _seen = _seen.Copy(copy), _durable = _durable.Copy(copy) };
        names._unsynced.AddRange(
            _unsynced.Select(change => change with { File = change.File is null ? null : copy(change.File) }));
        return names;
    }

    private static Func<SimulatedInode, SimulatedInode> OnePerFile(Func<SimulatedInode, SimulatedInode> make)
    {
        var made = new Dictionary<int, SimulatedInode>();
        return file =>
        {
            if (!made.TryGetValue(file.Number, out SimulatedInode? copy))
            {
                copy = make(file);
                made.Add(file.Number, copy);
            }

            return copy;
        };
    }

    private static List<string> Sorted(IEnumerable<string> paths, string directory) =>
        [.. paths.Where(path => DirectoryOf(path) == directory).Select(NameOf).Order(StringComparer.Ordinal)];

    private static SimulatedNames AtRest(Table table) => new() { _seen = table, _durable = table.Copy(file => file) };

    private void Do(Change change)
    {
        change.Apply(_seen);
        _unsynced.Add(change);
    }

    /// <summary>A file comes, changes its name, or goes; a directory comes (neither file nor old name).</summary>
    private readonly record struct Change(string? From, string? To, SimulatedInode? File)
    {
        // A rename is one change, and it is there when its new name is.
        public bool IsIn(string directory) => DirectoryOf(To ?? From!) == directory;

        public void Apply(Table table)
        {
            if (To is null)
            {
                // If what brought the file here was lost, another one has the name, and keeps it.
                if (table.Files.GetValueOrDefault(From!)?.Number == File!.Number)
                {
                    table.Files.Remove(From!);
                }
            }
            else if (File is null)
            {
                table.Directories.Add(To);
            }
            else
            {
                table.Place(To, File);
            }
        }
    }

    private sealed class Table
    {
        public SortedDictionary<string, SimulatedInode> Files { get; private init; } = new(StringComparer.Ordinal);

        public SortedSet<string> Directories { get; private init; } = new(StringComparer.Ordinal);

        public bool Has(string directory) => directory.Length == 0 || Directories.Contains(directory);

        /// <summary>A file has one name: if a change before this was lost, it moves from where it was.</summary>
        public void Place(string path, SimulatedInode file)
        {
            string? before = Files.FirstOrDefault(pair => pair.Value.Number == file.Number).Key;
            if (before is not null)
            {
                Files.Remove(before);
            }

            Files[path] = file;
        }

        /// <summary>What lies in a directory that did not survive is gone.</summary>
        public void DropLost()
        {
            Directories.RemoveWhere(directory => !IsWhole(directory));
            foreach (string lost in Files.Keys.Where(path => !Has(DirectoryOf(path))).ToArray())
            {
                Files.Remove(lost);
            }
        }

        public Table Copy(Func<SimulatedInode, SimulatedInode> copy)
        {
            var table = new Table { Directories = new(Directories, StringComparer.Ordinal) };
            foreach ((string path, SimulatedInode file) in Files)
            {
                table.Files.Add(path, copy(file));
            }

            return table;
        }

        private bool IsWhole(string directory) =>
            directory.Length == 0 || (Directories.Contains(directory) && IsWhole(DirectoryOf(directory)));
    }
}
