using System.Text;
using Nexo.Protocol;
using Nexo.Siege.Floods;
using Nexo.Siege.Server;

namespace Nexo.Siege.Fuzz;

/// <summary>What clients of each port say at their beginning, and what they might say behind it without having been let in.</summary>
internal static class Corpus
{
    /// <summary>Whole openings, by the place of their port in <see cref="Besieged.Ports"/>.</summary>
    public static IReadOnlyList<IReadOnlyList<byte[]>> ByPort { get; } = [Native(), Redis(), Mqtt(), Http()];

    private static byte[][] Native()
    {
        List<byte[]> openings = [Hello(user: null), Hello(Besieged.User), ClientHello(), ProtocolVersion.Preface.ToArray()];

        // Every operation, for somebody who has not said who he is, with bodies of nothing in particular.
        foreach (Opcode opcode in Enum.GetValues<Opcode>())
        {
            using var frames = new FrameBuffer();
            frames.AppendFrames(ProtocolVersion.Preface);
            frames.Begin(opcode, FrameKind.Request, 7);
            frames.WriteBlob("key"u8);
            frames.WriteBlob("value"u8);
            frames.WriteUInt32(1);
            frames.End();
            openings.Add(frames.Written.ToArray());
        }

        return [.. openings];
    }

    private static byte[] Hello(string? user)
    {
        using var frames = new FrameBuffer();
        frames.AppendFrames(ProtocolVersion.Preface);
        var hello = new HelloRequest { ClientName = "fuzz", User = user, Password = user is null ? null : "wrong" };
        hello.WriteFrame(frames, 1);
        return frames.Written.ToArray();
    }

    private static byte[][] Redis() =>
    [
        HostileBytes.Resp("PING"),
        HostileBytes.Resp("AUTH", "nobody", "nothing"),
        HostileBytes.Resp("HELLO", "3", "AUTH", Besieged.User, "wrong", "SETNAME", "fuzz"),
        HostileBytes.Resp("SET", "key", "value", "PX", "100"),
        HostileBytes.Resp("EVAL", "return 1", "0"),
        HostileBytes.Resp("SUBSCRIBE", "a", "b"),
        HostileBytes.Resp("MULTI"),
        HostileBytes.Resp("COMMAND", "DOCS"),
        "PING\r\nINFO\r\n"u8.ToArray(),
        "set a \"quoted \\x00 value\"\r\n"u8.ToArray(),
        "*1000000\r\n$1\r\na\r\n"u8.ToArray(),
        "*2\r\n$536870912\r\n"u8.ToArray(),
        "*-1\r\n$-1\r\n"u8.ToArray(),
        ClientHello(),
    ];

    private static byte[][] Mqtt() =>
    [
        [0x10, 0x0d, 0x00, 0x04, .. "MQTT"u8, 0x04, 0x02, 0x00, 0x3c, 0x00, 0x01, (byte)'a'],
        [
            0x10, 0x1c, 0x00, 0x04, .. "MQTT"u8, 0x05, 0xc2, 0x00, 0x3c, 0x00, 0x00, 0x01, (byte)'a', 0x00, 0x04, .. "user"u8,
            0x00, 0x06, .. "secret"u8,
        ],
        [
            0x10, 0x23, 0x00, 0x04, .. "MQTT"u8, 0x05, 0x06, 0x00, 0x3c, 0x05, 0x11, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x01, (byte)'b',
            0x03, 0x01, 0x01, 0x00, 0x00, 0x04, .. "will"u8, 0x00, 0x04, .. "gone"u8,
        ],
        [0x30, 0x07, 0x00, 0x03, .. "a/b"u8, (byte)'x', (byte)'y'],
        [0x82, 0x08, 0x00, 0x01, 0x00, 0x03, .. "a/#"u8, 0x01],
        [0x10, 0xff, 0xff, 0xff, 0x7f, 0x00],
        [0xc0, 0x00, 0xe0, 0x00],
        ClientHello(),
    ];

    private static byte[][] Http() =>
    [
        Ascii("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic d2l0bmVzczp3cm9uZw==\r\n\r\n"),
        Ascii("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Ascii("PUT /v1/store/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nvalue"),
        Ascii("POST /v1/queues/q/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nvalue\r\n0\r\n\r\n"),
        Ascii("GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"),
        Ascii("GET /../../etc/passwd HTTP/1.0\r\n\r\n"),
        Ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ClientHello(),
    ];

    // With no extensions, which is enough to be looked at.
    private static byte[] ClientHello() =>
    [
        0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03, 0x03, .. new byte[32], 0x00, 0x00, 0x04, 0x13, 0x01, 0xc0, 0x2f,
        0x01, 0x00,
    ];

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
