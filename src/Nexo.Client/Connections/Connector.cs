using System.Net;
using System.Net.Sockets;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Makes connections: socket, TLS, preface, HELLO.</summary>
internal sealed class Connector(NexoClientOptions options, NexoUrl url, Dispatcher dispatcher)
{
    private const uint HelloCorrelation = 1;

    // HELLO's answer is about a hundred bytes; a server that announces more than this is none.
    private const int HelloBytesMax = 64 * 1_024;

    /// <summary>Connects, within <see cref="NexoClientOptions.ConnectTimeout"/>.</summary>
    /// <exception cref="NexoException">It could not.</exception>
    public async Task<Connection> ConnectAsync(CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancel);
        Wire? wire = null;
        var received = new ReceiveBuffer();
        try
        {
            wire = await OpenAsync(either.Token).ConfigureAwait(false);
            await SendHelloAsync(wire, either.Token).ConfigureAwait(false);
            HelloReply hello = await ReceiveHelloAsync(wire, received, either.Token).ConfigureAwait(false);
            return new Connection(wire, received, hello, dispatcher, options.TimeProvider);
        }
        catch (Exception error)
        {
            wire?.Dispose();
            received.Dispose();
            throw error switch
            {
                NexoException => error,
                OperationCanceledException when cancel.IsCancellationRequested => error,
                OperationCanceledException => Failed($"it did not answer within {options.ConnectTimeout}", error),
                _ => Failed(error.Message.TrimEnd('.'), error),
            };
        }
    }

    private async Task<Wire> OpenAsync(CancellationToken cancel)
    {
        Socket socket = await OpenSocketAsync(cancel).ConfigureAwait(false);
        if (url.Tls is not { } tls)
        {
            return new Wire(socket, tls: null);
        }

        try
        {
            return new Wire(socket, await new TlsHandshake(tls, url.Host!).RunAsync(socket, cancel).ConfigureAwait(false));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Socket> OpenSocketAsync(CancellationToken cancel)
    {
        Socket socket = url.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            EndPoint server = url.SocketPath is null
                ? new DnsEndPoint(url.Host!, url.Port)
                : new UnixDomainSocketEndPoint(url.SocketPath);
            await socket.ConnectAsync(server, cancel).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task SendHelloAsync(Wire wire, CancellationToken cancel)
    {
        using var buffer = new FrameBuffer();
        buffer.Write(ProtocolVersion.Preface);
        var hello = new HelloRequest
        {
            ClientName = options.ClientName,
            User = options.User ?? url.User,
            Password = options.Password ?? url.Password,
            Token = options.Token ?? url.Token,
            Namespace = Namespace,
        };
        hello.WriteFrame(buffer, HelloCorrelation);
        ReadOnlyMemory<byte> rest = buffer.Written;
        while (!rest.IsEmpty)
        {
            rest = rest[await wire.SendAsync(rest, cancel).ConfigureAwait(false)..];
        }
    }

    private async Task<HelloReply> ReceiveHelloAsync(Wire wire, ReceiveBuffer received, CancellationToken cancel)
    {
        while (true)
        {
            int count = await wire.ReceiveAsync(received.MakeRoom(), cancel).ConfigureAwait(false);
            if (count == 0)
            {
                throw Failed("it closed the connection before it answered HELLO");
            }

            received.Received(count);
            if (TryTakeHello(received, out HelloReply? hello))
            {
                return hello!;
            }
        }
    }

    private bool TryTakeHello(ReceiveBuffer received, out HelloReply? hello)
    {
        FrameStatus status = received.TryTakeFrame(HelloBytesMax, out FrameHeader header, out ReadOnlySpan<byte> body);
        hello = null;
        if (status is FrameStatus.NeedHeader or FrameStatus.NeedBody)
        {
            return false;
        }

        bool refused = header.Kind == FrameKind.Error || header.Opcode == Opcode.GoAway;
        if (status == FrameStatus.Complete && refused && ErrorBody.TryRead(body, out ErrorBody error))
        {
            throw CallErrors.FromServer(error);
        }

        bool isHello = status == FrameStatus.Complete
            && header is { Opcode: Opcode.Hello, Kind: FrameKind.Reply, Correlation: HelloCorrelation }
            && HelloReply.TryRead(body, out hello);
        if (!isHello)
        {
            throw CallErrors.Violation($"what answers at {url.Address} does not speak the Nexo protocol");
        }

        if (hello!.Version != ProtocolVersion.V1)
        {
            throw new NexoException(
                ErrorCode.UnsupportedVersion,
                $"The server chose protocol version {hello.Version}; this client speaks {ProtocolVersion.V1}.",
                retryable: false);
        }

        // A server of an earlier version passes over what it does not know: what was meant for one namespace must not land in another.
        return Namespace is null || Namespace == (hello.Namespace ?? NexoServerInfo.DefaultNamespace)
            ? true
            : throw new NexoException(
                ErrorCode.NamespaceNotFound, $"The server at {url.Address} knows no namespaces.", retryable: false);
    }

    private string? Namespace => options.Namespace ?? url.Namespace;

    private NexoException Failed(string how, Exception? cause = null) => new(
        ClientErrorCode.ConnectFailed, $"Could not connect to {url.Address}: {how}.", retryable: true, cause);
}
