using System.Globalization;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// RESP2, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/): the same load, put on
/// something else than Nexo.
/// </summary>
internal sealed class RespDialect : BenchDialect
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
                return Unlimited();
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

    public override RequestTemplate Get(KeyNames names)
    {
        byte[] head = Header("GET", 2, names.SizeBytes);
        return new RequestTemplate([.. head, .. names.Template, .. "\r\n"u8], head.Length, 0, 0);
    }

    public override RequestTemplate Set(KeyNames names, ValuePattern value, long ttlMs, Durability durability)
    {
        if (durability != Durability.ServerDefault)
        {
            throw CliFailure.Usage("--durability is of the Nexo protocol; a server that speaks RESP is set by its own means.");
        }

        byte[] expiry = ttlMs == 0 ? [] : [.. Argument("PX"), .. Argument(ttlMs.ToString(CultureInfo.InvariantCulture))];
        byte[] head = Header("SET", ttlMs == 0 ? 3 : 5, names.SizeBytes);
        byte[] size = Encoding.ASCII.GetBytes($"\r\n${value.SizeBytes}\r\n");
        int valueOffset = head.Length + names.SizeBytes + size.Length;
        return new RequestTemplate(
            [.. head, .. names.Template, .. size, .. value.Template, .. "\r\n"u8, .. expiry],
            head.Length,
            value.SizeBytes > 0 ? valueOffset : 0,
            0);
    }

    public override IReplyReader CreateReader(ValuePattern value, bool verify, int replyBytesMax) =>
        new RespReplyReader(value, verify);

    private static byte[] Header(string name, int arguments, int keyBytes) =>
        [.. Encoding.ASCII.GetBytes($"*{arguments}\r\n"), .. Argument(name), .. Encoding.ASCII.GetBytes($"${keyBytes}\r\n")];

    private static byte[] Command(params string[] arguments) =>
        [.. Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"), .. arguments.SelectMany(Argument)];

    private static byte[] Argument(string text) =>
        Encoding.UTF8.GetBytes($"${Encoding.UTF8.GetByteCount(text)}\r\n{text}\r\n");

    // RESP tells no limits: 0 stands for none.
    private static HelloReply Unlimited() => new()
    {
        Version = 0,
        ServerId = Guid.Empty,
        ServerVersion = "RESP",
        FrameBytesMax = 0,
        InFlightMax = 0,
        KeyBytesMax = 0,
        ValueBytesMax = 0,
        IdleTimeoutMs = 0,
    };
}
