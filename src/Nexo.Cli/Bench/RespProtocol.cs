using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>RESP2, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/).</summary>
internal sealed class RespProtocol : BenchProtocol
{
    public override byte[] Greeting(HelloRequest hello)
    {
        string? secret = hello.Password ?? hello.Token;
        byte[] ping = Command("PING");
        return secret is null ? ping
            : hello.User is null ? [.. Command("AUTH", secret), .. ping]
            : [.. Command("AUTH", hello.User, secret), .. ping];
    }

    public override HelloReply? ReadWelcome(ReadOnlySpan<byte> received, BenchTarget target)
    {
        while (received.IndexOf("\r\n"u8) is > 0 and int end)
        {
            ReadOnlySpan<byte> line = received[..end];
            received = received[(end + 2)..];
            if (line.SequenceEqual("+PONG"u8))
            {
                return Unlimited("RESP");
            }

            if (line[0] == (byte)'-')
            {
                throw new CliFailure(
                    ExitCode.Refused,
                    "refused",
                    $"{target.Name} refused the connection: {Encoding.UTF8.GetString(line[1..])}.");
            }

            if (line[0] != (byte)'+')
            {
                throw BenchConnector.Unreachable(target, "it does not speak RESP");
            }
        }

        return null;
    }

    public static byte[] Argument(string text) =>
        Encoding.UTF8.GetBytes($"${Encoding.UTF8.GetByteCount(text)}\r\n{text}\r\n");

    private static byte[] Command(params string[] arguments) =>
        [.. Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"), .. arguments.SelectMany(Argument)];
}
