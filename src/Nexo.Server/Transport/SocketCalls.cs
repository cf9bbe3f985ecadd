using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nexo.Server.Transport;

/// <summary>
/// <c>recv(2)</c> and <c>send(2)</c> that never wait. A result below zero is <see cref="WouldBlock"/>, or a negated errno.
/// </summary>
internal static partial class SocketCalls
{
    public const int WouldBlock = -11;

    private const int Interrupted = -4;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;

    public static int Receive(int descriptor, Span<byte> buffer)
    {
        int result;
        do
        {
            result = Result(Receive(descriptor, ref MemoryMarshal.GetReference(buffer), buffer.Length, DontWait));
        }
        while (result == Interrupted);
        return result;
    }

    public static int Send(int descriptor, ReadOnlySpan<byte> bytes)
    {
        int result;
        do
        {
            result = Result(Send(descriptor, in MemoryMarshal.GetReference(bytes), bytes.Length, DontWait | NoSignal));
        }
        while (result == Interrupted);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Result(nint result) => result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Receive(int descriptor, ref byte buffer, nint bytes, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Send(int descriptor, in byte bytes, nint count, int flags);
}
