using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Nexo.Server.Transport;

namespace Nexo.Server.Hosting;

/// <summary>
/// Sockets for Kestrel: event loops under the native protocol, Kestrel's own transport under HTTP, and under both where
/// there is no epoll. With a readable reason when one cannot be had, and care for the file of a unix socket.
/// </summary>
internal sealed class ListenerFactory(SocketTransportFactory sockets, EventLoops loops) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.Claim(unix.ToString());
        }

        try
        {
            return OperatingSystem.IsLinux() && endpoint is NativeEndPoint or UnixDomainSocketEndPoint
                ? Listen(endpoint)
                : await sockets.BindAsync(endpoint, cancellationToken);
        }
        catch (Exception failure) when (failure is AddressInUseException or SocketException or UnauthorizedAccessException)
        {
            throw new ServerStartException(Explain(endpoint, failure), failure);
        }
    }

    /// <summary>Binds, and closes a unix socket to other users before anybody can connect to it.</summary>
    public static Socket CreateBoundSocket(EndPoint endpoint)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.Protect(unix.ToString());
        }

        return socket;
    }

    private LoopListener Listen(EndPoint endpoint)
    {
        Socket socket = CreateBoundSocket(endpoint);
        try
        {
            socket.Listen(Backlog);
            return new LoopListener(socket, loops);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Explain(EndPoint endpoint, Exception failure)
    {
        SocketError error = failure switch
        {
            SocketException socket => socket.SocketErrorCode,
            AddressInUseException => SocketError.AddressAlreadyInUse,
            _ => SocketError.AccessDenied,
        };
        return (endpoint, error) switch
        {
            (IPEndPoint ip, SocketError.AddressAlreadyInUse) =>
                $"port {ip.Port} on {ip.Address} is in use, perhaps by another nexo; stop that program, or choose other ports "
                + "with --port and --http-port (0: any free one)",
            (IPEndPoint ip, SocketError.AccessDenied) =>
                $"this user may not listen on port {ip.Port}; choose one from 1024 up",
            (IPEndPoint ip, SocketError.AddressNotAvailable) =>
                $"{ip.Address} is no address of this machine; see network.bind",
            _ => $"cannot listen on {endpoint}: {failure.Message}",
        };
    }
}
