using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Requests of the store with one key.</summary>
internal static class StoreRequestCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("set", ReadSet, WriteSet, Gen
            .Select(Operands.AnyCondition, Operands.AnyExpiry, Gen.Bool, Fields.AnyBytes, Fields.AnyBytes)
            .Select((condition, expiry, previous, key, value) => new JsonObject
            {
                ["condition"] = condition,
                ["expiry"] = expiry,
                ["returnPrevious"] = previous,
                ["key"] = Fields.Hex(key),
                ["value"] = Fields.Hex(value),
            })),
        new("delete", ReadDelete, WriteDelete, Gen.Select(Operands.DeleteCondition, Fields.AnyBytes)
            .Select((condition, key) => new JsonObject { ["condition"] = condition, ["key"] = Fields.Hex(key) })),
        new("expiry", ReadExpiry, WriteExpiry, Gen.Select(Operands.ExpireExpiry, Fields.AnyBytes)
            .Select((expiry, key) => new JsonObject { ["expiry"] = expiry, ["key"] = Fields.Hex(key) })),
        new("increment", ReadIncrement, WriteIncrement, Gen.Select(Gen.Long, Operands.AnyExpiry, Fields.AnyBytes)
            .Select((delta, expiry, key) => new JsonObject
            {
                ["delta"] = delta.ToString(),
                ["expiry"] = expiry,
                ["key"] = Fields.Hex(key),
            })),
        new("keyed", ReadKeyed, WriteKeyed, Gen.Select(Fields.AnyBytes, Fields.AnyBytes)
            .Select((key, operand) => new JsonObject { ["key"] = Fields.Hex(key), ["operand"] = Fields.Hex(operand) })),
        new("range", ReadRange, WriteRange, Gen.Select(Gen.Long, Gen.Long, Fields.AnyBytes)
            .Select((first, last, key) => new JsonObject
            {
                ["first"] = first.ToString(),
                ["last"] = last.ToString(),
                ["key"] = Fields.Hex(key),
            })),
        new("hash-increment", ReadHashIncrement, WriteHashIncrement, Gen.Select(Gen.Long, Fields.AnyBytes, Fields.AnyBytes)
            .Select((delta, key, name) => new JsonObject
            {
                ["delta"] = delta.ToString(),
                ["key"] = Fields.Hex(key),
                ["field"] = Fields.Hex(name),
            })),
    ];

    private static JsonObject? ReadSet(ReadOnlySpan<byte> body) =>
        !SetRequest.TryRead(body, out SetRequest set) ? null : new()
        {
            ["condition"] = Operands.Read(set.Condition),
            ["expiry"] = Operands.Read(set.Expiry),
            ["returnPrevious"] = set.ReturnPrevious,
            ["key"] = Fields.Hex(set.Key),
            ["value"] = Fields.Hex(set.Value),
        };

    private static void WriteSet(FrameBuffer buffer, JsonObject fields) => new SetRequest
    {
        Condition = Operands.Condition(fields),
        Expiry = Operands.Expiry(fields),
        ReturnPrevious = fields.Flag("returnPrevious"),
        Key = fields.Bytes("key"),
        Value = fields.Bytes("value"),
    }.Write(buffer);

    private static JsonObject? ReadDelete(ReadOnlySpan<byte> body) =>
        !DeleteRequest.TryRead(body, out DeleteRequest delete) ? null : new()
        {
            ["condition"] = Operands.Read(delete.Condition),
            ["key"] = Fields.Hex(delete.Key),
        };

    private static void WriteDelete(FrameBuffer buffer, JsonObject fields) =>
        new DeleteRequest { Condition = Operands.Condition(fields), Key = fields.Bytes("key") }.Write(buffer);

    private static JsonObject? ReadExpiry(ReadOnlySpan<byte> body) =>
        !ExpiryRequest.TryRead(body, out ExpiryRequest request) ? null : new()
        {
            ["expiry"] = Operands.Read(request.Expiry),
            ["key"] = Fields.Hex(request.Key),
        };

    private static void WriteExpiry(FrameBuffer buffer, JsonObject fields) =>
        new ExpiryRequest { Expiry = Operands.Expiry(fields), Key = fields.Bytes("key") }.Write(buffer);

    private static JsonObject? ReadIncrement(ReadOnlySpan<byte> body) =>
        !IncrementRequest.TryRead(body, out IncrementRequest request) ? null : new()
        {
            ["delta"] = request.Delta.ToString(),
            ["expiry"] = Operands.Read(request.Expiry),
            ["key"] = Fields.Hex(request.Key),
        };

    private static void WriteIncrement(FrameBuffer buffer, JsonObject fields) => new IncrementRequest
    {
        Delta = fields.I64("delta"),
        Expiry = Operands.Expiry(fields),
        Key = fields.Bytes("key"),
    }.Write(buffer);

    private static JsonObject? ReadKeyed(ReadOnlySpan<byte> body) =>
        !KeyedRequest.TryRead(body, out KeyedRequest request) ? null : new()
        {
            ["key"] = Fields.Hex(request.Key),
            ["operand"] = Fields.Hex(request.Operand),
        };

    private static void WriteKeyed(FrameBuffer buffer, JsonObject fields) =>
        new KeyedRequest { Key = fields.Bytes("key"), Operand = fields.Bytes("operand") }.Write(buffer);

    private static JsonObject? ReadRange(ReadOnlySpan<byte> body) =>
        !RangeRequest.TryRead(body, out RangeRequest request) ? null : new()
        {
            ["first"] = request.First.ToString(),
            ["last"] = request.Last.ToString(),
            ["key"] = Fields.Hex(request.Key),
        };

    private static void WriteRange(FrameBuffer buffer, JsonObject fields) =>
        new RangeRequest { First = fields.I64("first"), Last = fields.I64("last"), Key = fields.Bytes("key") }.Write(buffer);

    private static JsonObject? ReadHashIncrement(ReadOnlySpan<byte> body) =>
        !HashIncrementRequest.TryRead(body, out HashIncrementRequest request) ? null : new()
        {
            ["delta"] = request.Delta.ToString(),
            ["key"] = Fields.Hex(request.Key),
            ["field"] = Fields.Hex(request.Field),
        };

    private static void WriteHashIncrement(FrameBuffer buffer, JsonObject fields) => new HashIncrementRequest
    {
        Delta = fields.I64("delta"),
        Key = fields.Bytes("key"),
        Field = fields.Bytes("field"),
    }.Write(buffer);
}
