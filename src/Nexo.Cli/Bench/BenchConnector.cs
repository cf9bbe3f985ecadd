using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// Opens connections and greets, with the blocking calls of a socket that does not block and a poll between them: an
/// asynchronous call would register the socket with the framework's own event loop, which would then be woken by every
/// packet of the run.
/// </summary>
internal sealed class BenchConnector(BenchTarget target, TimeSpan timeout)
{
    /// <summary>The correlation of the greeting; requests count on from here.</summary>
    public const uint GreetingCorrelation = 1;

    private const int WelcomeBytesMax = 64 * 1_024;

    private EndPoint? _reachable;

    /// <param name="server">What the server said to the greeting.</param>
    public BenchLink Connect(out HelloReply server)
    {
        BenchLink link = Encrypt(Open());
        try
        {
            server = Greet(link);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    public static CliFailure Unreachable(BenchTarget target, string reason, Exception? cause = null) => new(
        ExitCode.CannotConnect,
        "cannot_connect",
        $"Cannot connect to {target.Name}: {reason.TrimEnd('.')}.",
        "is the server running? start one with: nexo serve",
        cause)
    { Retryable = true };

    private Socket Open()
    {
        SocketException? last = null;
        foreach (EndPoint endPoint in _reachable is null ? target.EndPoints : [_reachable])
        {
            ProtocolType protocol = endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
            var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol) { Blocking = false };
            try
            {
                Connect(socket, endPoint);
                if (protocol == ProtocolType.Tcp)
                {
                    socket.NoDelay = true;
                }

                _reachable = endPoint;
                return socket;
            }
            catch (SocketException failure)
            {
                last = failure;
                socket.Dispose();
            }
        }

        throw Unreachable(target, last?.Message ?? "it has no address", last);
    }

    private void Connect(Socket socket, EndPoint endPoint)
    {
        try
        {
            socket.Connect(endPoint);
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(timeout, SelectMode.SelectWrite))
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error != 0)
            {
                throw new SocketException(error);
            }
        }
    }

    private BenchLink Encrypt(Socket socket)
    {
        if (target.Tls is not { } how)
        {
            return new BenchLink(socket, tls: null);
        }

        OpenSsl? tls = null;
        try
        {
            tls = new OpenSsl((int)socket.SafeHandle.DangerousGetHandle(), how);
            while (tls.ShakeHands() is { } waitsForBytes)
            {
                if (!socket.Poll(timeout, waitsForBytes ? SelectMode.SelectRead : SelectMode.SelectWrite))
                {
                    throw new IOException("the TLS handshake did not end in time");
                }
            }

            return new BenchLink(socket, tls);
        }
        catch (Exception failure) when (failure is IOException or DllNotFoundException)
        {
            tls?.Dispose();
            socket.Dispose();
            throw Unreachable(target, failure.Message, failure);
        }
    }

    private HelloReply Greet(BenchLink link)
    {
        byte[] answer = new byte[WelcomeBytesMax];
        int count = 0;
        try
        {
            // A fresh connection takes a few hundred bytes at once.
            link.Send(target.Protocol.Greeting(target.Hello));
            while (true)
            {
                int received = Receive(link, answer.AsSpan(count));
                count += received != 0 ? Math.Max(received, 0) : throw Unreachable(target, $"it does not speak {target.Scheme}");
                if (target.Protocol.ReadWelcome(answer.AsSpan(0, count), target) is { } welcome)
                {
                    return welcome;
                }
            }
        }
        catch (SocketException failure)
        {
            throw Unreachable(target, failure.Message, failure);
        }
    }

    // -1: nothing yet, as a record of TLS may be none of data.
    private int Receive(BenchLink link, Span<byte> buffer)
    {
        if (!link.Wait(timeout, SelectMode.SelectRead))
        {
            throw new SocketException((int)SocketError.TimedOut);
        }

        int count = link.Receive(buffer);
        int error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
        return error is 0 or NativeSockets.TryAgainError or NativeSockets.InterruptedError ? count : throw new SocketException(error);
    }
}
