using System.Text.Json.Nodes;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Options of a definition as the golden file writes them: a tag, and a number, a text or bytes.</summary>
internal static class Options
{
    public static JsonObject Number(ushort tag, ulong number) => new() { ["tag"] = tag, ["number"] = number.ToString() };

    public static JsonObject Text(ushort tag, string text) => new() { ["tag"] = tag, ["text"] = text };

    /// <summary>One that no version knows yet.</summary>
    public static JsonObject Later(ushort tag, ReadOnlySpan<byte> bytes) => new() { ["tag"] = tag, ["bytes"] = Fields.Hex(bytes) };

    public static void WriteLater(FrameBuffer buffer, JsonNode option)
    {
        byte[] bytes = option.Bytes("bytes");
        buffer.WriteUInt16(option.U16("tag"));
        buffer.WriteUInt16((ushort)bytes.Length);
        buffer.Write(bytes);
    }
}
