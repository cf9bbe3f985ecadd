using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;
using Nexo.Server.Transport;

namespace Nexo.Server.Native;

/// <summary>
/// One native connection: reads what has come, handles every whole frame of it, and sends the replies together.
/// Handlers run on the thread that read, so they never block; what waits goes through <see cref="RunSliced"/> or a
/// subscription. The other half of the class (<c>NativeConnection.Control.cs</c>) is hello, stop and time-outs.
/// </summary>
internal sealed partial class NativeConnection : IFrameSink
{
    // Replies leave at the latest when this much has gathered, so one batch never holds many large values.
    private const int BatchBytesMax = 64 * 1_024;

    // A peer that keeps its socket full for this long moves to a pool thread and leaves the reading thread to others.
    private const int FairShareBytes = 256 * 1_024;

    private readonly ConnectionContext _transport;
    private readonly PipeReader _input;
    private readonly Outbox _outbox;
    private readonly FrameAssembler _assembler;
    private readonly FrameBuffer _batch = new();
    private readonly OpenRequests _open;
    private readonly HeldReplies? _held;
    private int _framesUntilLook;
    private long _requests;
    private long _errors;
    private long _bytesReceived;

    public NativeConnection(ConnectionContext transport, NativeServer server)
    {
        _transport = transport;
        _input = transport.Transport.Input;
        Server = server;
        _outbox = new Outbox(transport.Transport.Output, transport.Transport.Output as SocketOutput, server);
        _assembler = new FrameAssembler(server.Options.PreAuthBytesMax);
        _open = new OpenRequests(server.Options.InFlightMax);
        _held = server.Persistence.Log is { } log ? new HeldReplies(_outbox, log) : null;
        _connectedAtMs = server.NowMs;
        _receivedAtMs = server.NowMs;
    }

    public long Id { get; set; }

    public NativeServer Server { get; }

    /// <summary>Replies of the requests that are being handled, not yet sent. Only for the reading thread.</summary>
    public FrameBuffer Replies => _batch;

    /// <summary>Most bytes that the body of a reply may have.</summary>
    public int BodyBytesMax => Server.Options.FrameBytesMax - FrameHeader.Size;

    public string Remote => _transport.RemoteEndPoint?.ToString() ?? "unix socket";

    public ConnectionCounters ReadCounters() => new(
        Volatile.Read(ref _requests),
        Volatile.Read(ref _errors) + (_held?.Failed ?? 0),
        Volatile.Read(ref _bytesReceived),
        _outbox.BytesSent);

    /// <summary>Serves the peer until either side ends it. Does not throw.</summary>
    public async Task RunAsync(bool isAdmitted)
    {
        try
        {
            if (!isAdmitted)
            {
                Refuse(ErrorCode.TooManyConnections, "The server has as many connections as connections.max allows.");
            }
            else if (Server.IsStopping)
            {
                Refuse(ErrorCode.ShuttingDown, "The server is shutting down.");
            }
            else if (_held is null && Server.Persistence.IsOn)
            {
                Refuse(ErrorCode.Recovering, $"The server is not ready yet: {Server.Persistence.Obstacle}.");
            }
            else if (await ReadPrefaceAsync())
            {
                await ServeAsync();
            }

            await FinishAsync();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            CloseReason ??= "the peer went away";
        }
        catch (Exception exception) when (exception is UnreachableException or InsufficientMemoryException)
        {
            // The engine may have stopped half-way: to go on would be to give out wrong data.
            Environment.FailFast("The store is no longer consistent.", exception);
        }
        catch (Exception exception)
        {
            Server.LogUnexpected(this, exception);
            _transport.Abort();
        }
        finally
        {
            _open.Close(ErrorCode.ShuttingDown, "The connection has ended.");
            await GiveBackMessagesAsync();
            _held?.Close();
            await _outbox.CloseAsync();
            await WhenSubscribersGoneAsync();
            _assembler.Dispose();
            _batch.Dispose();
        }
    }

    public bool OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (!_isReady)
        {
            OnHelloFrame(header, body);
            return false;
        }

