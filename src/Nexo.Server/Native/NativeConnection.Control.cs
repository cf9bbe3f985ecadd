using System.Buffers;
using System.IO.Pipelines;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

// The life of a connection: preface, HELLO, notices, GOAWAY, time-outs, end.
internal sealed partial class NativeConnection
{
    // How long a peer that has been told to go may still be read, so that the reason reaches it before a reset does.
    private const int LingerMs = 250;
    private const int LingerBytesMax = 1_024 * 1_024;

    private readonly long _connectedAtMs;
    private HelloRequest? _hello;
    private uint _helloCorrelation;
    private uint _pingCorrelation;
    private long _receivedAtMs;
    private long _pingedAtMs;
    private volatile bool _isReady;
    private volatile bool _isEnding;
    private volatile bool _isGoingAway;
    private volatile bool _isHeld;
    private bool _isClientLeaving;
    private int _isCut;

    /// <summary>What the client calls itself.</summary>
    public string ClientName { get; private set; } = string.Empty;

    /// <summary>Who the client has proved to be; empty when nobody is asked.</summary>
    public string User { get; private set; } = string.Empty;

    /// <summary>Why the connection has ended, for the log.</summary>
    public string? CloseReason { get; private set; }

    /// <summary>
    /// Stops taking new work, tells the client, lets what waits finish, then closes; ends when the connection has no
    /// more to do.
    /// </summary>
    public async Task GoAwayAsync(ErrorCode code, string message)
    {
        _isGoingAway = true;
        CloseReason = message;
        _open.EndSubscriptions(code, message);
        PostGoAway(code, message);
        await _open.WhenEmptyAsync();
        await (_held?.WhenEmptyAsync() ?? Task.CompletedTask);
        await _outbox.WhenIdleAsync();

        // What was on the wire before the client heard of it still gets its answer, a refusal.
        await Task.Delay(LingerMs);
        _input.CancelPendingRead();
    }

