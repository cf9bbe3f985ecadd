using System.Runtime.InteropServices;

namespace Nexo.Server.Transport;

/// <summary>
/// How many files and sockets the process may have open (<c>RLIMIT_NOFILE</c>), and so how many connections: some are kept back for the
/// data directory and for HTTP, since a log that cannot open its next segment harms everybody, one connection too many only itself.
/// </summary>
internal static partial class DescriptorLimit
{
    private const int FilesMin = 64;
    private const int FilesMax = 1_024;
    private const int HttpMax = 1_024;
    private const int LimitLinux = 7;
    private const int LimitMac = 8;

    /// <summary>Descriptors that the process may have; a large number where nobody says.</summary>
    public static int Descriptors { get; } = Raise();

    /// <summary>How they are shared out.</summary>
    public static DescriptorShares Shares { get; } = SharesOf(Descriptors - Open());

    /// <summary>Shares out what is free at the start.</summary>
    public static DescriptorShares SharesOf(int free)
    {
        int http = Math.Clamp(free / 8, 1, HttpMax);
        int files = Math.Clamp(free / 8, FilesMin, FilesMax);
        int connections = Math.Max(1, free - Math.Min(free / 2, http + files));
        return new DescriptorShares(connections, connections + (files / 4), http);
    }

    private static int Open()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    // Up to what the system allows without asking: a limit of 1,024 is for programs that use select(2).
    private static int Raise()
    {
        if (OperatingSystem.IsWindows())
        {
            return int.MaxValue;
        }

        int which = OperatingSystem.IsMacOS() ? LimitMac : LimitLinux;
        if (GetLimit(which, out Limits limits) != 0)
        {
            return int.MaxValue;
        }

        var raised = limits with { Now = limits.Most };
        if (limits.Now < limits.Most && SetLimit(which, in raised) == 0)
        {
            limits = raised;
        }

        return limits.Now > int.MaxValue ? int.MaxValue : (int)limits.Now;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int which, out Limits limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int which, in Limits limits);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limits
    {
        public nuint Now;
        public nuint Most;
    }
}

/// <summary>What the process has descriptors for.</summary>
/// <param name="Connections">Connections that are served, of all ports but that of HTTP.</param>
/// <param name="Accepted">Past it not even those are accepted that would only be told that there are too many.</param>
/// <param name="Http">Connections of HTTP.</param>
internal readonly record struct DescriptorShares(int Connections, int Accepted, int Http);
