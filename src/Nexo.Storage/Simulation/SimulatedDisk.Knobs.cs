namespace Nexo.Storage;

/// <content>What tests do to the disk.</content>
internal sealed partial class SimulatedDisk
{
    private List<DiskOperation>? _operations;
    private SimulatedDisk? _recordedFrom;
    private bool _halted;

    /// <summary>Room for content; a write beyond it is cut short and fails as <see cref="DiskError.Full"/>.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Is called before each operation, on its thread and outside of any lock: it may block.</summary>
    public Action<DiskOperationKinds, string>? Before { get; set; }

    /// <summary>The changes since <see cref="StartRecording"/>.</summary>
    public IReadOnlyList<DiskOperation> Operations
    {
        get
        {
            lock (_gate)
            {
                return _operations is null ? [] : [.. _operations];
            }
        }
    }

    /// <summary>The files as they are now, by path.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            lock (_gate)
            {
                return [.. _names.Files.Select(pair => pair.Key)];
            }
        }
    }

    /// <summary>How many operations of these kinds have been asked for, failed ones too.</summary>
    public int Count(DiskOperationKinds kinds = DiskOperationKinds.AllButReads)
    {
        lock (_gate)
        {
            return _faults.Count(kinds);
        }
    }

    /// <summary>
    /// Makes the n-th operation of these kinds from now on fail (1: the next), and with <paramref name="fromThenOn"/>
    /// all behind it. A write that fails may have written some of its bytes; what a failed sync was to make durable is
    /// partly lost, although it can still be read and the next sync succeeds.
    /// </summary>
    public void FailAt(
        int n, DiskError error, DiskOperationKinds kinds = DiskOperationKinds.AllButReads, bool fromThenOn = false)
    {
        lock (_gate)
        {
            _faults.Add(n, error, kinds, fromThenOn);
        }
    }

    /// <summary>No failures any more.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    /// <summary>Every operation fails from now on: for threads of a program that is taken for dead.</summary>
    public void Halt()
    {
        lock (_gate)
        {
            _halted = true;
        }
    }

    /// <summary>
    /// The disk after a power loss now: what was synced, and of the rest (writes, lengths, names) anything, torn at
    /// sectors of 512 or 4,096 bytes. This disk stays as it is, so that several outcomes can be had.
    /// </summary>
    public SimulatedDisk Crash(int seed)
    {
        lock (_gate)
        {
            return new SimulatedDisk(seed, _names.AfterCrash(new Random(seed)), _lastFile)
            {
                CapacityBytes = CapacityBytes,
            };
        }
    }

    /// <summary>The disk after the process was killed now: everything that was written.</summary>
    public SimulatedDisk Kill()
    {
        lock (_gate)
        {
            return new SimulatedDisk(_seed, _names.AfterKill(), _lastFile) { CapacityBytes = CapacityBytes };
        }
    }

    /// <summary>Keeps all changes from now on, for <see cref="Replay"/>.</summary>
    public void StartRecording()
    {
        lock (_gate)
        {
            _recordedFrom = Copy();
            _operations = [];
        }
    }

    /// <summary>
    /// The disk as it was at the start of the recording, then after each of the recorded changes. It is one and the
    /// same disk that moves on: take what is needed (<see cref="Crash"/>, <see cref="Kill"/>) before the next.
    /// </summary>
    public IEnumerable<SimulatedDisk> Replay()
    {
        if (_recordedFrom is null)
        {
            throw new InvalidOperationException("Nothing has been recorded.");
        }

        SimulatedDisk disk = _recordedFrom.Copy();
        IReadOnlyList<DiskOperation> operations = Operations;
        var files = disk._names.Files.ToDictionary(pair => pair.Value.Number, pair => pair.Value);
        yield return disk;
        foreach (DiskOperation operation in operations)
        {
            disk.Repeat(operation, files);
            yield return disk;
        }
    }

    /// <summary>Content of a file, past all faults and counts.</summary>
    public byte[] ReadAll(string path)
    {
        lock (_gate)
        {
            return Find("read", path).Content.Span.ToArray();
        }
    }

    /// <summary>Puts a durable file there with this content, past all faults, counts and recordings.</summary>
    public void WriteAll(string path, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            string directory = SimulatedNames.DirectoryOf(path);
            for (string at = directory; !_names.HasDirectory(at); at = SimulatedNames.DirectoryOf(at))
            {
                _names.AddDirectory(at);
                _names.Sync(SimulatedNames.DirectoryOf(at));
            }

            _used -= _names.Find(path)?.AllocatedBytes ?? 0;
            var file = new SimulatedInode(++_lastFile);
            file.Write(bytes.ToArray(), 0);
            file.Sync();
            _names.Add(path, file);
            _names.Sync(directory);
            _used += file.AllocatedBytes;
        }
    }

    /// <summary>Damage to a file at rest (one without unsynced writes): one bit (0 to 7) of one byte.</summary>
    public void FlipBit(string path, long offset, int bit) => Damage(path, content => content.Flip(offset, bit));

    /// <summary>Damage to a file at rest: what lies behind is gone.</summary>
    public void Truncate(string path, long length) => Damage(path, content => content.SetLength(length));

    private void Damage(string path, Action<SimulatedContent> damage)
    {
        lock (_gate)
        {
            SimulatedInode file = Find("damage", path);
            if (file.HasUnsynced)
            {
                throw new InvalidOperationException($"{path} has unsynced writes: take Kill() or Crash() first.");
            }

            file.Damage(damage);
        }
    }

    private SimulatedDisk Copy() => new(_seed, _names.Copy(), _lastFile) { CapacityBytes = CapacityBytes };

    private DiskError? Next(DiskOperationKinds kind, string operation, string path) =>
        _halted ? throw new DiskException(DiskError.Io, operation, path) : _faults.Next(kind);

    private void Record(
        DiskOperationKinds kind,
        string path,
        SimulatedInode? file = null,
        string? target = null,
        long offset = 0,
        byte[]? bytes = null,
        bool failed = false) =>
        _operations?.Add(new DiskOperation(kind, path, file?.Number ?? 0, target, offset, bytes ?? [], failed));

    // Past faults and counts. A sync that failed draws other lots than it did: any outcome is fair.
    private void Repeat(DiskOperation operation, Dictionary<int, SimulatedInode> files)
    {
        SimulatedInode? file = files.GetValueOrDefault(operation.File);
        switch (operation.Kind)
        {
            case DiskOperationKinds.Create:
                file = new SimulatedInode(operation.File);
                files.Add(operation.File, file);
                _names.Add(operation.Path, file);
                _lastFile = operation.File;
                break;
            case DiskOperationKinds.Write:
                file!.Write(operation.Bytes, operation.Offset);
                break;
            case DiskOperationKinds.SetLength:
                file!.SetLength(operation.Offset);
                break;
            case DiskOperationKinds.Sync when operation.Failed:
                file!.SyncBadly(_random);
                break;
            case DiskOperationKinds.Sync:
                file!.Sync();
                break;
            case DiskOperationKinds.Rename:
                _names.Rename(operation.Path, operation.Target!, file!);
                break;
            case DiskOperationKinds.Delete:
                _names.Remove(operation.Path, file!);
                break;
            case DiskOperationKinds.CreateDirectory:
                _names.AddDirectory(operation.Path);
                break;
            case DiskOperationKinds.SyncDirectory when operation.Failed:
                _names.SyncBadly(operation.Path, _random);
                break;
            default:
                _names.Sync(operation.Path);
                break;
        }
    }
}
