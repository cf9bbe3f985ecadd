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

    /// <summary>Why the other end goes away; null: it does not, or has not said so.</summary>
    public LinkFailure? Farewell { get; private set; }

    /// <summary>The last request was sent in full: if no answer came, what became of it is not known.</summary>
    public bool HasSent { get; private set; }

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
        await SendAsync(_outgoing, cancel);
        using LinkFrame? answer = await ReadAsync(endsByFarewell: true, cancel);
        return answer is null ? Farewell ?? LinkFailure.Lost
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

    /// <summary>
    /// Sends the request that was begun, and gives its answer, which may come after the other end has said that it goes away: then what
    /// waits for the disk is answered still. Null: none comes any more.
    /// </summary>
    public async ValueTask<LinkFrame?> AskAsync(CancellationToken cancel)
    {
        HasSent = await SendAsync(_outgoing, cancel);
        return HasSent ? await ReadAsync(endsByFarewell: false, cancel) : null;
    }

    /// <summary>Lets a subscription that was opened push so many more.</summary>
    public async ValueTask AddCreditsAsync(uint credits, CancellationToken cancel)
    {
        new CreditNotice(credits).WriteFrame(_outgoing, _correlation);
        await SendAsync(_outgoing, cancel);
    }

    /// <summary>The next push of a subscription, or its end; null: the link has ended, or the other end goes away.</summary>
    public ValueTask<LinkFrame?> ReadAsync(CancellationToken cancel) => ReadAsync(endsByFarewell: true, cancel);

    private bool IsLeft => _hasEnded || Farewell is not null;

    private async ValueTask<LinkFrame?> ReadAsync(bool endsByFarewell, CancellationToken cancel)
    {
        while (true)
        {
            if (_arrived.TryDequeue(out LinkFrame? frame))
            {
                if (await TakesPartAsync(frame, cancel))
                {
                    return frame;
                }

                frame.Dispose();
                continue;
            }

            if (_hasEnded || (endsByFarewell && Farewell is not null))
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
        return !IsLeft;
    }

    public bool OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header is not { Kind: FrameKind.Notice, Opcode: Opcode.GoAway })
        {
            _arrived.Enqueue(new LinkFrame(header, body));
        }
        else if (ErrorBody.TryRead(body, out ErrorBody error))
        {
            Farewell ??= new LinkFailure(error.Code, error.MessageText);
        }

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
        while (!IsLeft && !_leavesIdle)
        {
            Take(await _transport.Input.ReadAsync());
            while (_arrived.TryDequeue(out LinkFrame? frame))
            {
                await TakesPartAsync(frame, CancellationToken.None);
                frame.Dispose();
            }
        }

        if (IsLeft)
        {
            // The other end need not wait for anybody to find out.
            _hasEnded = true;
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

    // False: the other end is gone, or going, before it has all of it.
    private async ValueTask<bool> SendAsync(FrameBuffer frames, CancellationToken cancel)
    {
        // In pieces: a large one must not lie in the pipe as well.
        ReadOnlyMemory<byte> rest = frames.Written;
        while (!rest.IsEmpty && !IsLeft)
        {
            int piece = Math.Min(rest.Length, PieceBytes);
            ValueTask<FlushResult> sent = _transport.Output.WriteAsync(rest[..piece], cancel);
            Task<FlushResult> taken = sent.AsTask();
            await HearAsync(taken, cancel);
            if (!taken.IsCompleted)
            {
                break;
            }

            await taken;
            rest = rest[piece..];
        }

        frames.Clear();
        return rest.IsEmpty;
    }

    // The other end reads no more before it has told why, which it can only if it is heard.
    private async Task HearAsync(Task sent, CancellationToken cancel)
    {
        while (!sent.IsCompleted && !IsLeft)
        {
            Task<ReadResult> heard = _transport.Input.ReadAsync(cancel).AsTask();
            if (await Task.WhenAny(sent, heard) == sent)
            {
                _transport.Input.CancelPendingRead();
            }

            Take(await heard);
        }
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
            return frame.Header.Correlation == _correlation && frame.Header.Opcode != Opcode.Report;
        }

        // A request may have been begun meanwhile.
        _pong.Begin(Opcode.Ping, FrameKind.Reply, frame.Header.Correlation);
        _pong.Write(frame.Body[..Math.Min(frame.Body.Length, PingBytesMax)]);
        _pong.End();
        await SendAsync(_pong, cancel);
        return false;
    }
}
