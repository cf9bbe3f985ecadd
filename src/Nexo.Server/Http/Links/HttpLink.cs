using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Native;

namespace Nexo.Server.Http.Links;

/// <summary>
/// What serves a client of HTTP: a native connection within this process, which it logs in to with the client's credentials. So what a
/// request may do, what is written down of it, what its answer waits for and how it is refused are the native port's, and a tail is held up
/// by its client as any other. For one request at a time.
/// </summary>
internal sealed class HttpLink : IFrameSink, IDisposable
{
    private const int PingBytesMax = 64;
    private const int PieceBytes = 32 * 1_024;

    private readonly LinkTransport _transport;
    private readonly FrameAssembler _frames;
    private readonly Queue<LinkFrame> _arrived = new();
    private readonly FrameBuffer _outgoing = new();
    private readonly FrameBuffer _pong = new();
    private Task _idle = Task.CompletedTask;
    private uint _correlation;
    private volatile bool _leavesIdle;
    private bool _hasEnded;

    private HttpLink(LinkTransport transport, NativeConnection connection, int frameBytesMax)
    {
        _transport = transport;
        Connection = connection;
        FrameBytesMax = frameBytesMax;

        // What is answered is not limited as what is asked: a delivery may have more parts than the push that it came by.
        _frames = new FrameAssembler(int.MaxValue);
    }

    /// <summary>The other end.</summary>
    public NativeConnection Connection { get; }

    /// <summary>The largest frame that may be sent.</summary>
    public int FrameBytesMax { get; }

    /// <summary>Opens one, which is not logged in yet.</summary>
    public static HttpLink Open(HttpContext http, NativeServer server, KeptLeases leases)
    {
        var transport = new LinkTransport(http);
        var connection = new NativeConnection(transport, server, leases);
        _ = ServeAsync(server, connection, transport);
        return new HttpLink(transport, connection, server.Options.FrameBytesMax);
    }

    /// <summary>Says who the client is; null: it was let in.</summary>
    public async ValueTask<LinkFailure?> GreetAsync(HelloRequest hello, CancellationToken cancel)
    {
        ProtocolVersion.Preface.CopyTo(_transport.Output.GetSpan(ProtocolVersion.Preface.Length));
        _transport.Output.Advance(ProtocolVersion.Preface.Length);
        hello.WriteFrame(_outgoing, ++_correlation);
        using LinkFrame? answer = await AskAsync(cancel);
        return answer is null ? LinkFailure.Lost
            : answer.Kind == FrameKind.Reply ? null
            : LinkFailure.Of(answer);
    }

    /// <summary>Begins the frame of a request; <see cref="AskAsync"/> sends it.</summary>
    public FrameBuffer Begin(Opcode opcode, FrameFlags flags)
    {
        _outgoing.Begin(opcode, FrameKind.Request, ++_correlation, flags);
        return _outgoing;
    }

    /// <summary>Closes the frame of the request that was begun.</summary>
    public void EndRequest() => _outgoing.End();

    /// <summary>Forgets a request that was begun.</summary>
    public void Abandon() => _outgoing.Clear();

    /// <summary>Sends the request that was begun; gives its answer, or the GOAWAY that comes instead; null: the link has ended.</summary>
    public async ValueTask<LinkFrame?> AskAsync(CancellationToken cancel)
    {
        await SendAsync(_outgoing, cancel);
        return await ReadAsync(cancel);
    }

    /// <summary>Lets a subscription that was opened push so many more.</summary>
    public ValueTask AddCreditsAsync(uint credits, CancellationToken cancel)
    {
        new CreditNotice(credits).WriteFrame(_outgoing, _correlation);
        return SendAsync(_outgoing, cancel);
    }

    /// <summary>The next frame that is about the request, or a GOAWAY; null: the link has ended.</summary>
    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            if (_arrived.TryDequeue(out LinkFrame? frame))
            {
                if (await TakesPartAsync(frame, cancel))
                {
                    _hasEnded |= frame.IsGoAway;
                    return frame;
                }

                frame.Dispose();
                continue;
            }

