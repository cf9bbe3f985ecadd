using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Nexo.Server.Tls;

namespace Nexo.Server.Http.Links;

/// <summary>
/// The transport of a <see cref="HttpLink"/>: two pipes within the process. To the connection behind it, its client is where the client
/// of HTTP is, with the same certificate.
/// </summary>
internal sealed class LinkTransport : ConnectionContext
{
    /// <summary>What was sent and not read yet holds the sender up.</summary>
    private const int ReadAheadBytes = 64 * 1_024;

    private readonly Pipe _toServer = new(new PipeOptions(
        pauseWriterThreshold: ReadAheadBytes, resumeWriterThreshold: ReadAheadBytes / 2, useSynchronizationContext: false));

    // A flush completes when the other end has taken all of it: the outbox builds on that.
    private readonly Pipe _toClient = new(new PipeOptions(
        pauseWriterThreshold: 1, resumeWriterThreshold: 0, useSynchronizationContext: false));

    [SuppressMessage("Usage", "CA2213", Justification = "Who looks at the end of the connection may do so later than it ends.")]
    private readonly CancellationTokenSource _closed = new();

    public LinkTransport(HttpContext http)
    {
        ConnectionId = http.Connection.Id;
        ConnectionClosed = _closed.Token;
        Transport = new DuplexPipe(_toServer.Reader, _toClient.Writer);
        RemoteEndPoint = EndPointOf(http.Connection.RemoteIpAddress, http.Connection.RemotePort);
        LocalEndPoint = EndPointOf(http.Connection.LocalIpAddress, http.Connection.LocalPort);
        Features.Set(http.Features.Get<TlsPeer>());
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>The client's end: what the connection is sent.</summary>
    public PipeWriter Output => _toServer.Writer;

    /// <summary>The client's end: what the connection has answered.</summary>
    public PipeReader Input => _toClient.Reader;

    /// <summary>The client sends and reads nothing any more. May be called again.</summary>
    public void Close()
    {
        _toServer.Writer.Complete();
        _toClient.Reader.Complete();
        _closed.Cancel();
    }

    public override void Abort(ConnectionAbortedException abortReason) => Abort();

    // From any thread: the reader of either pipe finds that it has ended.
    public override void Abort()
    {
        _closed.Cancel();
        _toServer.Reader.CancelPendingRead();
        _toClient.Reader.CancelPendingRead();
    }

    /// <summary>The connection has sent all that it will, and reads nothing more.</summary>
    public void EndAnswers()
    {
        _toClient.Writer.Complete();
        _toServer.Reader.Complete();
    }

    private static IPEndPoint? EndPointOf(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
