using System.Text;
using System.Text.Json;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>The client protocol of NATS (https://docs.nats.io/reference/reference-protocols/nats-protocol).</summary>
internal sealed class NatsProtocol : BenchProtocol
{
    public override byte[] Greeting(HelloRequest hello)
    {
        string identity = hello.Token is { } token ? $",\"auth_token\":{Quoted(token)}"
            : hello.User is { } user ? $",\"user\":{Quoted(user)},\"pass\":{Quoted(hello.Password ?? "")}"
            : "";
        return Encoding.UTF8.GetBytes(
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":false,\"protocol\":1,\"lang\":\"nexo\",\"version\":\"1\""
            + $"{identity}}}\r\nPING\r\n");
    }

    public override HelloReply? ReadWelcome(ReadOnlySpan<byte> received, BenchTarget target)
    {
        if (!received.StartsWith("INFO "u8[..Math.Min(received.Length, 5)]))
        {
            throw BenchConnector.Unreachable(target, "it does not speak the protocol of NATS");
        }

        if (received.IndexOf("-ERR"u8) is >= 0 and int at)
        {
            throw new CliFailure(
                ExitCode.Refused,
                "refused",
                $"{target.Name} refused the connection: {Encoding.UTF8.GetString(received[at..]).Trim()}.");
        }

        return received.EndsWith("PONG\r\n"u8) ? Unlimited("NATS") : null;
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
