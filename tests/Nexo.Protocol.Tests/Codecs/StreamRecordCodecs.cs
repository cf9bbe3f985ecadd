using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Records on their way into a stream and out of it.</summary>
internal static class StreamRecordCodecs
{
    private static readonly Gen<JsonNode?> AnyProducer = JsonGen.Optional(
        Gen.Select(JsonGen.U64, JsonGen.U64, (id, sequence) => (JsonNode?)new JsonArray(id, sequence)));

    public static IEnumerable<Codec> All =>
    [
        new("stream-append", ReadAppend, WriteAppend, Gen.Select(
            JsonGen.Message(
                ("stream", JsonGen.Text), ("expectedNext", JsonGen.Optional(JsonGen.U64)),
                ("expectedKeyVersion", JsonGen.Optional(JsonGen.U64)), ("producer", AnyProducer),
                ("timestamp", JsonGen.Optional(JsonGen.I64)), ("key", JsonGen.Optional(JsonGen.Hex)), ("tombstone", JsonGen.Flag)),
            Fields.AnyBytes,
            (fields, value) =>
            {
                fields["value"] = fields.Flag("tombstone") ? string.Empty : Fields.Hex(value);
                return fields;
            })),
        new("stream-append-batch", ReadBatch, WriteBatch, JsonGen.Message(
            ("stream", JsonGen.Text),
            ("expectedNext", JsonGen.Optional(JsonGen.U64)),
            ("expectedKeyVersion", JsonGen.Optional(
                Gen.Select(JsonGen.U64, JsonGen.Hex, (version, key) => (JsonNode?)new JsonArray(version, key)))),
            ("producer", AnyProducer),
            ("records", JsonGen.List(Gen.Select(Records.AnyContent, JsonGen.Optional(JsonGen.I64), (fields, timestamp) =>
            {
                fields["timestamp"] = timestamp;
                return fields;
            }))))),
        new("stream-append-reply", ReadReply, WriteReply, JsonGen.Message(
            ("outcome", JsonGen.U8), ("offset", JsonGen.U64), ("keyVersion", JsonGen.U64), ("timestamp", JsonGen.I64))),
        new("stream-read", ReadRead, WriteRead, JsonGen.Message(
            ("from", Records.AnyPosition), ("waitMs", JsonGen.U32), ("recordsMax", JsonGen.U32), ("bytesMax", JsonGen.U32),
            ("stream", JsonGen.Text), ("key", JsonGen.Hex))),
        new("stream-read-reply", ReadRecords, WriteRecords, JsonGen.Message(
            ("first", JsonGen.U64), ("next", JsonGen.U64), ("continueAt", JsonGen.U64), ("records", Records.AnyRun))),
        new("stream-tail", ReadTail, WriteTail, JsonGen.Message(
            ("credits", Gen.UInt[0, CreditNotice.CreditsMax].Select(credits => (JsonNode?)credits)),
            ("from", Records.AnyPosition), ("bytesMax", JsonGen.U32), ("stream", JsonGen.Text), ("key", JsonGen.Hex))),
        new("offset-range", ReadRange, WriteRange, JsonGen.Message(("first", JsonGen.U64), ("next", JsonGen.U64))),
        new("stream-tail-push", ReadPush, WritePush, JsonGen.Message(("continueAt", JsonGen.U64), ("records", Records.AnyRun))),
    ];

    private static JsonObject? ReadAppend(ReadOnlySpan<byte> body)
    {
        if (!StreamAppendRequest.TryRead(body, out StreamAppendRequest request))
        {
            return null;
        }

        AppendParts parts = request.Parts;
        return new()
        {
            ["stream"] = Fields.Text(request.Stream),
            ["expectedNext"] = parts.HasFlag(AppendParts.ExpectedNext) ? request.ExpectedNext.ToString() : null,
            ["expectedKeyVersion"] =
                parts.HasFlag(AppendParts.ExpectedKeyVersion) ? request.ExpectedKeyVersion.ToString() : null,
            ["producer"] = parts.HasFlag(AppendParts.Producer)
                ? new JsonArray(request.Producer.ToString(), request.Sequence.ToString())
                : null,
            ["timestamp"] = parts.HasFlag(AppendParts.Timestamp) ? request.Timestamp.ToString() : null,
            ["key"] = parts.HasFlag(AppendParts.Key) ? Fields.Hex(request.Key) : null,
            ["tombstone"] = parts.HasFlag(AppendParts.Tombstone),
            ["value"] = Fields.Hex(request.Value),
        };
    }

