using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>
/// Replies and pushes of the store. They are written the way a server does, patching what it learns late.
/// </summary>
internal static class StoreReplyCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("value", ReadValue, WriteValue, Gen.Select(Gen.Bool, Gen.ULong, Fields.AnyBytes)
            .Select((found, version, value) => new JsonObject
            {
                ["found"] = found,
                ["version"] = (found ? version : 0).ToString(),
                ["value"] = Fields.Hex(found ? value : []),
            })),
        new("set-reply", ReadSetReply, WriteSetReply, Gen.Select(Gen.Bool, Gen.Bool, Gen.ULong, Fields.AnyBytes)
            .Select((stored, found, version, previous) => new JsonObject
            {
                ["stored"] = stored,
                ["previousFound"] = found,
                ["version"] = version.ToString(),
                ["previous"] = Fields.Hex(previous),
            })),
        new("delete-reply", ReadDeleteReply, WriteDeleteReply, Gen.Select(Gen.Byte, Gen.ULong)
            .Select((outcome, version) => new JsonObject { ["outcome"] = outcome, ["version"] = version.ToString() })),
        new("ttl-reply", ReadTtlReply, WriteTtlReply, Gen.Select(Gen.Byte, Gen.Long)
            .Select((state, ms) => new JsonObject { ["state"] = state, ["remainingMs"] = ms.ToString() })),
        new("count", ReadCount, (buffer, fields) => new CountReply(fields.I64("count")).Write(buffer), Gen.Long
            .Select(count => new JsonObject { ["count"] = count.ToString() })),
        new("number", ReadNumber, WriteNumber, Gen.Select(Gen.Long, Gen.ULong)
            .Select((value, version) => new JsonObject { ["value"] = value.ToString(), ["version"] = version.ToString() })),
        new("multi-value", ReadMultiValue, WriteMultiValue, Gen.Select(Gen.UShort, Gen.Bool, Gen.ULong, Fields.AnyBytes)
            .Array[0, 5].Select(items => new JsonObject
            {
                ["items"] = new JsonArray([.. items.Select(item => MultiValue(item.Item1, item.Item2, item.Item3, item.Item4))]),
            })),
        new("multi-set-reply", ReadMultiSetReply, WriteMultiSetReply, Gen.Select(Gen.UShort, Gen.ULong).Array[0, 5]
            .Select(items => new JsonObject
            {
                ["items"] = new JsonArray([.. items.Select(item =>
                    new JsonObject { ["code"] = item.Item1, ["version"] = item.Item2.ToString() })]),
            })),
        new("scan-reply", ReadScanReply, WriteScanReply, Gen
            .Select(Fields.AnyBytes, Gen.Select(Gen.Byte, Fields.AnyBytes).Array[0, 5])
            .Select((cursor, keys) => new JsonObject
            {
                ["cursor"] = Fields.Hex(cursor),
                ["keys"] = new JsonArray([.. keys.Select(key =>
                    new JsonObject { ["entryKind"] = key.Item1, ["key"] = Fields.Hex(key.Item2) })]),
            })),
        new("change", ReadChange, WriteChange, Gen.Select(Gen.Byte, Gen.ULong, Fields.AnyBytes)
            .Select((change, version, key) => new JsonObject
            {
                ["change"] = change,
                ["version"] = version.ToString(),
                ["key"] = Fields.Hex(key),
            })),
    ];

    private static JsonObject? ReadValue(ReadOnlySpan<byte> body) =>
        !ValueReply.TryRead(body, out ValueReply reply) ? null : new()
        {
            ["found"] = reply.Found,
            ["version"] = reply.Version.ToString(),
            ["value"] = Fields.Hex(reply.Value),
        };

    private static void WriteValue(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteUInt64(0);
        if (fields.Flag("found"))
        {
            buffer.Write(fields.Bytes("value"));
            buffer.PatchUInt64(0, fields.U64("version"));
        }
        else
        {
            buffer.TruncateBody(0);
        }
    }

    private static JsonObject? ReadSetReply(ReadOnlySpan<byte> body) =>
        !SetReply.TryRead(body, out SetReply reply) ? null : new()
        {
            ["stored"] = reply.Stored,
            ["previousFound"] = reply.PreviousFound,
            ["version"] = reply.Version.ToString(),
            ["previous"] = Fields.Hex(reply.Previous),
        };

    private static void WriteSetReply(FrameBuffer buffer, JsonObject fields)
    {
        SetReply.WriteFixed(buffer, stored: false, previousFound: false, version: 0);
        Assert.Equal(SetReply.FixedSize, buffer.BodyCount);
        buffer.Write(fields.Bytes("previous"));
        SetReply.PatchFixed(buffer, fields.Flag("stored"), fields.Flag("previousFound"), fields.U64("version"));
    }

    private static JsonObject? ReadDeleteReply(ReadOnlySpan<byte> body) =>
        DeleteReply.TryRead(body, out DeleteReply reply)
            ? new() { ["outcome"] = (byte)reply.Outcome, ["version"] = reply.Version.ToString() }
            : null;

    private static void WriteDeleteReply(FrameBuffer buffer, JsonObject fields) =>
        new DeleteReply((DeleteOutcome)fields.U8("outcome"), fields.U64("version")).Write(buffer);

    private static JsonObject? ReadTtlReply(ReadOnlySpan<byte> body) =>
        TtlReply.TryRead(body, out TtlReply reply)
            ? new() { ["state"] = (byte)reply.State, ["remainingMs"] = reply.RemainingMs.ToString() }
            : null;

    private static void WriteTtlReply(FrameBuffer buffer, JsonObject fields) =>
        new TtlReply((TtlState)fields.U8("state"), fields.I64("remainingMs")).Write(buffer);

    private static JsonObject? ReadCount(ReadOnlySpan<byte> body) =>
        CountReply.TryRead(body, out CountReply reply) ? new() { ["count"] = reply.Count.ToString() } : null;

    private static JsonObject? ReadNumber(ReadOnlySpan<byte> body) =>
        NumberReply.TryRead(body, out NumberReply reply)
            ? new() { ["value"] = reply.Value.ToString(), ["version"] = reply.Version.ToString() }
            : null;

    private static void WriteNumber(FrameBuffer buffer, JsonObject fields) =>
        new NumberReply(fields.I64("value"), fields.U64("version")).Write(buffer);

    private static JsonObject MultiValue(ushort code, bool found, ulong version, ReadOnlySpan<byte> value) => new()
    {
        ["code"] = code,
        ["found"] = found,
        ["version"] = version.ToString(),
        ["value"] = Fields.Hex(value),
    };

    private static JsonObject? ReadMultiValue(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var items = new JsonArray();
        if (!reader.TryReadUInt32(out uint count))
        {
            return null;
        }

        for (uint i = 0; i < count; i++)
        {
            if (!MultiValueReply.TryReadItem(
                ref reader, out ErrorCode error, out bool found, out ulong version, out ReadOnlySpan<byte> value))
            {
                return null;
            }

            items.Add((JsonNode)MultiValue((ushort)error, found, version, value));
        }

        return reader.AtEnd ? new() { ["items"] = items } : null;
    }

    private static void WriteMultiValue(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteUInt32((uint)fields.Array("items").Count);
        foreach (JsonNode item in fields.Items("items"))
        {
            int start = buffer.BodyCount;
            byte[] value = item.Bytes("value");
            MultiValueReply.WriteItem(buffer, ErrorCode.None, found: false, version: 0, valueLength: 0);
            Assert.Equal(MultiValueReply.ItemFixedSize, buffer.BodyCount - start);
            buffer.Write(value);
            MultiValueReply.PatchItem(
                buffer, start, (ErrorCode)item.U16("code"), item.Flag("found"), item.U64("version"), (uint)value.Length);
        }
    }

    private static JsonObject? ReadMultiSetReply(ReadOnlySpan<byte> body)
    {
        var reader = new BodyReader(body);
        var items = new JsonArray();
        if (!reader.TryReadUInt32(out uint count))
        {
            return null;
        }

        for (uint i = 0; i < count; i++)
        {
            if (!MultiSetRequest.TryReadReplyItem(ref reader, out ErrorCode error, out ulong version))
            {
                return null;
            }

            items.Add((JsonNode)new JsonObject { ["code"] = (ushort)error, ["version"] = version.ToString() });
        }

        return reader.AtEnd ? new() { ["items"] = items } : null;
    }

    private static void WriteMultiSetReply(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteUInt32((uint)fields.Array("items").Count);
        foreach (JsonNode item in fields.Items("items"))
        {
            MultiSetRequest.WriteReplyItem(buffer, (ErrorCode)item.U16("code"), item.U64("version"));
        }
    }

    private static JsonObject? ReadScanReply(ReadOnlySpan<byte> body)
    {
        if (!ScanReply.TryRead(body, out ScanReply reply))
        {
            return null;
        }

        var keys = new JsonArray();
        while (reply.TryTake(out EntryKind kind, out ReadOnlySpan<byte> key))
        {
            keys.Add((JsonNode)new JsonObject { ["entryKind"] = (byte)kind, ["key"] = Fields.Hex(key) });
        }

        Assert.Equal(reply.Count, (uint)keys.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["keys"] = keys };
    }

    private static void WriteScanReply(FrameBuffer buffer, JsonObject fields)
    {
        buffer.WriteBlob(fields.Bytes("cursor"));
        buffer.WriteUInt32((uint)fields.Array("keys").Count);
        foreach (JsonNode key in fields.Items("keys"))
        {
            buffer.WriteByte(key.U8("entryKind"));
            buffer.WriteBlob(key.Bytes("key"));
        }
    }

    private static JsonObject? ReadChange(ReadOnlySpan<byte> body) =>
        !WatchPush.TryRead(body, out WatchPush push) ? null : new()
        {
            ["change"] = (byte)push.Change,
            ["version"] = push.Version.ToString(),
            ["key"] = Fields.Hex(push.Key),
        };

    private static void WriteChange(FrameBuffer buffer, JsonObject fields)
    {
        using var whole = new FrameBuffer();
        new WatchPush
        {
            Change = (StoreChange)fields.U8("change"),
            Version = fields.U64("version"),
            Key = fields.Bytes("key"),
        }.WriteFrame(whole, 0);
        buffer.Write(whole.Written.Span[FrameHeader.Size..]);
    }
}
