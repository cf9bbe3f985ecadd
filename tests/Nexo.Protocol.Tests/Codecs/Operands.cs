using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Conditions and expiries as the golden file writes them: the kind, and an operand if it has one.</summary>
internal static class Operands
{
    public static Gen<JsonObject> AnyCondition { get; } = Gen.OneOf(
        Gen.Byte[0, 2].Select(kind => new JsonObject { ["kind"] = kind }),
        Gen.ULong.Select(version => new JsonObject { ["kind"] = (byte)3, ["version"] = version.ToString() }),
        Fields.AnyBytes.Select(value => new JsonObject { ["kind"] = (byte)4, ["value"] = Fields.Hex(value) }));

    public static Gen<JsonObject> DeleteCondition { get; } =
        AnyCondition.Where(condition => condition.U8("kind") is not (1 or 2));

    public static Gen<JsonObject> AnyExpiry { get; } = Gen.OneOf(
        Gen.Byte[0, 1].Select(kind => new JsonObject { ["kind"] = kind }),
        Gen.Select(Gen.Byte[2, 3], Gen.Long).Select((kind, ms) => new JsonObject { ["kind"] = kind, ["ms"] = ms.ToString() }));

    public static Gen<JsonObject> ExpireExpiry { get; } = AnyExpiry.Where(expiry => expiry.U8("kind") != 1);

    public static JsonObject Read(scoped StoreCondition condition)
    {
        var fields = new JsonObject { ["kind"] = (byte)condition.Kind };
        if (condition.Kind == ConditionKind.IfVersion)
        {
            fields["version"] = condition.Version.ToString();
        }
        else if (condition.Kind == ConditionKind.IfValue)
        {
            fields["value"] = Fields.Hex(condition.Value);
        }

        return fields;
    }

    public static JsonObject Read(StoreExpiry expiry)
    {
        var fields = new JsonObject { ["kind"] = (byte)expiry.Kind };
        if (expiry.Kind is ExpiryKind.After or ExpiryKind.At)
        {
            fields["ms"] = expiry.Milliseconds.ToString();
        }

        return fields;
    }

    public static StoreCondition Condition(JsonObject message)
    {
        JsonNode fields = message["condition"]!;
        var kind = (ConditionKind)fields.U8("kind");
        return new StoreCondition
        {
            Kind = kind,
            Version = kind == ConditionKind.IfVersion ? fields.U64("version") : 0,
            Value = kind == ConditionKind.IfValue ? fields.Bytes("value") : default,
        };
    }

    public static StoreExpiry Expiry(JsonObject message)
    {
        JsonNode fields = message["expiry"]!;
        var kind = (ExpiryKind)fields.U8("kind");
        return new StoreExpiry(kind, kind is ExpiryKind.After or ExpiryKind.At ? fields.I64("ms") : 0);
    }
}
