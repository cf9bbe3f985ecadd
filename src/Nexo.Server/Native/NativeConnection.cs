using Microsoft.AspNetCore.Connections;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;

namespace Nexo.Server.Native;

/// <summary>
/// One native connection: handles every whole frame that has come. What waits goes through <see cref="RunSliced"/> or a
/// subscription. Another part of the class (<c>NativeConnection.Control.cs</c>) is hello, stop and time-outs.
/// </summary>
internal sealed partial class NativeConnection : ClientConnection, IFrameSink
{
    private readonly FrameAssembler _assembler;
    private readonly OpenRequests _open;
    private readonly KeptLeases? _keptLeases;
    private int _framesUntilLook;

    /// <param name="transport">Its bytes.</param>
    /// <param name="server">What it works with.</param>
    /// <param name="keptLeases">Of a client of HTTP, whose requests come over many connections: where what it pulls stays leased.</param>
    public NativeConnection(ConnectionContext transport, NativeServer server, KeptLeases? keptLeases = null)
        : base(transport, server.Clients, server.Broker)
    {
        Server = server;
        _keptLeases = keptLeases;
        _assembler = new FrameAssembler(server.Options.PreAuthBytesMax);
        _open = new OpenRequests(server.Options.InFlightMax);
    }

    public override ClientProtocol Protocol => _keptLeases is null ? ClientProtocol.Native : ClientProtocol.Http;

    public NativeServer Server { get; private set; }

    /// <summary>Most bytes that the body of a reply may have.</summary>
    public int BodyBytesMax => Server.Options.FrameBytesMax - FrameHeader.Size;

    public bool OnFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (!IsReady)
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

        return --_framesUntilLook > 0 && !MustPause;
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
        CountError();
        Replies.Begin(opcode, FrameKind.Error, correlation);
        ErrorBody.Write(Replies, code, message, detail);
        Replies.End();
    }

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
    public void Add(uint correlation, ISubscription subscription) => AddAllowed(correlation, subscription);

    /// <summary>Keeps a request that is answered later; it begins when the batch has been sent.</summary>
    public void Add(uint correlation, WaitingRequest waiting) => AddAllowed(correlation, waiting);

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
            AwaitLogIf(result.Waits);
            if (result.Error == ErrorCode.None)
            {
                request.ReplyCount(result.Count);
            }
            else
            {
                CountError();
                Replies.Begin(request.Opcode, FrameKind.Error, request.Correlation);
                result.WriteError(Replies);
                Replies.End();
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

    protected override void OnEntered(Broker broker) => Server = broker.Native;

    protected override int Feed(ReadOnlySpan<byte> bytes)
    {
        // The rest of a frame that began in another segment is handled alone: the next frame starts after it.
        _framesUntilLook = _assembler.IsInFrame ? 1 : StoreLookAhead.FramesMax;
        if (IsReady && !_assembler.IsInFrame)
        {
            StoreLookAhead.Prefetch(Server.Store, bytes);
        }

        return _assembler.Feed(bytes, this);
    }

    protected override int PartialBytes => _assembler.PartialBytes;

    protected override ValueTask AfterFeedAsync() => _hello is null ? ValueTask.CompletedTask : FinishHelloAsync();

    protected override void OnBatchSent() => _open.StartAdded();

    protected override void DisposeParts() => _assembler.Dispose();

    private void AwaitLogIf(bool waits)
    {
        if (waits)
        {
            AwaitLog();
        }
    }

    private void OnRequest(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        CountRequest();
        if (Server.Persistence.Log is not null)
        {
            NoteForLog(header.Opcode);
        }

        ReadOnlySpan<byte> headers = default;
        if (header.Flags != FrameFlags.None && !TryReadFlags(header, ref body, out headers))
        {
            return;
        }

        if (IsGoingAway)
        {
            Fail(header.Opcode, header.Correlation, ErrorCode.ShuttingDown, "The server is shutting down.");
            return;
        }

        AwaitLogIf(_requestWaits);
        var request = new Request(this, header, headers, body);
        if (NativeSubjects.MayTakeLong(header.Opcode))
        {
            RouteTimed(request);
        }
        else
        {
            RequestRouter.Route(request);
        }
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
