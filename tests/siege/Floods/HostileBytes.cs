using System.Text;

namespace Nexo.Siege.Floods;

/// <summary>The beginnings of what clients say.</summary>
internal static class HostileBytes
{
    /// <summary>The beginning of a ClientHello of 512 bytes.</summary>
    public static byte[] HalfHello => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];

    /// <summary>A CONNECT of MQTT 3.1.1 without its end.</summary>
    public static byte[] HalfConnect => [0x10, 0x30, 0x00, 0x04, .. "MQTT"u8, 0x04, 0xc2, 0x00, 0x3c, 0x00, 0x01, (byte)'a'];

    public static byte[] HttpBegin => Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");

    public static byte[] Resp(params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
        {
            text.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
