using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Server.Hosting;

/// <summary>
/// Asks the native port of this very server for an answer, as a client would: it goes through the listener and an event loop.
/// </summary>
internal sealed class SelfProbe(Listeners listeners)
{
    /// <summary>
    /// Whether anything comes back for a HELLO. It has no credentials, so an error is an answer too, and so is the refusal of
    /// one connection too many.
    /// </summary>
    public async Task<bool> AnswersAsync(TimeSpan within, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(within);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(Reachable(listeners.Native), limit.Token);
            using var hello = new FrameBuffer();
            new HelloRequest { ClientName = "nexo watchdog" }.WriteFrame(hello, correlation: 1);
            await socket.SendAsync(hello.Written, limit.Token);
            return await socket.ReceiveAsync(new byte[FrameHeader.Size], limit.Token) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    // Bound to every address, it is reached by the loopback one.
    private static IPEndPoint Reachable(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port)
        : bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, bound.Port)
        : bound;
}
