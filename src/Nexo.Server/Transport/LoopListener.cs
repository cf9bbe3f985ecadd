using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Transport;

/// <summary>Accepts connections for the event loops.</summary>
internal sealed class LoopListener(Socket socket, EventLoops loops) : IConnectionListener
{
    private const int FullDelayMs = 50;
    private const int KeepAliveSeconds = 300;

    public EndPoint EndPoint => socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                while (loops.Count + loops.Others >= DescriptorLimit.Shares.Accepted)
                {
                    await Task.Delay(FullDelayMs, cancellationToken);
                }

                return Serve(await socket.AcceptAsync(cancellationToken));
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException failure) when (failure.SocketErrorCode
                is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NotConnected)
            {
                // It had gone before it was accepted.
            }
            catch (SocketException)
            {
                // No descriptor or no memory for another one. Those that are open go on, and there may be room soon.
                await Task.Delay(FullDelayMs, cancellationToken);
            }
        }
    }

    private LoopConnection Serve(Socket accepted)
    {
        try
        {
            accepted.Blocking = false;
            if (accepted.ProtocolType == ProtocolType.Tcp)
            {
                accepted.NoDelay = true;

                // Not every protocol asks a silent client whether it is there.
                accepted.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                accepted.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            }

            return loops.Serve(accepted);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
