using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

// The life of a native connection: preface, HELLO, notices, GOAWAY, time-outs.
internal sealed partial class NativeConnection
{
    private HelloRequest? _hello;
    private uint _helloCorrelation;
    private uint _pingCorrelation;
    private long _pingedAtMs;

    protected override void OnSweep(long nowMs) => PostReport();

    protected override void CheckIdle(long nowMs, long idleMs)
    {
        ConnectionOptions options = Server.Options;
        if (options.IdleTimeoutMs > 0 && idleMs > options.IdleTimeoutMs)
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

    protected override void EndSubscriptions(ErrorCode code, string message) => _open.EndSubscriptions(code, message);

    protected override Task WhenNothingOpenAsync() => _open.WhenEmptyAsync();

    protected override void CloseOpen() => _open.Close(ErrorCode.ShuttingDown, "The connection has ended.");

    protected override ValueTask<bool> BeginAsync() => ReadPrefaceAsync();

    private async ValueTask<bool> ReadPrefaceAsync()
    {
        int expected = ProtocolVersion.Preface.Length;
        while (true)
        {
            ReadResult read = await Input.ReadAsync();
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (!StartsLikePreface(buffer))
            {
                RefuseStranger(buffer.FirstSpan);
                Input.AdvanceTo(buffer.End);
                return false;
            }

            if (buffer.Length >= expected)
            {
                Input.AdvanceTo(buffer.GetPosition(expected));
                return true;
            }

            Input.AdvanceTo(buffer.Start, buffer.End);
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

        Replies.AppendFrames(stranger.Answer);
        End(ErrorCode.BadMagic, stranger.Reason);
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
            IsVerifying = true;
            _hello = hello;
        }
    }

    private async ValueTask FinishHelloAsync()
    {
        HelloRequest hello = _hello!;
        AuthResult result = await Server.Authenticator.VerifyAsync(hello, CertificateNames, RemoteEndPoint, ConnectionClosed);
        if (result.Code != ErrorCode.None)
        {
            RefuseHello(result.Code, result.Message);
            return;
        }

        if (Broker.All.Choose(result, hello.Namespace, out (ErrorCode Code, string Message) refusal) is not { } broker)
        {
            byte[] asked = Encoding.UTF8.GetBytes(hello.Namespace ?? string.Empty);
            All.Audit.Operation(result.User, RemoteEndPoint, "namespace", asked, isAllowed: false);
            RefuseHello(refusal.Code, refusal.Message);
            return;
        }

        // Nothing was answered before a HELLO.
        TryEnter(broker);
        result = Admit(result);
        if (result.Code != ErrorCode.None)
        {
            RefuseHello(result.Code, result.Message);
            return;
        }

        ClientName = hello.ClientName ?? string.Empty;
        _hello = null;
        MarkReady();
        _assembler.FrameBytesMax = Server.Options.FrameBytesMax;
        Server.Welcome().WriteFrame(Replies, _helloCorrelation);
        if (IsGoingAway)
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
                Leave("the client said that it goes away");
                break;
            default:
                // Notices are never answered, so that a newer client may send one that this server does not know.
                CountError();
                break;
        }
    }

    private void RefuseHello(ErrorCode code, string message)
    {
        Fail(Opcode.Hello, _helloCorrelation, code, message);
        End(code, message);
    }

    protected override void Refuse(ErrorCode code, string message)
    {
        CountError();
        ErrorBody.WriteFrame(Replies, Opcode.GoAway, FrameKind.Notice, 0, code, message);
        End(code, message);
    }

    protected override void PostGoAway(ErrorCode code, string message)
    {
        using var goAway = new FrameBuffer();
        ErrorBody.WriteFrame(goAway, Opcode.GoAway, FrameKind.Notice, 0, code, message);
        Post(goAway);
    }
}
