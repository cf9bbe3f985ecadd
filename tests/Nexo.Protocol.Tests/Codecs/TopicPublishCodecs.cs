using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages on their way to topics, wills among them, and what is answered or reported.</summary>
internal static class TopicPublishCodecs
{
    private static readonly (string, Gen<JsonNode?>)[] AnyMessage =
    [
        ("flags", JsonGen.U8Between(0, 1)),
        ("topic", JsonGen.Text),
        ("ttlMs", JsonGen.Optional(JsonGen.I64)),
        ("body", JsonGen.Hex),
    ];

    public static IEnumerable<Codec> All =>
    [
        new("topic-publish", ReadPublish, WritePublish, JsonGen.Message(AnyMessage)),
        new("topic-publish-reply", ReadPublishReply, WritePublishReply, JsonGen.Message(
            ("receivers", JsonGen.U32), ("bindings", JsonGen.U32))),
        new("topic-publish-batch", ReadBatch, WriteBatch, JsonGen.Message(
            ("messages", JsonGen.List(JsonGen.Message([.. AnyMessage, ("headers", JsonGen.Headers)]))))),
        new("topic-publish-batch-reply", ReadBatchReply, WriteBatchReply, JsonGen.Message(("items", JsonGen.List(
            JsonGen.Message(("code", JsonGen.U16), ("receivers", JsonGen.U32), ("bindings", JsonGen.U32)))))),
        new("topic-will", ReadWill, WriteWill, JsonGen.Message(
            [("delayMs", JsonGen.U32), ("session", JsonGen.Hex), .. AnyMessage])),
        new("report", ReadReport, WriteReport, Gen.Select(
            JsonGen.Message(("opcode", JsonGen.U16), ("correlation", JsonGen.U32), ("count", JsonGen.U64)),
            ConnectionCodecs.RandomError,
            (fields, error) =>
            {
                fields["error"] = error;
                return fields;
            })),
    ];

    private static JsonObject Read(scoped TopicPublication message) => new()
    {
        ["flags"] = (byte)message.Flags,
        ["topic"] = Fields.Text(message.Topic),
        ["ttlMs"] = message.Parts.HasFlag(PublishParts.Ttl) ? message.TtlMs.ToString() : null,
        ["body"] = Fields.Hex(message.Body),
    };

    private static TopicPublication Message(JsonNode fields, byte[] headers) => new()
    {
        Parts = fields.Has("ttlMs") ? PublishParts.Ttl : PublishParts.None,
        Flags = (PublishFlags)fields.U8("flags"),
        Topic = fields.Utf8("topic"),
        TtlMs = fields.Has("ttlMs") ? fields.I64("ttlMs") : 0,
        Headers = headers,
        Body = fields.Bytes("body"),
    };

    private static JsonObject? ReadPublish(ReadOnlySpan<byte> body)
    {
        bool isPlain = TopicPublishRequest.TryReadPlain(
            body, out ReadOnlySpan<byte> plainTopic, out ReadOnlySpan<byte> plainBody);
        if (!TopicPublishRequest.TryRead(body, out TopicPublishRequest request))
        {
            Assert.False(isPlain);
            return null;
        }

        Assert.Equal(request.Message is { Parts: PublishParts.None, Flags: PublishFlags.None }, isPlain);
        if (isPlain)
        {
            Assert.True(plainTopic.SequenceEqual(request.Message.Topic));
            Assert.True(plainBody.SequenceEqual(request.Message.Body));
        }

        return Read(request.Message);
    }

    private static void WritePublish(FrameBuffer buffer, JsonObject fields) =>
        new TopicPublishRequest { Message = Message(fields, []) }.Write(buffer);

    private static JsonObject? ReadPublishReply(ReadOnlySpan<byte> body) =>
        TopicPublishReply.TryRead(body, out TopicPublishReply reply)
            ? new() { ["receivers"] = reply.Receivers, ["bindings"] = reply.Bindings }
            : null;

    private static void WritePublishReply(FrameBuffer buffer, JsonObject fields) =>
        new TopicPublishReply(fields.U32("receivers"), fields.U32("bindings")).Write(buffer);

    private static JsonObject? ReadBatch(ReadOnlySpan<byte> body)
    {
        if (!TopicPublishBatchRequest.TryRead(body, out TopicPublishBatchRequest request))
        {
            return null;
        }

        var messages = new JsonArray();
        while (request.TryTake(out TopicPublication message))
        {
            JsonObject fields = Read(message);
            fields["headers"] = Headers.Read(message.Headers);
            messages.Add((JsonNode)fields);
        }

        Assert.Equal(request.Count, (uint)messages.Count);
        return new() { ["messages"] = messages };
    }

    private static void WriteBatch(FrameBuffer buffer, JsonObject fields)
    {
        TopicPublishBatchRequest.WriteStart(buffer, 0);
        foreach (JsonNode item in fields.Items("messages"))
        {
            int before = buffer.BodyCount;
            TopicPublication message = Message(item, Headers.Encode(item.Array("headers")));
            message.WriteItem(buffer);
            Assert.Equal(message.ItemSize, buffer.BodyCount - before);
        }

        TopicPublishBatchRequest.PatchCount(buffer, (uint)fields.Array("messages").Count);
    }

    private static JsonObject? ReadBatchReply(ReadOnlySpan<byte> body)
    {
        if (!TopicPublishBatchReply.TryRead(body, out TopicPublishBatchReply reply))
        {
            return null;
        }

        var items = new JsonArray();
        while (reply.TryTake(out ErrorCode error, out TopicPublishReply published))
        {
            items.Add((JsonNode)new JsonObject
            {
                ["code"] = (ushort)error,
                ["receivers"] = published.Receivers,
                ["bindings"] = published.Bindings,
            });
        }

        Assert.Equal(reply.Count, (uint)items.Count);
        return new() { ["items"] = items };
    }

    private static void WriteBatchReply(FrameBuffer buffer, JsonObject fields)
    {
        TopicPublishBatchReply.WriteStart(buffer, (uint)fields.Array("items").Count);
        foreach (JsonNode item in fields.Items("items"))
        {
            TopicPublishBatchReply.WriteItem(
                buffer,
                (ErrorCode)item.U16("code"),
                new TopicPublishReply(item.U32("receivers"), item.U32("bindings")));
        }
    }

    private static JsonObject? ReadWill(ReadOnlySpan<byte> body)
    {
        if (!TopicWillRequest.TryRead(body, out TopicWillRequest request))
        {
            return null;
        }

        JsonObject fields = Read(request.Message);
        fields["delayMs"] = request.DelayMs;
        fields["session"] = Fields.Hex(request.Session);
        return fields;
    }

    private static void WriteWill(FrameBuffer buffer, JsonObject fields) => new TopicWillRequest
    {
        DelayMs = fields.U32("delayMs"),
        Session = fields.Bytes("session"),
        Message = Message(fields, []),
    }.Write(buffer);

    private static JsonObject? ReadReport(ReadOnlySpan<byte> body) =>
        !ReportNotice.TryRead(body, out ReportNotice notice) ? null : new()
        {
            ["opcode"] = (ushort)notice.Opcode,
            ["correlation"] = notice.Correlation,
            ["count"] = notice.Count.ToString(),
            ["error"] = ConnectionCodecs.Read(notice.Error),
        };

    private static void WriteReport(FrameBuffer buffer, JsonObject fields)
    {
        ReportNotice.WriteStart(buffer, (Opcode)fields.U16("opcode"), fields.U32("correlation"), fields.U64("count"));
        ConnectionCodecs.WriteError(buffer, fields["error"]!.AsObject());
    }
}
