using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// Pages for the arenas, cut from regions that are reserved untouched: the operating system gives memory when a page
/// is written, and takes it back when a page returns. Regions instead of a mapping per page keep the number of the
/// process's mappings small however the pages are freed.
/// </summary>
internal sealed unsafe partial class PagePool : IDisposable
{
    private const int PagesPerRegion = 64;
    private const int ProtectReadWrite = 3;
    private const int MapPrivateAnonymousNoReserve = 0x4022;
    private const int AdviseDontNeed = 4;
    private const int AdviseHugePages = 14;
    private const nuint HugePageBytes = 2 * 1_024 * 1_024;

    // A huge page is resident as a whole when a byte of it is written. In a small store that would be most of what it
    // takes; in a large one it saves the processor more look-ups of addresses than it has room to remember.
    private const int PlainRegions = 8;

    private readonly Lock _gate = new();
    private readonly List<nint> _regions = [];
    private readonly Stack<nint> _free = new();
    private readonly int _pageBytes;
    private long _rented;

    public PagePool(int pageBytes) => _pageBytes = pageBytes;

    public long RentedBytes => Volatile.Read(ref _rented) * _pageBytes;

    private nuint RegionBytes => (nuint)PagesPerRegion * (nuint)_pageBytes;

    public byte* Rent()
    {
        lock (_gate)
        {
            if (_free.Count == 0)
            {
                AddRegion();
            }

            _rented++;
            return (byte*)_free.Pop();
        }
    }

    public void Return(byte* page)
    {
        // Only memory that is a multiple of the system's pages can be given back; the small pages of tests are not.
        if (OperatingSystem.IsLinux() && _pageBytes >= Environment.SystemPageSize)
        {
            _ = Advise(page, (nuint)_pageBytes, AdviseDontNeed);
        }

        lock (_gate)
        {
            _rented--;
            _free.Push((nint)page);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (nint region in _regions)
            {
                Release(region);
            }

            _regions.Clear();
            _free.Clear();
            _rented = 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* address, nuint length, int advice);

    private void AddRegion()
    {
        byte* region = Reserve();
        _regions.Add((nint)region);
        for (int i = PagesPerRegion - 1; i >= 0; i--)
        {
            _free.Push((nint)(region + ((nint)i * _pageBytes)));
        }
    }

    private byte* Reserve()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (byte*)NativeMemory.AlignedAlloc(RegionBytes, (nuint)Environment.SystemPageSize);
        }

        // Reserved with room to align, since a huge page is only given where a whole one fits.
        nuint reserved = RegionBytes + HugePageBytes;
        void* start = Map(null, reserved, ProtectReadWrite, MapPrivateAnonymousNoReserve, -1, 0);
        if (start == (void*)-1)
        {
            throw new InsufficientMemoryException($"mmap: error {Marshal.GetLastPInvokeError()}");
        }

        nuint aligned = ((nuint)start + HugePageBytes - 1) & ~(HugePageBytes - 1);
        if (_regions.Count >= PlainRegions)
        {
            _ = Advise((void*)aligned, RegionBytes, AdviseHugePages);
        }

        return (byte*)aligned;
    }

    private void Release(nint region)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Unmap((void*)region, RegionBytes);
        }
        else
        {
            NativeMemory.AlignedFree((void*)region);
        }
    }
}
