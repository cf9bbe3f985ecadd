using System.Runtime.InteropServices;

namespace Nexo.Cli.Terminal;

/// <summary>The reader of our standard output has gone; there is nobody left to tell.</summary>
internal sealed class OutputClosedException() : IOException("The output was closed by its reader.");

/// <summary>
/// Standard output as write(2) sees it. The framework's own stream swallows EPIPE, so that <c>nexo store watch | head
/// -1</c> would go on for ever; and a <see cref="FileStream"/> would write at its own offset, over what others append
/// to the file.
/// </summary>
internal sealed partial class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int InterruptedError = 4;
    private const int TryAgainError = 11;
    private const int BrokenPipeError = 32;
    private const short PollOut = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static Stream Open() =>
        OperatingSystem.IsLinux() ? new StandardOutput() : System.Console.OpenStandardOutput();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = WriteDescriptor(Descriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            Recover(Marshal.GetLastPInvokeError());
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // write(2) keeps nothing back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void Recover(int error)
    {
        switch (error)
        {
            case InterruptedError:
                return;
            case TryAgainError:
                // Somebody made the shared description non-blocking: wait for room.
                var wait = new PollDescriptor { Descriptor = Descriptor, Events = PollOut };
                _ = Poll(ref wait, 1, -1);
                return;
            case BrokenPipeError:
                throw new OutputClosedException();
            default:
                throw new IOException($"cannot write to standard output: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint WriteDescriptor(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeoutMs);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
