using System.Runtime.InteropServices;

namespace Nexo.Server.Security;

/// <summary>
/// Work that takes a processor for long, on a thread of its own to which the system gives little where others want it: passwords are
/// dear to verify, and whoever guesses them must not make that dear for everybody.
/// </summary>
internal static partial class QuietWork
{
    private const int Process = 0;
    private const int ThisThread = 0;
    private const int Niceness = 15;

    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancel) => Task.Factory.StartNew(
        () =>
        {
            if (OperatingSystem.IsLinux())
            {
                // On Linux this is of a thread, and it ends with it. When it is refused, nothing is lost but the quiet.
                _ = SetPriority(Process, ThisThread, Niceness);
            }

            return work();
        },
        cancel,
        TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously,
        TaskScheduler.Default);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, int who, int niceness);
}
