using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>The Nexo protocol.</summary>
internal sealed class NexoProtocol : BenchProtocol
{
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
