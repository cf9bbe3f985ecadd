using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Requests of the store over many keys or fields, scans and watches.</summary>
internal static class StoreListCodecs
{
    private static readonly Gen<byte[][]> AnyItems = Fields.AnyBytes.Array[0, 5];
    private static readonly Gen<(byte[], byte[])[]> AnyPairs = Gen.Select(Fields.AnyBytes, Fields.AnyBytes).Array[0, 5];

    public static IEnumerable<Codec> All =>
    [
        new("list", ReadList, (buffer, fields) => WriteItems(buffer, fields.Array("items")), AnyItems
            .Select(items => new JsonObject { ["items"] = Fields.HexList(items) })),
        new("multi-set", ReadMultiSet, WriteMultiSet, Gen.Select(Operands.AnyExpiry, AnyPairs)
            .Select((expiry, pairs) => new JsonObject { ["expiry"] = expiry, ["pairs"] = Fields.HexPairs(pairs) })),
        new("hash-set", ReadHashSet, WriteHashSet, Gen.Select(Fields.AnyBytes, AnyPairs)
            .Select((key, pairs) => new JsonObject { ["key"] = Fields.Hex(key), ["pairs"] = Fields.HexPairs(pairs) })),
        new("hash-fields", ReadHashFields, WriteHashFields, Gen.Select(Fields.AnyBytes, AnyItems)
            .Select((key, items) => new JsonObject { ["key"] = Fields.Hex(key), ["fields"] = Fields.HexList(items) })),
        new("hash", ReadHash, WriteHash, Gen.Select(Gen.Bool, Gen.ULong, AnyPairs)
            .Select((found, version, pairs) => new JsonObject
            {
                ["found"] = found,
                ["version"] = (found ? version : 0).ToString(),
                ["pairs"] = Fields.HexPairs(found ? pairs : []),
            })),
        new("scan", ReadScan, WriteScan, Gen.Select(Gen.UInt, Fields.AnyBytes, Fields.AnyBytes)
            .Select((limit, cursor, prefix) => new JsonObject
            {
                ["limit"] = limit,
                ["cursor"] = Fields.Hex(cursor),
                ["prefix"] = Fields.Hex(prefix),
            })),
        new("watch", ReadWatch, WriteWatch, Gen.Select(Gen.UInt[0, CreditNotice.CreditsMax], Fields.AnyBytes)
            .Select((credits, prefix) => new JsonObject { ["credits"] = credits, ["prefix"] = Fields.Hex(prefix) })),
    ];

    private static JsonArray TakeAll(BlobList list)
    {
        var items = new JsonArray();
        while (list.TryTake(out ReadOnlySpan<byte> item))
        {
            items.Add((JsonNode)Fields.Hex(item));
        }

        Assert.Equal(list.Count, (uint)items.Count);
        return items;
    }

    private static JsonArray TakeAll(PairList list)
    {
        var pairs = new JsonArray();
        while (list.TryTake(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second))
        {
            pairs.Add((JsonNode)new JsonArray(Fields.Hex(first), Fields.Hex(second)));
        }

        Assert.Equal(list.Count, (uint)pairs.Count);
        return pairs;
    }

    private static void WriteItems(FrameBuffer buffer, JsonArray items)
    {
        buffer.WriteUInt32((uint)items.Count);
        foreach (JsonNode? item in items)
        {
            buffer.WriteBlob(Convert.FromHexString((string)item!));
        }
    }

    private static void WritePairs(FrameBuffer buffer, JsonArray pairs)
    {
        foreach (JsonNode? pair in pairs)
        {
            PairList.WriteItem(buffer, Convert.FromHexString((string)pair![0]!), Convert.FromHexString((string)pair[1]!));
        }
    }

    private static JsonObject? ReadList(ReadOnlySpan<byte> body) =>
        BlobList.TryRead(body, out BlobList list) ? new() { ["items"] = TakeAll(list) } : null;

    private static JsonObject? ReadMultiSet(ReadOnlySpan<byte> body) =>
        !MultiSetRequest.TryRead(body, out MultiSetRequest request) ? null : new()
        {
            ["expiry"] = Operands.Read(request.Expiry),
            ["pairs"] = TakeAll(request.Pairs),
        };

    private static void WriteMultiSet(FrameBuffer buffer, JsonObject fields)
    {
        MultiSetRequest.WriteStart(buffer, Operands.Expiry(fields), (uint)fields.Array("pairs").Count);
        WritePairs(buffer, fields.Array("pairs"));
    }

    private static JsonObject? ReadHashSet(ReadOnlySpan<byte> body) =>
        !HashSetRequest.TryRead(body, out HashSetRequest request) ? null : new()
        {
            ["key"] = Fields.Hex(request.Key),
            ["pairs"] = TakeAll(request.Pairs),
        };

    private static void WriteHashSet(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteBlob(fields.Bytes("key"));
        buffer.WriteUInt32((uint)fields.Array("pairs").Count);
        WritePairs(buffer, fields.Array("pairs"));
    }

    private static JsonObject? ReadHashFields(ReadOnlySpan<byte> body) =>
        !HashFieldsRequest.TryRead(body, out HashFieldsRequest request) ? null : new()
        {
            ["key"] = Fields.Hex(request.Key),
            ["fields"] = TakeAll(request.Fields),
        };

    private static void WriteHashFields(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteBlob(fields.Bytes("key"));
        WriteItems(buffer, fields.Array("fields"));
    }

    private static JsonObject? ReadHash(ReadOnlySpan<byte> body) =>
        !HashReply.TryRead(body, out HashReply reply) ? null : new()
        {
            ["found"] = reply.Found,
            ["version"] = reply.Version.ToString(),
            ["pairs"] = TakeAll(reply.Pairs),
        };

    private static void WriteHash(FrameBuffer buffer, JsonObject fields)
    {
        if (fields.Flag("found"))
        {
            buffer.WriteUInt64(fields.U64("version"));
            buffer.WriteUInt32((uint)fields.Array("pairs").Count);
            WritePairs(buffer, fields.Array("pairs"));
        }
    }

    private static JsonObject? ReadScan(ReadOnlySpan<byte> body) =>
        !ScanRequest.TryRead(body, out ScanRequest request) ? null : new()
        {
            ["limit"] = request.Limit,
            ["cursor"] = Fields.Hex(request.Cursor),
            ["prefix"] = Fields.Hex(request.Prefix),
        };

    private static void WriteScan(FrameBuffer buffer, JsonObject fields) => new ScanRequest
    {
        Limit = fields.U32("limit"),
        Cursor = fields.Bytes("cursor"),
        Prefix = fields.Bytes("prefix"),
    }.Write(buffer);

    private static JsonObject? ReadWatch(ReadOnlySpan<byte> body) =>
        !WatchRequest.TryRead(body, out WatchRequest request) ? null : new()
        {
            ["credits"] = request.Credits,
            ["prefix"] = Fields.Hex(request.Prefix),
        };

    private static void WriteWatch(FrameBuffer buffer, JsonObject fields) =>
        new WatchRequest { Credits = fields.U32("credits"), Prefix = fields.Bytes("prefix") }.Write(buffer);
}
