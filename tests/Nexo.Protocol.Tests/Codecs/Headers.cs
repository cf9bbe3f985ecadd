using System.Text;
using System.Text.Json.Nodes;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Header blocks as the golden file writes them: a list of names and hex values.</summary>
internal static class Headers
{
    public static JsonArray Read(ReadOnlySpan<byte> block)
    {
        var headers = new JsonArray();
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            headers.Add((JsonNode)new JsonArray(Encoding.UTF8.GetString(name), Fields.Hex(value)));
        }

        return headers;
    }

    /// <summary>The block without its leading size.</summary>
    public static byte[] Encode(JsonArray headers)
    {
        using var block = new FrameBuffer();
        foreach (JsonNode? header in headers)
        {
            byte[] name = Encoding.UTF8.GetBytes((string)header![0]!);
            byte[] value = Convert.FromHexString((string)header[1]!);
            block.WriteByte((byte)name.Length);
            block.Write(name);
            block.WriteUInt16((ushort)value.Length);
            block.Write(value);
        }

        return block.Written.ToArray();
    }
}
