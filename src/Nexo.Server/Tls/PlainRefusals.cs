using System.Text;
using Nexo.Protocol;

namespace Nexo.Server.Tls;

/// <summary>What a client that comes without TLS where it is required is told, in the form that it can show.</summary>
internal static class PlainRefusals
{
    private const string Reason = "this server is reached with TLS only";

    public static ReadOnlyMemory<byte> Native()
    {
        using var frame = new FrameBuffer();
        ErrorBody.WriteFrame(frame, Opcode.GoAway, FrameKind.Notice, 0, ErrorCode.TlsRequired, $"{Reason}: connect with nexos://.");
        return frame.Written.ToArray();
    }

    public static ReadOnlyMemory<byte> Resp() => Encoding.ASCII.GetBytes($"-ERR {Reason}: connect with rediss://\r\n");

    /// <summary>Nothing: there is no packet for it that all versions of the protocol have.</summary>
    public static ReadOnlyMemory<byte> Mqtt() => default;

    public static ReadOnlyMemory<byte> Http()
    {
        const string Body = $"{Reason}: ask for https://\n";
        return Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + $"Content-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}");
    }
}
