using System.IO.Pipelines;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Nexo.Server.Mqtt;

/// <summary>
/// MQTT over WebSocket (§6): packets lie in binary messages, in whatever pieces, and the sub-protocol is <c>mqtt</c>. To the connection it
/// is a pair of pipes as any other.
/// </summary>
internal sealed class MqttWebSocket(MqttServer server)
{
    public const string Path = "/mqtt";
    private const string SubProtocol = "mqtt";
    private const int PieceBytes = 16 * 1_024;

    /// <summary>What is received and not read yet holds the client up.</summary>
    private const int ReadAheadBytes = 64 * 1_024;

    public bool IsOn => server.Options.WebSocket;

    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest
            || !context.WebSockets.WebSocketRequestedProtocols.Contains(SubProtocol, StringComparer.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("Here is MQTT over WebSocket, with the sub-protocol mqtt.\n");
            return;
        }

        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(SubProtocol);
        await ServeAsync(context, socket);
    }

    private async Task ServeAsync(HttpContext context, WebSocket socket)
    {
        var input = new Pipe(new PipeOptions(
            pauseWriterThreshold: ReadAheadBytes, resumeWriterThreshold: ReadAheadBytes / 2, useSynchronizationContext: false));

        // A flush completes when the socket has taken all of it: the outbox builds on that.
        var output = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 0, useSynchronizationContext: false));
        var transport = new MqttWebSocketTransport(context, socket, new DuplexPipe(input.Reader, output.Writer));
        using CancellationTokenRegistration abort = context.RequestAborted.Register(transport.Abort);
        Task receiving = ReceiveAsync(socket, input.Writer, transport);
        Task sending = SendAsync(socket, output.Reader, transport);
        await server.Clients.ServeAsync(new MqttConnection(transport, server));
        await output.Writer.CompleteAsync();
        await sending;
        await CloseAsync(socket, transport.HasSentText ? WebSocketCloseStatus.InvalidMessageType : WebSocketCloseStatus.NormalClosure);
        await input.Reader.CompleteAsync();
        await receiving;
    }

    private static async Task ReceiveAsync(WebSocket socket, PipeWriter target, MqttWebSocketTransport transport)
    {
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult received = await socket.ReceiveAsync(target.GetMemory(PieceBytes), CancellationToken.None);

                if (received.MessageType != WebSocketMessageType.Binary)
                {
                    // Text is no MQTT ([MQTT-6.0.0-1]).
                    transport.HasSentText = received.MessageType == WebSocketMessageType.Text;
                    break;
                }

                target.Advance(received.Count);
                if ((await target.FlushAsync()).IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception
            is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The peer has gone: the end of the pipe says so.
        }

        await target.CompleteAsync();
        transport.MarkClosed();
    }

    private static async Task SendAsync(WebSocket socket, PipeReader source, MqttWebSocketTransport transport)
    {
        try
        {
            while (true)
            {
                ReadResult read = await source.ReadAsync();
                foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                {
                    await socket.SendAsync(piece, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
                }

                source.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception
            is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException
            or InvalidOperationException)
        {
            transport.MarkClosed();
        }

        await source.CompleteAsync();
    }

    private static async Task CloseAsync(WebSocket socket, WebSocketCloseStatus status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await socket.CloseOutputAsync(status, null, patience.Token);
        }
        catch (Exception exception) when (exception
            is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It has gone already.
        }

        socket.Abort();
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
