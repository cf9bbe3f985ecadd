using Microsoft.Win32.SafeHandles;

namespace Nexo.Storage;

/// <summary>A file of a <see cref="RealDisk"/>: positioned reads and writes, no buffer of its own.</summary>
internal sealed class RealFile(SafeFileHandle handle, string path) : IDiskFile
{
    private readonly SafeFileHandle _handle = handle;

    public string Path { get; } = path;

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(_handle);
            }
            catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
            {
                throw DiskErrors.From(exception, "length", Path);
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        int total = 0;
        try
        {
            while (total < buffer.Length)
            {
                int count = RandomAccess.Read(_handle, buffer[total..], offset + total);
                if (count == 0)
                {
                    break;
                }

                total += count;
            }

            return total;
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "read", Path);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (ArgumentOutOfRangeException exception) when (offset >= 0)
        {
            // What the runtime makes of EFBIG: the file system takes no longer files.
            throw new DiskException(DiskError.Full, "write", Path, exception);
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "write", Path);
        }
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "set length", Path);
        }
    }

    public void Sync()
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxFiles.SyncData(_handle, Path);
            return;
        }

        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception exception) when (DiskErrors.IsFromDisk(exception))
        {
            throw DiskErrors.From(exception, "sync", Path);
        }
    }

    public void Dispose() => _handle.Dispose();
}
