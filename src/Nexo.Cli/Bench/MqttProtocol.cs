using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Nexo.Cli.Bench.Topics;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// MQTT 3.1.1 (https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html): clean sessions that no pings keep alive.
/// </summary>
internal sealed class MqttProtocol : BenchProtocol
{
    private const int ClientIdBytes = 8;
    private const int ConnackBytes = 4;
    private const byte CleanSession = 0x02;
    private const byte WithPassword = 0x40;
    private const byte WithUser = 0x80;

    private static ReadOnlySpan<byte> NameAndVersion => [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4];

    public override byte[] Greeting(HelloRequest hello)
    {
        string? secret = hello.Password ?? hello.Token;
        byte flags = CleanSession;
        var content = new ArrayBufferWriter<byte>();
        MqttPacket.WriteText(
            content, Encoding.ASCII.GetBytes($"bench-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ClientIdBytes))}"));
        if (hello.User is { } user)
        {
            flags |= WithUser;
            MqttPacket.WriteText(content, Encoding.UTF8.GetBytes(user));
            if (secret is not null)
            {
                flags |= WithPassword;
                MqttPacket.WriteText(content, Encoding.UTF8.GetBytes(secret));
            }
        }

        ReadOnlySpan<byte> noKeepAlive = [0, 0];
        var frame = new ArrayBufferWriter<byte>();
        MqttPacket.WriteHead(
            frame, MqttPacket.Connect, NameAndVersion.Length + 1 + noKeepAlive.Length + content.WrittenCount);
        frame.Write(NameAndVersion);
        frame.Write([flags]);
        frame.Write(noKeepAlive);
        frame.Write(content.WrittenSpan);
        return frame.WrittenSpan.ToArray();
    }

    public override HelloReply? ReadWelcome(ReadOnlySpan<byte> received, BenchTarget target)
    {
        if (received[0] != MqttPacket.Connack)
        {
            throw BenchConnector.Unreachable(target, "it does not speak MQTT");
        }

        if (received.Length < ConnackBytes)
        {
            return null;
        }

        int code = received[ConnackBytes - 1];
        return code == 0
            ? Unlimited("MQTT")
            : throw new CliFailure(ExitCode.Refused, "refused", $"{target.Name} refused the connection: code {code}.");
    }
}
