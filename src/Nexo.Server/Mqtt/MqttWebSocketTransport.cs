using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Nexo.Server.Tls;

namespace Nexo.Server.Mqtt;

/// <summary>A WebSocket as a connection has its transport. It may be aborted at any time, also when it is over.</summary>
internal sealed class MqttWebSocketTransport : ConnectionContext
{
    [SuppressMessage("Usage", "CA2213", Justification = "Who looks at the end of the connection may do so later than it ends.")]
    private readonly CancellationTokenSource _closed = new();

    private readonly WebSocket _socket;

    public MqttWebSocketTransport(HttpContext http, WebSocket socket, IDuplexPipe transport)
    {
        _socket = socket;
        ConnectionId = http.Connection.Id;
        ConnectionClosed = _closed.Token;
        Transport = transport;
        RemoteEndPoint = EndPointOf(http.Connection.RemoteIpAddress, http.Connection.RemotePort);
        LocalEndPoint = EndPointOf(http.Connection.LocalIpAddress, http.Connection.LocalPort);
        Features.Set(http.Features.Get<TlsPeer>());
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>The peer has sent what is not MQTT; known once it sends nothing any more.</summary>
    public bool HasSentText { get; set; }

    /// <summary>The peer sends nothing any more.</summary>
    public void MarkClosed() => _closed.Cancel();

    public override void Abort(ConnectionAbortedException abortReason) => Abort();

    public override void Abort()
    {
        // Whatever is received or sent fails, and ends the pipes.
        _socket.Abort();
        _closed.Cancel();
    }

    private static IPEndPoint? EndPointOf(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);
}