        switch (header.Kind)
        {
            case FrameKind.Request:
                OnRequest(header, body);
                break;
            case FrameKind.Notice:
                OnNotice(header, body);
                break;
            case FrameKind.Reply or FrameKind.Error when header.Opcode == Opcode.Ping:
                break;
            default:
                Fail(header.Opcode, header.Correlation, ErrorCode.UnexpectedKind, "A client sends requests and notices.");
                break;
        }

        return --_framesUntilLook > 0 && _batch.Count < BatchBytesMax && !_isEnding && _aside is null;
    }

    public void OnBrokenFrame(FrameStatus status)
    {
        if (status == FrameStatus.TooLarge)
        {
            Refuse(ErrorCode.FrameTooLarge, $"A frame has at most {_assembler.FrameBytesMax} bytes here.");
        }
        else
        {
            Refuse(ErrorCode.Malformed, $"The length of a frame is at least {FrameHeader.CountedSize}.");
        }
    }

    /// <summary>Answers with an error. Only for the reading thread.</summary>
    public void Fail(
        Opcode opcode, uint correlation, ErrorCode code, string message, ReadOnlySpan<byte> detail = default)
    {
        _errors++;
        _batch.Begin(opcode, FrameKind.Error, correlation);
        ErrorBody.Write(_batch, code, message, detail);
        _batch.End();
    }

    /// <summary>What is on its way to the peer.</summary>
    public Outbox Outbox => _outbox;

    /// <summary>Bytes that wait because the peer does not read as fast as it is answered.</summary>
    public int BytesPending => _outbox.BytesPending;

    /// <summary>Waits until the peer has taken what is pending, or the connection has ended.</summary>
    public Task WhenTakenAsync() => _outbox.WhenIdleAsync();

    /// <summary>Sends frames from any thread; <paramref name="frames"/> is empty afterwards.</summary>
    public void Post(FrameBuffer frames) => _outbox.Send(frames);

    /// <summary>
    /// True when <paramref name="correlation"/> is free for a subscription or a waiting request and there is room for
    /// one more; else the request has been answered with the reason.
    /// </summary>
    public bool TryReserve(Opcode opcode, uint correlation)
    {
        ErrorCode refusal = _open.TryReserve(correlation);
        if (refusal == ErrorCode.None)
        {
            return true;
        }

        string message = refusal == ErrorCode.CorrelationInUse
            ? "An open request or subscription has this correlation already."
            : "Too many requests of this connection are waiting; let some end first.";
        Fail(opcode, correlation, refusal, message);
        return false;
    }

    /// <summary>Keeps a subscription whose reply is in the batch; it starts to push when the batch has been sent.</summary>
    public void Add(uint correlation, ISubscription subscription) => _open.Add(correlation, subscription);

    /// <summary>Keeps a request that is answered later; it begins when the batch has been sent.</summary>
    public void Add(uint correlation, WaitingRequest waiting) => _open.Add(correlation, waiting);

    /// <summary>
    /// Runs work that takes long in bounded slices: the first one here, and if that was not all, the others on a pool
    /// thread, where CANCEL reaches them. The reply comes when it is done and holds up nothing behind it.
    /// </summary>
    public void RunSliced(
        in Request request, Func<bool> moveNext, Func<SlicedResult> total, Func<TimeSpan>? pause = null)
    {
        if (!TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        if (!moveNext())
        {
            SlicedResult result = total();
            _batchWaits |= result.Waits;
            if (result.Error == ErrorCode.None)
            {
                request.ReplyCount(result.Count);
            }
            else
            {
                _errors++;
                _batch.Begin(request.Opcode, FrameKind.Error, request.Correlation);
                result.WriteError(_batch);
                _batch.End();
            }
        }
        else
        {
            var waiting = new SlicedRequest(this, request, moveNext, total, pause, _requestWaits);
            _open.Add(request.Correlation, waiting);
        }
    }

    /// <summary>Sends the last frame under a correlation, which is free again.</summary>
    public void Complete(uint correlation, FrameBuffer answer)
    {
        _open.BeginAnswer(correlation);
        Post(answer);
        _open.EndAnswer();
    }

    private async Task ServeAsync()
    {
        int withoutPause = 0;
        while (!_isEnding)
        {
            ReadResult read = await _input.ReadAsync();
            ReadOnlySequence<byte> buffer = read.Buffer;
            _receivedAtMs = Server.NowMs;
            _bytesReceived += buffer.Length;
            foreach (ReadOnlyMemory<byte> segment in buffer)
            {
                await FeedAsync(segment);
            }

            SendBatch();
            if (_isFanningOut)
            {
                await FinishFanOutAsync();
            }

            withoutPause = buffer.Length < FairShareBytes / 8 ? 0 : withoutPause + (int)buffer.Length;
            _input.AdvanceTo(buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                CloseReason ??= "the peer closed it";
                break;
            }

            if (withoutPause >= FairShareBytes)
            {
                withoutPause = 0;
                await Task.Yield();
            }
        }
    }

    private async ValueTask FeedAsync(ReadOnlyMemory<byte> segment)
    {
        int offset = 0;
        while (offset < segment.Length && !_isEnding)
        {
            // The rest of a frame that began in another segment is handled alone: the next frame starts after it.
            _framesUntilLook = _assembler.IsInFrame ? 1 : StoreLookAhead.FramesMax;
            if (_isReady && !_assembler.IsInFrame)
            {
                StoreLookAhead.Prefetch(Server.Store, segment.Span[offset..]);
            }

            offset += _assembler.Feed(segment.Span[offset..], this);
            if (_hello is not null)
            {
                await FinishHelloAsync();
            }

            if (_aside is { } aside)
            {
                await RunAsideAsync(aside);
            }

            if (_batch.Count >= BatchBytesMax)
            {
                SendBatch();
            }

            // Before anything that holds up this client alone: what it has published is for others.
            if (_isFanningOut)
            {
                await FinishFanOutAsync();
            }

            // A client that asks and does not read is held here; the sweep cuts it when it stays so.
            if (_outbox.BytesPending > Server.Options.ReplyBytesMax)
            {
                await SendAllAsync();
                _isHeld = true;
                await _outbox.WhenIdleAsync();
                _isHeld = false;
            }

            if (_held is not null && MustWaitForDisk(_held))
            {
                await WaitForDiskAsync(_held);
            }
        }
    }

    private void SendBatch()
    {
        // Consumers get what this batch has pushed or given back while its answers still wait. One that was opened by the
        // batch itself gets nothing before its own answer has been sent: it has no credits until then.
        RunTopicWork();
        QueueWork.Run();
        if (_held is not null && !_batch.IsEmpty)
        {
            SendWhenDurable(_held);
            return;
        }

        if (!_batch.IsEmpty)
        {
            _outbox.Send(_batch);
        }

        _open.StartAdded();
    }

    private void OnRequest(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        _requests++;
        if (_held is not null)
        {
            NoteForLog(header.Opcode);
        }

        ReadOnlySpan<byte> headers = default;
        if (header.Flags != FrameFlags.None && !TryReadFlags(header, ref body, out headers))
        {
            return;
        }

        if (_isGoingAway)
        {
            Fail(header.Opcode, header.Correlation, ErrorCode.ShuttingDown, "The server is shutting down.");
            return;
        }

        _batchWaits |= _requestWaits;
        RequestRouter.Route(new Request(this, header, headers, body));
    }

    private bool TryReadFlags(
        scoped in FrameHeader header, scoped ref ReadOnlySpan<byte> body, out ReadOnlySpan<byte> headers)
    {
        headers = default;
        if ((header.Flags & ~(FrameFlags.Headers | FrameFlags.DurabilityMask)) != 0)
        {
            Fail(header.Opcode, header.Correlation, ErrorCode.Malformed, "A flag that is not defined is set.");
            return false;
        }

        if ((header.Flags & FrameFlags.Headers) != 0 && !HeaderBlock.TrySplit(body, out headers, out body))
        {
            Fail(header.Opcode, header.Correlation, ErrorCode.Malformed, "The header block is malformed.");
            return false;
        }

        return TryReadDurability(header);
    }
}
