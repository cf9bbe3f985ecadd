using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Random values of a message's fields, as the golden file writes them. Every sample is a node of its own.</summary>
internal static class JsonGen
{
    public static Gen<JsonNode?> Text { get; } = Fields.AnyText.Select(text => (JsonNode?)text);

    public static Gen<JsonNode?> Hex { get; } = Fields.AnyBytes.Select(bytes => (JsonNode?)Fields.Hex(bytes));

    public static Gen<JsonNode?> Flag { get; } = Gen.Bool.Select(flag => (JsonNode?)flag);

    public static Gen<JsonNode?> U8 { get; } = Gen.Byte.Select(number => (JsonNode?)number);

    public static Gen<JsonNode?> U16 { get; } = Gen.UShort.Select(number => (JsonNode?)number);

    public static Gen<JsonNode?> U32 { get; } = Gen.UInt.Select(number => (JsonNode?)number);

    public static Gen<JsonNode?> U64 { get; } = Gen.ULong.Select(number => (JsonNode?)number.ToString());

    public static Gen<JsonNode?> I64 { get; } = Gen.Long.Select(number => (JsonNode?)number.ToString());

    /// <summary>Names and values of a header block.</summary>
    public static Gen<JsonNode?> Headers { get; } = Pairs(Fields.AnyText.Where(text => text.Length > 0), Hex);

    /// <summary>Ids of messages and their leases.</summary>
    public static Gen<JsonNode?> Leases { get; } = Pairs(Gen.ULong.Select(number => number.ToString()), U64);

    public static Gen<JsonNode?> U8Between(byte least, byte most) => Gen.Byte[least, most].Select(number => (JsonNode?)number);

    public static Gen<JsonNode?> Optional(Gen<JsonNode?> value) =>
        Gen.Select(Gen.Bool, value, (isThere, node) => isThere ? node : null);

    public static Gen<JsonNode?> List(Gen<JsonNode?> item) => item.Array[0, 5].Select(items => (JsonNode?)new JsonArray(items));

    public static Gen<JsonNode?> List(Gen<JsonObject> item) => List(item.Select(node => (JsonNode?)node));

    public static Gen<JsonNode?> Pairs(Gen<string> first, Gen<JsonNode?> second) =>
        List(Gen.Select(first, second, (a, b) => (JsonNode?)new JsonArray(a, b)));

    public static Gen<JsonObject> Message(params (string Name, Gen<JsonNode?> Value)[] fields)
    {
        Gen<JsonObject> message = Gen.Const(0).Select(_ => new JsonObject());
        foreach ((string name, Gen<JsonNode?> value) in fields)
        {
            message = Gen.Select(message, value, (node, sample) =>
            {
                node[name] = sample;
                return node;
            });
        }

        return message;
    }
}
