using System.Buffers.Binary;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>What the readers of the Nexo protocol share: they know a usual frame by its first eight bytes.</summary>
internal static class BenchFrames
{
    /// <summary>The first eight bytes of a frame without flags, read as one number: its length, opcode and kind.</summary>
    /// <param name="size">Of the whole frame, in bytes.</param>
    public static ulong WordOf(Opcode opcode, FrameKind kind, int size)
    {
        Span<byte> header = stackalloc byte[FrameHeader.Size];
        new FrameHeader(size - FrameHeader.LengthFieldSize, opcode, kind, FrameFlags.None, 0).Write(header);
        return BinaryPrimitives.ReadUInt64LittleEndian(header);
    }

    /// <summary>The size of the frame that begins so; 0: more is needed to tell.</summary>
    public static int SizeOf(ReadOnlySpan<byte> beginning, int frameBytesMax) =>
        FrameHeader.TryRead(beginning, frameBytesMax, out FrameHeader header) switch
        {
            FrameStatus.NeedHeader => 0,
            FrameStatus.NeedBody or FrameStatus.Complete => header.TotalSize,
            _ => throw new CliFailure(
                ExitCode.Refused, "protocol", "The server sent a frame of an impossible length."),
        };

    /// <summary>What an error body says.</summary>
    public static string MessageOf(ReadOnlySpan<byte> body) =>
        ErrorBody.TryRead(body, out ErrorBody error) ? $"{error.Code}: {error.MessageText}" : "no reason given";

    /// <summary>The server's farewell.</summary>
    public static CliFailure GoingAway(ReadOnlySpan<byte> body) => new(
        ExitCode.CannotConnect, "going_away", $"The server ended the connection: {MessageOf(body)}.")
    { Retryable = true };

    /// <summary>The largest frame that the server sends.</summary>
    public static int BytesMaxOf(HelloReply server) => server.FrameBytesMax is > 0 and <= int.MaxValue
        ? (int)server.FrameBytesMax
        : ProtocolVersion.DefaultFrameBytesMax;
}