            if (_hasEnded)
            {
                return null;
            }

            Take(await _transport.Input.ReadAsync(cancel));
        }
    }

    /// <summary>
    /// Nothing is asked for a while: until <see cref="EndIdleAsync"/> it answers PING, and ends when the other end goes away. Nobody else
    /// reads or sends meanwhile.
    /// </summary>
    public void BeginIdle()
    {
        _leavesIdle = false;
        _idle = IdleAsync();
    }

    /// <summary>True: it can take a request.</summary>
    public async ValueTask<bool> EndIdleAsync()
    {
        _leavesIdle = true;
        _transport.Input.CancelPendingRead();
        await _idle;
        return !_hasEnded;
    }

    public bool OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        _arrived.Enqueue(new LinkFrame(header, body));
        return true;
    }

    public void OnBrokenFrame(FrameStatus status) => _hasEnded = true;

    /// <summary>Ends it: what waits is cancelled. Not while somebody reads, but for when it is idle.</summary>
    public void Dispose()
    {
        if (_idle.IsCompleted)
        {
            Close();
            return;
        }

        _leavesIdle = true;
        _transport.Input.CancelPendingRead();
        _ = _idle.ContinueWith(
            static (_, link) => ((HttpLink)link!).Close(), this, CancellationToken.None, TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private async Task IdleAsync()
    {
        // Who begins it goes on.
        await Task.Yield();
        while (!_hasEnded && !_leavesIdle)
        {
            Take(await _transport.Input.ReadAsync());
            while (_arrived.TryDequeue(out LinkFrame? frame))
            {
                _hasEnded |= await TakesPartAsync(frame, CancellationToken.None) && frame.IsGoAway;
                frame.Dispose();
            }
        }

        if (_hasEnded)
        {
            // The other end need not wait for anybody to find out.
            _transport.Close();
        }
    }

    private void Close()
    {
        _hasEnded = true;
        _transport.Close();
        _outgoing.Dispose();
        _pong.Dispose();
        _frames.Dispose();
        while (_arrived.TryDequeue(out LinkFrame? frame))
        {
            frame.Dispose();
        }
    }

    private static async Task ServeAsync(NativeServer server, NativeConnection connection, LinkTransport transport)
    {
        // The client of HTTP is not to wait for what the connection does at its begin, nor it for the client.
        await Task.Yield();
        await server.Clients.ServeAsync(connection);
        transport.EndAnswers();
    }

    private async ValueTask SendAsync(FrameBuffer frames, CancellationToken cancel)
    {
        // In pieces: a large one must not lie in the pipe as well. Whether anybody reads is found by reading the answer.
        for (ReadOnlyMemory<byte> rest = frames.Written; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, PieceBytes)..])
        {
            await _transport.Output.WriteAsync(rest[..Math.Min(rest.Length, PieceBytes)], cancel);
        }

        frames.Clear();
    }

    private void Take(in ReadResult read)
    {
        foreach (ReadOnlyMemory<byte> piece in read.Buffer)
        {
            _frames.Feed(piece.Span, this);
        }

        _transport.Input.AdvanceTo(read.Buffer.End);
        _hasEnded |= read.IsCompleted || (read.IsCanceled && _transport.ConnectionClosed.IsCancellationRequested);
    }

    // PING is answered here, and reports of notices are nobody's.
    private async ValueTask<bool> TakesPartAsync(LinkFrame frame, CancellationToken cancel)
    {
        if (frame.Header is not { Opcode: Opcode.Ping, Kind: FrameKind.Request })
        {
            return frame.IsGoAway || (frame.Header.Correlation == _correlation && frame.Header.Opcode != Opcode.Report);
        }

        // A request may have been begun meanwhile.
        _pong.Begin(Opcode.Ping, FrameKind.Reply, frame.Header.Correlation);
        _pong.Write(frame.Body[..Math.Min(frame.Body.Length, PingBytesMax)]);
        _pong.End();
        await SendAsync(_pong, cancel);
        return false;
    }
}
