using System.Net.Security;
using System.Net.Sockets;

namespace Nexo.Client;

/// <summary>A connected socket, with TLS over it or without. One reader and one writer at a time.</summary>
internal sealed class Wire(Socket socket, SslStream? tls) : IDisposable
{
    /// <summary>Whether it is an error of the connection, which ends it.</summary>
    public static bool IsFailure(Exception error) => error is SocketException or ObjectDisposedException or IOException;

    /// <summary>What has come; 0: nothing more does.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancel = default) =>
        tls is null ? socket.ReceiveAsync(room, SocketFlags.None, cancel) : tls.ReadAsync(room, cancel);

    /// <summary>How much of it was sent.</summary>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel = default)
    {
        if (tls is null)
        {
            return socket.SendAsync(bytes, SocketFlags.None, cancel);
        }

        ValueTask write = tls.WriteAsync(bytes, cancel);
        return write.IsCompletedSuccessfully ? ValueTask.FromResult(bytes.Length) : Wait(write, bytes.Length);
    }

    /// <summary>Closes it, under a pending read too.</summary>
    public void Close()
    {
        try
        {
            // Disposing under a pending read would cut the connection with a reset; this says goodbye first.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other side was quicker.
        }

        Dispose();
    }

    public void Dispose()
    {
        tls?.Dispose();
        socket.Dispose();
    }

    private static async ValueTask<int> Wait(ValueTask write, int count)
    {
        await write.ConfigureAwait(false);
        return count;
    }
}
