using System.Globalization;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;
using static Nexo.Cli.Bench.RespProtocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// RESP2, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/): the same load, put on
/// something else than Nexo.
/// </summary>
internal sealed class RespDialect : BenchDialect
{
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
}