    /// <summary>Ends the connection at once.</summary>
    public void Cut(string reason)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            CloseReason = reason;
            Server.Totals.CountCut();
            Server.LogCut(this, reason);
            _held?.Close();
            _transport.Abort();
        }
    }

    /// <summary>Called by the sweep, several times a second.</summary>
    public void CheckTimeouts(long nowMs)
    {
        PostReport();
        ConnectionOptions options = Server.Options;
        long idleMs = nowMs - Interlocked.Read(ref _receivedAtMs);
        if (_outbox.Sweep(nowMs) > options.SendStallMs)
        {
            Cut("it does not read what it asked for");
        }
        else if (WaitsForDisk && HasHungUpForMs(nowMs) > options.StopGraceMs)
        {
            // It may have shut down its sending side only, and read on: until here it was given the time.
            Cut("it has hung up, and the disk does not answer");
        }
        else if (_isEnding)
        {
            // It has been told why, and is only being given the time to read it.
            return;
        }
        else if (!_isReady)
        {
            // A slow verification of credentials is the server's own time, not the client's.
            if (_hello is null && nowMs - _connectedAtMs > options.HelloTimeoutMs)
            {
                EndSoon(ErrorCode.HelloTimeout, "No HELLO came in time.");
            }
        }
        else if (WaitsForDisk)
        {
            // It is the server that does not read, or does not answer: the peer may be waiting.
            Interlocked.Exchange(ref _receivedAtMs, nowMs);
        }
        else if (options.IdleTimeoutMs > 0 && idleMs > options.IdleTimeoutMs)
        {
            EndSoon(ErrorCode.IdleTimeout, "Nothing was heard for too long, not even the answer to a PING.");
        }
        else if (options.PingAfterIdleMs > 0
            && idleMs > options.PingAfterIdleMs
            && nowMs - _pingedAtMs > options.PingAfterIdleMs)
        {
            _pingedAtMs = nowMs;
            using var ping = new FrameBuffer();
            ping.Begin(Opcode.Ping, FrameKind.Request, ++_pingCorrelation);
            ping.End();
            Post(ping);
        }
    }

    private async ValueTask<bool> ReadPrefaceAsync()
    {
        int expected = ProtocolVersion.Preface.Length;
        while (true)
        {
            ReadResult read = await _input.ReadAsync();
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (!StartsLikePreface(buffer))
            {
                RefuseStranger(buffer.FirstSpan);
                _input.AdvanceTo(buffer.End);
                return false;
            }

            if (buffer.Length >= expected)
            {
                _input.AdvanceTo(buffer.GetPosition(expected));
                return true;
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                CloseReason = "the peer closed it before it had said who it is";
                return false;
            }
        }
    }

    private static bool StartsLikePreface(in ReadOnlySequence<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, ProtocolVersion.Preface.Length);
        Span<byte> first = stackalloc byte[count];
        buffer.Slice(0, count).CopyTo(first);
        return first.SequenceEqual(ProtocolVersion.Preface[..count]);
    }

    private void RefuseStranger(ReadOnlySpan<byte> first)
    {
        if (PeerSniffer.Recognize(first) is not { } stranger)
        {
            Refuse(ErrorCode.BadMagic, "This is Nexo's native port: the first four bytes of a client are NEXO.");
            return;
        }

        _isEnding = true;
        CloseReason = stranger.Reason;
        Server.LogFatal(this, ErrorCode.BadMagic, stranger.Reason);
        _batch.AppendFrames(stranger.Answer);
        SendBatch();
    }

    private void OnHelloFrame(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (header.Opcode != Opcode.Hello || header.Kind != FrameKind.Request || header.Flags != FrameFlags.None)
        {
            Refuse(ErrorCode.HelloExpected, "The first frame of a client is a HELLO request.");
            return;
        }

        _helloCorrelation = header.Correlation;
        if (!HelloRequest.TryRead(body, out HelloRequest? hello))
        {
            RefuseHello(ErrorCode.Malformed, "The HELLO is malformed: see docs/protocol.md.");
        }
        else if (hello!.VersionMin > ProtocolVersion.V1 || hello.VersionMax < ProtocolVersion.V1)
        {
            RefuseHello(
                ErrorCode.UnsupportedVersion,
                $"This server speaks version {ProtocolVersion.V1}; the client asked for {hello.VersionMin} to {hello.VersionMax}.");
        }
        else
        {
            _hello = hello;
        }
    }

    private async ValueTask FinishHelloAsync()
    {
        HelloRequest hello = _hello!;
        if (Server.Authenticator.Required)
        {
            AuthResult result = await Server.Authenticator.VerifyAsync(
                hello, _transport.RemoteEndPoint, _transport.ConnectionClosed);
            if (result.Code != ErrorCode.None)
            {
                RefuseHello(result.Code, result.Message);
                return;
            }

            User = result.User;
        }

        ClientName = hello.ClientName ?? string.Empty;
        _hello = null;
        _isReady = true;
        _receivedAtMs = Server.NowMs;
        _assembler.FrameBytesMax = Server.Options.FrameBytesMax;
        Server.Welcome().WriteFrame(_batch, _helloCorrelation);
        if (_isGoingAway)
        {
            Refuse(ErrorCode.ShuttingDown, "The server is shutting down.");
        }
    }

    private void OnNotice(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        switch (header.Opcode)
        {
            case Opcode.Credit or Opcode.Stop or Opcode.Cancel when header.Flags != FrameFlags.None:
            case Opcode.Stop or Opcode.Cancel when !body.IsEmpty:
                Refuse(ErrorCode.Malformed, "A notice has no flags, and STOP and CANCEL have no body.");
                break;
            case Opcode.Credit when CreditNotice.TryRead(body, out CreditNotice notice):
                _open.AddCredits(header.Correlation, notice.Credits);
                break;
            case Opcode.Credit:
                Refuse(ErrorCode.Malformed, "A CREDIT carries a number of 1 or more.");
                break;
            case Opcode.Stop:
                _open.Stop(header.Correlation);
                break;
            case Opcode.Cancel:
                _open.Cancel(header.Correlation);
                break;
            case Opcode.TopicPublish or Opcode.TopicPublishBatch:
                OnPublishNotice(header, body);
                break;
            case Opcode.GoAway:
                CloseReason = "the client said that it goes away";
                _isClientLeaving = true;
                _isEnding = true;
                break;
            default:
                // Notices are never answered, so that a newer client may send one that this server does not know.
                _errors++;
                break;
        }
    }

    private void RefuseHello(ErrorCode code, string message)
    {
        Fail(Opcode.Hello, _helloCorrelation, code, message);
        End(code, message);
    }

    /// <summary>Says why and ends the connection. Only for the reading thread.</summary>
    private void Refuse(ErrorCode code, string message)
    {
        _errors++;
        ErrorBody.WriteFrame(_batch, Opcode.GoAway, FrameKind.Notice, 0, code, message);
        End(code, message);
    }

    private void End(ErrorCode code, string message)
    {
        _isEnding = true;
        CloseReason = message;
        Server.LogFatal(this, code, message);
        SendBatch();
    }

    /// <summary>Says why and ends the connection, from any thread.</summary>
    private void EndSoon(ErrorCode code, string message)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            CloseReason = message;
            Server.Totals.CountCut();
            Server.LogCut(this, message);
            PostGoAway(code, message);
            _isEnding = true;
            _input.CancelPendingRead();
        }
    }

    private void PostGoAway(ErrorCode code, string message)
    {
        using var goAway = new FrameBuffer();
        ErrorBody.WriteFrame(goAway, Opcode.GoAway, FrameKind.Notice, 0, code, message);
        Post(goAway);
    }

    /// <summary>
    /// What happens between the last read and the close: the answers that are due go out, and a peer that was refused
    /// gets a moment to read why. Closing a socket with unread bytes resets it, and a reset may overtake the reason.
    /// </summary>
    private async Task FinishAsync()
    {
        if (_isClientLeaving)
        {
            _open.EndSubscriptions(ErrorCode.None, string.Empty);
            await Task.WhenAny(_open.WhenEmptyAsync(), Task.Delay(Server.Options.StopGraceMs));
        }

        _open.Close(ErrorCode.ShuttingDown, "The connection has ended.");

        // At once: what follows may take long.
        await GiveBackMessagesAsync();
        await (_held?.WhenEmptyAsync() ?? Task.CompletedTask);
        await _outbox.WhenIdleAsync();
        if (_isEnding && !_isClientLeaving)
        {
            await LingerAsync();
        }
    }

    private async Task LingerAsync()
    {
        using var patience = new CancellationTokenSource(LingerMs);
        using CancellationTokenRegistration registration = patience.Token.Register(_input.CancelPendingRead);
        long drained = 0;
        while (drained < LingerBytesMax)
        {
            ReadResult read = await _input.ReadAsync();
            drained += read.Buffer.Length;
            _input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || patience.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
