using System.Net.Sockets;

namespace Nexo.Cli.Bench;

/// <summary>A connected socket that does not block, with TLS over it or without.</summary>
internal sealed class BenchLink(Socket socket, OpenSsl? tls) : IDisposable
{
    /// <summary>What readiness is asked of.</summary>
    public int Descriptor { get; } = (int)socket.SafeHandle.DangerousGetHandle();

    /// <summary>The socket below, for whom there is no TLS over it.</summary>
    public Socket Socket => socket;

    /// <summary>As <see cref="NativeSockets.Send"/>.</summary>
    public int Send(ReadOnlySpan<byte> bytes) => tls is null ? NativeSockets.Send(Descriptor, bytes) : tls.Send(bytes);

    /// <summary>As <see cref="NativeSockets.Receive"/>.</summary>
    public int Receive(Span<byte> buffer) => tls is null ? NativeSockets.Receive(Descriptor, buffer) : tls.Receive(buffer);

    /// <summary>Waits until bytes can be received or sent; false: not in time.</summary>
    public bool Wait(TimeSpan timeout, SelectMode mode) =>
        (mode == SelectMode.SelectRead && tls is { HasPending: true }) || socket.Poll(timeout, mode);

    public void Dispose()
    {
        tls?.Dispose();
        socket.Dispose();
    }
}
