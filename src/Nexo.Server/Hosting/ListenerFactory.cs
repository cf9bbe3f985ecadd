using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Nexo.Server.Hosting;

/// <summary>Kestrel's sockets, with a readable reason when one cannot be had, and care for the file of a unix socket.</summary>
internal sealed class ListenerFactory(SocketTransportFactory sockets) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.Claim(unix.ToString());
        }

        try
        {
            return await sockets.BindAsync(endpoint, cancellationToken);
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
