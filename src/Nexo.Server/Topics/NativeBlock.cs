using System.Runtime.InteropServices;

namespace Nexo.Server.Topics;

/// <summary>
/// A large block outside of the collector's heap: the system has it back when it is disposed of, where an array would stay until some
/// collection, or in a pool for good. One that is forgotten is given back when it is found to be.
/// </summary>
internal sealed unsafe partial class NativeBlock : IDisposable
{
    private const int ProtectReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;

    private readonly int _length;
    private void* _start;

    public NativeBlock(int length)
    {
        _length = length;
        _start = OperatingSystem.IsLinux()
            ? Map(null, (nuint)length, ProtectReadWrite, MapPrivateAnonymous, -1, 0)
            : NativeMemory.Alloc((nuint)length);
        if (_start == (void*)-1)
        {
            _start = null;
            throw new InsufficientMemoryException($"mmap: error {Marshal.GetLastPInvokeError()}");
        }
    }

    ~NativeBlock() => Free();

    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == null, this);
            return new Span<byte>(_start, _length);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);

    private void Free()
    {
        if (_start == null)
        {
            return;
        }

        if (OperatingSystem.IsLinux())
        {
            _ = Unmap(_start, (nuint)_length);
        }
        else
        {
            NativeMemory.Free(_start);
        }

        _start = null;
    }
}
