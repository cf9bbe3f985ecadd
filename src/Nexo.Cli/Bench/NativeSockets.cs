using System.Runtime.InteropServices;

namespace Nexo.Cli.Bench;

/// <summary>
/// The calls of Linux that the generator's loop consists of. The framework's sockets would do, but each of their
/// operations costs more than a request may cost here, where client and server share the processors.
/// </summary>
internal static partial class NativeSockets
{
    public const int TryAgainError = 11;
    public const int InterruptedError = 4;

    private const int NoSignal = 0x4000;

    /// <summary>Bytes taken; -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</summary>
    public static int Send(int descriptor, ReadOnlySpan<byte> bytes) =>
        (int)SendBytes(descriptor, bytes, (nuint)bytes.Length, NoSignal);

    /// <summary>Bytes received; 0 at the end of the stream; -1 with an error, as with <see cref="Send"/>.</summary>
    public static int Receive(int descriptor, Span<byte> buffer) =>
        (int)ReceiveBytes(descriptor, buffer, (nuint)buffer.Length, 0);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SendBytes(int descriptor, ReadOnlySpan<byte> bytes, nuint count, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReceiveBytes(int descriptor, Span<byte> buffer, nuint count, int flags);
}
