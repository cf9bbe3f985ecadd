using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>The Nexo protocol.</summary>
internal sealed class NexoDialect : BenchDialect
{
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);
    private const int WelcomeBytesMax = 64 * 1_024;

    public override byte[] Greeting(HelloRequest hello)
    {
        using var buffer = new FrameBuffer();
        buffer.Write(ProtocolVersion.Preface);
        hello.WriteFrame(buffer, BenchConnector.GreetingCorrelation);
        return buffer.Written.ToArray();
    }

    public override HelloReply? ReadWelcome(ReadOnlySpan<byte> received, BenchTarget target)
    {
        switch (FrameHeader.TryRead(received, WelcomeBytesMax, out FrameHeader header))
        {
            case FrameStatus.Complete:
                return Understand(header, received[FrameHeader.Size..header.TotalSize], target);
            case FrameStatus.NeedHeader or FrameStatus.NeedBody:
                return null;
            default:
                throw BenchConnector.Unreachable(target, "it does not speak the Nexo protocol");
        }
    }

    public override RequestTemplate Get(KeyNames names)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StoreGet, FrameKind.Request, 0);
        buffer.Write(names.Template);
        buffer.End();
        return new RequestTemplate(buffer.Written.ToArray(), FrameHeader.Size, 0, CorrelationOffset);
    }

    public override RequestTemplate Set(KeyNames names, ValuePattern value, long ttlMs, Durability durability)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StoreSet, FrameKind.Request, 0, durability.ToFlags());
        new SetRequest
        {
            Key = names.Template,
            Value = value.Template,
            Expiry = new StoreExpiry(ttlMs > 0 ? ExpiryKind.After : ExpiryKind.None, ttlMs),
        }.Write(buffer);
        buffer.End();
        byte[] frame = buffer.Written.ToArray();
        int valueOffset = frame.Length - value.SizeBytes;
        return new RequestTemplate(
            frame, valueOffset - names.SizeBytes, value.SizeBytes > 0 ? valueOffset : 0, CorrelationOffset);
    }

    public override IReplyReader CreateReader(ValuePattern value, bool verify, int replyBytesMax) =>
        new ReplyReader(value, verify, replyBytesMax);

    private static HelloReply Understand(FrameHeader header, ReadOnlySpan<byte> body, BenchTarget target)
    {
        if (header.Kind == FrameKind.Reply && HelloReply.TryRead(body, out HelloReply? reply) && reply is not null)
        {
            return reply;
        }

        if (!ErrorBody.TryRead(body, out ErrorBody error))
        {
            throw BenchConnector.Unreachable(target, "it does not speak the Nexo protocol");
        }

        bool identity = error.Code is >= ErrorCode.AuthenticationRequired and < ErrorCode.TooManyConnections;
        throw new CliFailure(
            identity ? ExitCode.Authentication : ExitCode.Refused,
            identity ? "authentication" : "refused",
            $"{target.Name} refused the connection: {error.MessageText} ({error.Code}).",
            identity ? "give --token, or --user with NEXO_PASSWORD" : null)
        { Retryable = error.Retryable };
    }
}
