using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Values as the golden file writes them: bytes in hex, 64-bit numbers as text.</summary>
internal static class Fields
{
    public static Gen<byte[]> AnyBytes { get; } = Gen.Byte.Array[0, 64];

    /// <summary>Text without lone surrogates, which UTF-8 cannot carry.</summary>
    public static Gen<string> AnyText { get; } =
        Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u00C0', '\u017F'], Gen.Char['\u4E00', '\u9FFF'])
            .Array[0, 12].Select(chars => new string(chars));

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static byte[] Bytes(this JsonNode fields, string name) => Convert.FromHexString((string)fields[name]!);

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static byte[] Utf8(this JsonNode fields, string name) => Encoding.UTF8.GetBytes((string)fields[name]!);

    public static bool Has(this JsonNode fields, string name) => fields[name] is not null;

    public static ulong U64(this JsonNode fields, string name) => ulong.Parse((string)fields[name]!);

    public static long I64(this JsonNode fields, string name) => long.Parse((string)fields[name]!);

    // A node that was parsed and one that was made hold their numbers in different types: text is common to both.
    public static uint U32(this JsonNode fields, string name) => uint.Parse(fields[name]!.ToJsonString());

    public static ushort U16(this JsonNode fields, string name) => ushort.Parse(fields[name]!.ToJsonString());

    public static byte U8(this JsonNode fields, string name) => byte.Parse(fields[name]!.ToJsonString());

    public static bool Flag(this JsonNode fields, string name) => (bool)fields[name]!;

    public static JsonArray Array(this JsonNode fields, string name) => fields[name]!.AsArray();

    public static IEnumerable<JsonNode> Items(this JsonNode fields, string name) => fields.Array(name).Select(item => item!);

    public static JsonArray HexList(IEnumerable<byte[]> items) => [.. items.Select(item => (JsonNode)Hex(item))];

    public static JsonArray HexPairs(IEnumerable<(byte[] First, byte[] Second)> pairs) =>
        [.. pairs.Select(pair => (JsonNode)new JsonArray(Hex(pair.First), Hex(pair.Second)))];
}
