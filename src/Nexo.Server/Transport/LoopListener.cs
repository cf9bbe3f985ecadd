using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Transport;

/// <summary>Accepts connections for the event loops.</summary>
internal sealed class LoopListener(Socket socket, EventLoops loops) : IConnectionListener
{
    private const int FullDelayMs = 50;

    public EndPoint EndPoint => socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                Socket accepted = await socket.AcceptAsync(cancellationToken);
                accepted.Blocking = false;
                if (accepted.ProtocolType == ProtocolType.Tcp)
                {
                    accepted.NoDelay = true;
                }

                return loops.Serve(accepted);
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                // Those that are open go on; the next one waits until one of them ends.
                await Task.Delay(FullDelayMs, cancellationToken);
            }
            catch (SocketException)
            {
                // It had gone before it was accepted.
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
