namespace Nexo.Storage;

/// <summary>An open file of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, SimulatedInode file, string path, bool writable, bool locked)
    : IDiskFile
{
    private readonly SimulatedDisk _disk = disk;
    private readonly SimulatedInode _file = file;
    private bool _disposed;

    public string Path { get; } = path;

    public long Length
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _disk.LengthOf(_file);
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _disk.Read(_file, Path, buffer, offset);
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        RequireWritable("write");
        _disk.Write(_file, Path, bytes, offset);
    }

    public void SetLength(long length)
    {
        RequireWritable("set length");
        _disk.SetLength(_file, Path, length);
    }

    public void Sync()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _disk.Sync(_file, Path);
    }

    public void Dispose()
    {
        if (!_disposed && locked)
        {
            _disk.Unlock(_file);
        }

        _disposed = true;
    }

    private void RequireWritable(string operation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!writable)
        {
            throw new DiskException(DiskError.Denied, operation, Path);
        }
    }
}
