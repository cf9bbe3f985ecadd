using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>A connection that speaks the Nexo protocol, and what all kinds of it read alike.</summary>
internal abstract class NexoBenchSocket(int id, BenchLink link, ReadinessQueue ready, int frameBytesMax)
    : BenchSocket(id, link, ready)
{
    /// <summary>Receives once and reads what is whole.</summary>
    /// <param name="shared">Room for what comes.</param>
    public void ReceiveOnce(byte[] shared)
    {
        ReadOnlySpan<byte> bytes = Receive(shared);
        if (bytes.IsEmpty)
        {
            return;
        }

        // One look at the clock for all that this read has brought: it became known together.
        long now = Stopwatch.GetTimestamp();
        Hear(now);
        ReadOnlySpan<byte> rest = bytes[Read(bytes, now)..];
        KeepPartial(rest, rest.IsEmpty ? 0 : SizeOf(rest));
        if (HasUnsent)
        {
            SendRest();
        }
    }

    /// <summary>Something has come.</summary>
    protected abstract void Hear(long now);

    /// <summary>Reads whole frames from the start of <paramref name="bytes"/>.</summary>
    /// <returns>How many bytes they are; the rest is the beginning of a frame.</returns>
    protected abstract int Read(ReadOnlySpan<byte> bytes, long now);

    /// <summary>How long what begins so is; 0: that is not known yet.</summary>
    protected virtual int SizeOf(ReadOnlySpan<byte> beginning) => BenchFrames.SizeOf(beginning, frameBytesMax);

    /// <summary>A whole frame that is no usual one of this connection, nor a PING.</summary>
    protected abstract void ReadUnusual(FrameHeader header, ReadOnlySpan<byte> body);

    /// <summary>Looks closely at a frame that was not recognised.</summary>
    /// <returns>Its size; 0: it is not all there yet.</returns>
    protected int LookAt(ReadOnlySpan<byte> bytes)
    {
        FrameStatus status = FrameHeader.TryRead(bytes, frameBytesMax, out FrameHeader header);
        if (status != FrameStatus.Complete)
        {
            return 0;
        }

        ReadOnlySpan<byte> body = bytes[FrameHeader.Size..header.TotalSize];
        if (header.Opcode == Opcode.GoAway && header.Kind == FrameKind.Notice)
        {
            throw BenchFrames.GoingAway(body);
        }

        if (header.Opcode == Opcode.Ping && header.Kind == FrameKind.Request)
        {
            AnswerPing(header.Correlation, body);
        }
        else
        {
            ReadUnusual(header, body);
        }

        return header.TotalSize;
    }

    protected static CliFailure OutOfOrder(FrameHeader header) => new(
        ExitCode.Refused,
        "protocol",
        $"The server sent {header.Opcode} {header.Kind} {header.Correlation}, which was not its turn.",
        "requests are answered in their order; is this a Nexo server?");

    // A publisher is silent while others drain: the server wants to know whether it is still there.
    private void AnswerPing(uint correlation, ReadOnlySpan<byte> body)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Reply, correlation);
        buffer.Write(body);
        buffer.End();
        Send(buffer.Written.Span);
    }
}
