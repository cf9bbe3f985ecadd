using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Runs of records, and places in a stream, as the golden file writes them.</summary>
internal static class Records
{
    /// <summary>Key, tombstone, headers and value; a tombstone has no value.</summary>
    public static Gen<JsonObject> AnyContent { get; } = Gen.Select(
        JsonGen.Message(("key", JsonGen.Optional(JsonGen.Hex)), ("tombstone", JsonGen.Flag), ("headers", JsonGen.Headers)),
        Fields.AnyBytes,
        (fields, value) =>
        {
            fields["value"] = fields.Flag("tombstone") ? string.Empty : Fields.Hex(value);
            return fields;
        });

    public static Gen<JsonNode?> AnyRun { get; } = JsonGen.List(Gen.Select(
        AnyContent,
        JsonGen.U64,
        JsonGen.I64,
        Gen.Bool,
        (fields, offset, timestamp, given) =>
        {
            fields["offset"] = offset;
            fields["timestamp"] = timestamp;
            fields["timestampGiven"] = given;
            return fields;
        }));

    public static Gen<JsonNode?> AnyPosition { get; } = JsonGen.Message(
        ("kind", JsonGen.U8Between(0, 4)), ("flags", JsonGen.U8Between(0, 3)), ("value", JsonGen.U64))
        .Select(fields => (JsonNode?)fields);

    public static JsonArray Read(scoped RecordRun run)
    {
        var records = new JsonArray();
        uint count = run.Count;
        int left = run.Bytes.Length;
        while (run.TryTake(out StreamedRecord record))
        {
            left -= record.Bytes.Length;
            Assert.Equal(left, run.Bytes.Length);
            Assert.Equal(
                StreamedRecord.Measure(record.Parts, record.Key.Length, record.Headers.Length, record.Value.Length),
                record.Bytes.Length);
            records.Add((JsonNode)new JsonObject
            {
                ["offset"] = record.Offset.ToString(),
                ["timestamp"] = record.Timestamp.ToString(),
                ["timestampGiven"] = record.Parts.HasFlag(RecordParts.Timestamp),
                ["key"] = record.HasKey ? Fields.Hex(record.Key) : null,
                ["tombstone"] = record.IsTombstone,
                ["headers"] = Headers.Read(record.Headers),
                ["value"] = Fields.Hex(record.Value),
            });
        }

        Assert.Equal(0, left);
        Assert.Equal(count, (uint)records.Count);
        return records;
    }

    public static void Write(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode record in fields.Items("records"))
        {
            StreamedRecord.Write(
                buffer,
                record.U64("offset"),
                record.I64("timestamp"),
                PartsOf(record, record.Flag("timestampGiven")),
                record.Has("key") ? record.Bytes("key") : default,
                Headers.Encode(record.Array("headers")),
                record.Bytes("value"));
        }
    }

    public static RecordParts PartsOf(JsonNode record, bool hasTimestamp) =>
        (hasTimestamp ? RecordParts.Timestamp : 0)
        | (record.Has("key") ? RecordParts.Key : 0)
        | (record.Flag("tombstone") ? RecordParts.Tombstone : 0);

    public static JsonObject Read(StreamPosition position) => new()
    {
        ["kind"] = (byte)position.Kind,
        ["flags"] = (byte)position.Flags,
        ["value"] = position.Value.ToString(),
    };

    public static StreamPosition Position(JsonNode fields) =>
        new((PositionKind)fields.U8("kind"), fields.U64("value"), (PositionFlags)fields.U8("flags"));
}