    private static void WriteAppend(FrameBuffer buffer, JsonObject fields)
    {
        AppendParts Part(AppendParts part, string name) => fields.Has(name) ? part : AppendParts.None;

        new StreamAppendRequest
        {
            Parts = Part(AppendParts.ExpectedNext, "expectedNext") | Part(AppendParts.ExpectedKeyVersion, "expectedKeyVersion")
                | Part(AppendParts.Producer, "producer") | Part(AppendParts.Timestamp, "timestamp")
                | Part(AppendParts.Key, "key") | (fields.Flag("tombstone") ? AppendParts.Tombstone : AppendParts.None),
            Stream = fields.Utf8("stream"),
            ExpectedNext = fields.Has("expectedNext") ? fields.U64("expectedNext") : 0,
            ExpectedKeyVersion = fields.Has("expectedKeyVersion") ? fields.U64("expectedKeyVersion") : 0,
            Producer = NumberAt(fields["producer"], 0),
            Sequence = NumberAt(fields["producer"], 1),
            Timestamp = fields.Has("timestamp") ? fields.I64("timestamp") : 0,
            Key = fields.Has("key") ? fields.Bytes("key") : default,
            Value = fields.Bytes("value"),
        }.Write(buffer);
    }

    private static ulong NumberAt(JsonNode? pair, int index) => pair is null ? 0 : ulong.Parse((string)pair[index]!);

    private static JsonObject? ReadBatch(ReadOnlySpan<byte> body)
    {
        if (!StreamAppendBatchRequest.TryRead(body, out StreamAppendBatchRequest request))
        {
            return null;
        }

        AppendParts parts = request.Parts;
        var fields = new JsonObject
        {
            ["stream"] = Fields.Text(request.Stream),
            ["expectedNext"] = parts.HasFlag(AppendParts.ExpectedNext) ? request.ExpectedNext.ToString() : null,
            ["expectedKeyVersion"] = parts.HasFlag(AppendParts.ExpectedKeyVersion)
                ? new JsonArray(request.ExpectedKeyVersion.ToString(), Fields.Hex(request.ExpectedKey))
                : null,
            ["producer"] = parts.HasFlag(AppendParts.Producer)
                ? new JsonArray(request.Producer.ToString(), request.Sequence.ToString())
                : null,
        };
        var records = new JsonArray();
        Assert.True(body.EndsWith(request.Records));
        int left = request.Records.Length;
        while (request.TryTake(out NewRecord record))
        {
            left -= (int)record.Size;
            records.Add((JsonNode)new JsonObject
            {
                ["timestamp"] = record.Parts.HasFlag(RecordParts.Timestamp) ? record.Timestamp.ToString() : null,
                ["key"] = record.Parts.HasFlag(RecordParts.Key) ? Fields.Hex(record.Key) : null,
                ["tombstone"] = record.Parts.HasFlag(RecordParts.Tombstone),
                ["headers"] = Headers.Read(record.Headers),
                ["value"] = Fields.Hex(record.Value),
            });
        }

        Assert.Equal(0, left);
        Assert.Equal(request.Count, (uint)records.Count);
        fields["records"] = records;
        return fields;
    }

    private static void WriteBatch(FrameBuffer buffer, JsonObject fields)
    {
        JsonNode? version = fields["expectedKeyVersion"];
        int countAt = new StreamAppendBatchRequest
        {
            Parts = (fields.Has("expectedNext") ? AppendParts.ExpectedNext : 0)
                | (version is null ? 0 : AppendParts.ExpectedKeyVersion)
                | (fields.Has("producer") ? AppendParts.Producer : 0),
            Stream = fields.Utf8("stream"),
            ExpectedNext = fields.Has("expectedNext") ? fields.U64("expectedNext") : 0,
            ExpectedKeyVersion = NumberAt(version, 0),
            ExpectedKey = version is null ? default : Convert.FromHexString((string)version[1]!),
            Producer = NumberAt(fields["producer"], 0),
            Sequence = NumberAt(fields["producer"], 1),
        }.WriteStart(buffer, 0);
        foreach (JsonNode item in fields.Items("records"))
        {
            int before = buffer.BodyCount;
            var record = new NewRecord
            {
                Parts = Records.PartsOf(item, item.Has("timestamp")),
                Timestamp = item.Has("timestamp") ? item.I64("timestamp") : 0,
                Key = item.Has("key") ? item.Bytes("key") : default,
                Headers = Headers.Encode(item.Array("headers")),
                Value = item.Bytes("value"),
            };
            record.Write(buffer);
            Assert.Equal(record.Size, buffer.BodyCount - before);
        }

        buffer.PatchUInt32(countAt, (uint)fields.Array("records").Count);
    }

