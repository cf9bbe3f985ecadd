using System.Runtime.InteropServices;

namespace Nexo.Server.Transport;

/// <summary>The processor time of the calling thread, by <c>clock_gettime(2)</c>.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static long ReadNs()
    {
        _ = Read(ThreadCpuTime, out TimeValue value);
        return (value.Seconds * NanosecondsPerSecond) + value.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Read(int clock, out TimeValue value);

    private struct TimeValue
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
