using System.Net;
using System.Net.Sockets;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// Opens connections and says HELLO, with the blocking calls of a socket that does not block and a poll between them: an
/// asynchronous call would register the socket with the framework's own event loop, which would then be woken by every
/// packet of the run.
/// </summary>
internal sealed class BenchConnector(BenchTarget target, TimeSpan timeout)
{
    /// <summary>The correlation of HELLO; requests count on from here.</summary>
    public const uint HelloCorrelation = 1;

    private const int HelloReplyBytesMax = 64 * 1_024;

    private EndPoint? _reachable;

    /// <param name="server">What the server said to HELLO.</param>
    public Socket Connect(out HelloReply server)
    {
        Socket socket = Open();
        try
        {
            server = Greet(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

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
                socket.NoDelay = protocol == ProtocolType.Tcp;
                _reachable = endPoint;
                return socket;
            }
            catch (SocketException failure)
            {
                last = failure;
                socket.Dispose();
            }
        }

        throw Unreachable(last?.Message ?? "it has no address", last);
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

    private HelloReply Greet(Socket socket)
    {
        using var hello = new FrameBuffer();
        hello.Write(ProtocolVersion.Preface);
        target.Hello.WriteFrame(hello, HelloCorrelation);
        byte[] answer = new byte[HelloReplyBytesMax];
        int count = 0;
        try
        {
            // A fresh connection takes a few hundred bytes at once.
            socket.Send(hello.Written.Span);
            while (true)
            {
                FrameStatus status = FrameHeader.TryRead(answer.AsSpan(0, count), answer.Length, out FrameHeader header);
                if (status == FrameStatus.Complete)
                {
                    return Understand(header, answer.AsSpan(FrameHeader.Size..header.TotalSize));
                }

                int received = status is FrameStatus.NeedHeader or FrameStatus.NeedBody
                    ? Receive(socket, answer.AsSpan(count))
                    : 0;
                count += received > 0 ? received : throw Unreachable("it does not speak the Nexo protocol", null);
            }
        }
        catch (SocketException failure)
        {
            throw Unreachable(failure.Message, failure);
        }
    }

    private int Receive(Socket socket, Span<byte> buffer) =>
        socket.Poll(timeout, SelectMode.SelectRead)
            ? socket.Receive(buffer)
            : throw new SocketException((int)SocketError.TimedOut);

    private HelloReply Understand(FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Kind == FrameKind.Reply && HelloReply.TryRead(body, out HelloReply? reply) && reply is not null)
        {
            return reply;
        }

        if (!ErrorBody.TryRead(body, out ErrorBody error))
        {
            throw Unreachable("it does not speak the Nexo protocol", null);
        }

        bool identity = error.Code is >= ErrorCode.AuthenticationRequired and < ErrorCode.TooManyConnections;
        throw new CliFailure(
            identity ? ExitCode.Authentication : ExitCode.Refused,
            identity ? "authentication" : "refused",
            $"{target.Name} refused the connection: {error.MessageText} ({error.Code}).",
            identity ? "give --token, or --user with NEXO_PASSWORD" : null)
        { Retryable = error.Retryable };
    }

    private CliFailure Unreachable(string reason, Exception? cause) => new(
        ExitCode.CannotConnect,
        "cannot_connect",
        $"Cannot connect to {target.Name}: {reason.TrimEnd('.')}.",
        "is the server running? start one with: nexo serve",
        cause)
    { Retryable = true };
}