    private static JsonObject? ReadReply(ReadOnlySpan<byte> body) =>
        !StreamAppendReply.TryRead(body, out StreamAppendReply reply) ? null : new()
        {
            ["outcome"] = (byte)reply.Outcome,
            ["offset"] = reply.Offset.ToString(),
            ["keyVersion"] = reply.KeyVersion.ToString(),
            ["timestamp"] = reply.Timestamp.ToString(),
        };

    private static void WriteReply(FrameBuffer buffer, JsonObject fields) => new StreamAppendReply(
        (AppendOutcome)fields.U8("outcome"), fields.U64("offset"), fields.U64("keyVersion"), fields.I64("timestamp")).Write(buffer);

    private static JsonObject? ReadRead(ReadOnlySpan<byte> body) =>
        !StreamReadRequest.TryRead(body, out StreamReadRequest request) ? null : new()
        {
            ["from"] = Records.Read(request.From),
            ["waitMs"] = request.WaitMs,
            ["recordsMax"] = request.RecordsMax,
            ["bytesMax"] = request.BytesMax,
            ["stream"] = Fields.Text(request.Stream),
            ["key"] = Fields.Hex(request.Key),
        };

    private static void WriteRead(FrameBuffer buffer, JsonObject fields) => new StreamReadRequest
    {
        From = Records.Position(fields["from"]!),
        WaitMs = fields.U32("waitMs"),
        RecordsMax = fields.U32("recordsMax"),
        BytesMax = fields.U32("bytesMax"),
        Stream = fields.Utf8("stream"),
        Key = fields.Bytes("key"),
    }.Write(buffer);

    private static JsonObject? ReadRecords(ReadOnlySpan<byte> body) =>
        !StreamReadReply.TryRead(body, out StreamReadReply reply) ? null : new()
        {
            ["first"] = reply.Range.First.ToString(),
            ["next"] = reply.Range.Next.ToString(),
            ["continueAt"] = reply.ContinueAt.ToString(),
            ["records"] = Records.Read(reply.Records),
        };

    private static void WriteRecords(FrameBuffer buffer, JsonObject fields)
    {
        StreamReadReply.WriteStart(buffer, default, 0, 0);
        Records.Write(buffer, fields);
        StreamReadReply.PatchStart(
            buffer,
            new OffsetRange(fields.U64("first"), fields.U64("next")),
            fields.U64("continueAt"),
            (uint)fields.Array("records").Count);
    }

    private static JsonObject? ReadTail(ReadOnlySpan<byte> body) =>
        !StreamTailRequest.TryRead(body, out StreamTailRequest request) ? null : new()
        {
            ["credits"] = request.Credits,
            ["from"] = Records.Read(request.From),
            ["bytesMax"] = request.BytesMax,
            ["stream"] = Fields.Text(request.Stream),
            ["key"] = Fields.Hex(request.Key),
        };

    private static void WriteTail(FrameBuffer buffer, JsonObject fields) => new StreamTailRequest
    {
        Credits = fields.U32("credits"),
        From = Records.Position(fields["from"]!),
        BytesMax = fields.U32("bytesMax"),
        Stream = fields.Utf8("stream"),
        Key = fields.Bytes("key"),
    }.Write(buffer);

    private static JsonObject? ReadRange(ReadOnlySpan<byte> body) =>
        OffsetRange.TryRead(body, out OffsetRange range)
            ? new() { ["first"] = range.First.ToString(), ["next"] = range.Next.ToString() }
            : null;

    private static void WriteRange(FrameBuffer buffer, JsonObject fields) =>
        new OffsetRange(fields.U64("first"), fields.U64("next")).Write(buffer);

    private static JsonObject? ReadPush(ReadOnlySpan<byte> body) =>
        !StreamTailPush.TryRead(body, out StreamTailPush push) ? null : new()
        {
            ["continueAt"] = push.ContinueAt.ToString(),
            ["records"] = Records.Read(push.Records),
        };

    private static void WritePush(FrameBuffer buffer, JsonObject fields)
    {
        StreamTailPush.WriteStart(buffer, 0, 0);
        Records.Write(buffer, fields);
        StreamTailPush.PatchStart(buffer, fields.U64("continueAt"), (uint)fields.Array("records").Count);
    }
}
