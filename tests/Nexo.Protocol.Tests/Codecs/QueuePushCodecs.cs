using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages on their way into a queue.</summary>
internal static class QueuePushCodecs
{
    private static readonly (string, Gen<JsonNode?>)[] AnyMessage =
    [
        ("priority", JsonGen.U8),
        ("delayMs", JsonGen.Optional(JsonGen.I64)),
        ("dueAt", JsonGen.Optional(JsonGen.I64)),
        ("ttlMs", JsonGen.Optional(JsonGen.I64)),
        ("dedupId", JsonGen.Optional(JsonGen.Hex)),
        ("group", JsonGen.Optional(JsonGen.Hex)),
        ("body", JsonGen.Hex),
    ];

    public static IEnumerable<Codec> All =>
    [
        new("queue-push", ReadPush, WritePush, JsonGen.Message([("queue", JsonGen.Text), .. AnyMessage])),
        new("queue-push-reply", ReadPushReply, WritePushReply, JsonGen.Message(
            ("outcome", JsonGen.U8), ("messageId", JsonGen.U64))),
        new("queue-push-batch", ReadBatch, WriteBatch, JsonGen.Message(
            ("allOrNone", JsonGen.Flag),
            ("queue", JsonGen.Text),
            ("messages", JsonGen.List(JsonGen.Message([.. AnyMessage, ("headers", JsonGen.Headers)]))))),
        new("queue-push-batch-reply", ReadBatchReply, WriteBatchReply, JsonGen.Message(("items", JsonGen.List(
            JsonGen.Message(("code", JsonGen.U16), ("outcome", JsonGen.U8), ("messageId", JsonGen.U64)))))),
    ];

    private static JsonObject Read(scoped PushedMessage message)
    {
        JsonNode? Number(bool isThere, long value) => isThere ? value.ToString() : null;

        PushParts parts = message.Parts;
        return new()
        {
            ["priority"] = message.Priority,
            ["delayMs"] = Number(parts.HasFlag(PushParts.Delay), message.DelayMs),
            ["dueAt"] = Number(parts.HasFlag(PushParts.DueAt), message.DueAt),
            ["ttlMs"] = Number(parts.HasFlag(PushParts.Ttl), message.TtlMs),
            ["dedupId"] = parts.HasFlag(PushParts.DedupId) ? Fields.Hex(message.DedupId) : null,
            ["group"] = parts.HasFlag(PushParts.Group) ? Fields.Hex(message.Group) : null,
            ["body"] = Fields.Hex(message.Body),
        };
    }

    private static PushedMessage Message(JsonNode fields, byte[] headers)
    {
        PushParts Part(PushParts part, string name) => fields.Has(name) ? part : PushParts.None;

        return new()
        {
            Parts = Part(PushParts.Delay, "delayMs") | Part(PushParts.DueAt, "dueAt") | Part(PushParts.Ttl, "ttlMs")
                | Part(PushParts.DedupId, "dedupId") | Part(PushParts.Group, "group"),
            Priority = fields.U8("priority"),
            DelayMs = fields.Has("delayMs") ? fields.I64("delayMs") : 0,
            DueAt = fields.Has("dueAt") ? fields.I64("dueAt") : 0,
            TtlMs = fields.Has("ttlMs") ? fields.I64("ttlMs") : 0,
            DedupId = fields.Has("dedupId") ? fields.Bytes("dedupId") : default,
            Group = fields.Has("group") ? fields.Bytes("group") : default,
            Headers = headers,
            Body = fields.Bytes("body"),
        };
    }

    private static JsonObject? ReadPush(ReadOnlySpan<byte> body)
    {
        bool isPlain = QueuePushRequest.TryReadPlain(
            body, out ReadOnlySpan<byte> plainQueue, out byte plainPriority, out ReadOnlySpan<byte> plainBody);
        if (!QueuePushRequest.TryRead(body, out QueuePushRequest request))
        {
            Assert.False(isPlain);
            return null;
        }

        Assert.Equal(request.Message.Parts == PushParts.None, isPlain);
        if (isPlain)
        {
            Assert.True(plainQueue.SequenceEqual(request.Queue));
            Assert.Equal(request.Message.Priority, plainPriority);
            Assert.True(plainBody.SequenceEqual(request.Message.Body));
        }

        JsonObject fields = Read(request.Message);
        fields["queue"] = Fields.Text(request.Queue);
        return fields;
    }

    private static void WritePush(FrameBuffer buffer, JsonObject fields) => new QueuePushRequest
    {
        Queue = fields.Utf8("queue"),
        Message = Message(fields, []),
    }.Write(buffer);

    private static JsonObject? ReadPushReply(ReadOnlySpan<byte> body) =>
        QueuePushReply.TryRead(body, out QueuePushReply reply)
            ? new() { ["outcome"] = (byte)reply.Outcome, ["messageId"] = reply.MessageId.ToString() }
            : null;

    private static void WritePushReply(FrameBuffer buffer, JsonObject fields) =>
        new QueuePushReply((PushOutcome)fields.U8("outcome"), fields.U64("messageId")).Write(buffer);

    private static JsonObject? ReadBatch(ReadOnlySpan<byte> body)
    {
        if (!QueuePushBatchRequest.TryRead(body, out QueuePushBatchRequest request))
        {
            return null;
        }

        var messages = new JsonArray();
        while (request.TryTake(out PushedMessage message))
        {
            JsonObject fields = Read(message);
            fields["headers"] = Headers.Read(message.Headers);
            messages.Add((JsonNode)fields);
        }

        Assert.Equal(request.Count, (uint)messages.Count);
        return new()
        {
            ["allOrNone"] = request.AllOrNone,
            ["queue"] = Fields.Text(request.Queue),
            ["messages"] = messages,
        };
    }

    private static void WriteBatch(FrameBuffer buffer, JsonObject fields)
    {
        QueuePushBatchRequest.WriteStart(
            buffer, fields.Flag("allOrNone"), fields.Utf8("queue"), (uint)fields.Array("messages").Count);
        foreach (JsonNode item in fields.Items("messages"))
        {
            int before = buffer.BodyCount;
            PushedMessage message = Message(item, Headers.Encode(item.Array("headers")));
            message.WriteItem(buffer);
            Assert.Equal(message.ItemSize, buffer.BodyCount - before);
        }
    }

    private static JsonObject? ReadBatchReply(ReadOnlySpan<byte> body)
    {
        if (!QueuePushBatchReply.TryRead(body, out QueuePushBatchReply reply))
        {
            return null;
        }

        var items = new JsonArray();
        while (reply.TryTake(out ErrorCode error, out QueuePushReply pushed))
        {
            items.Add((JsonNode)new JsonObject
            {
                ["code"] = (ushort)error,
                ["outcome"] = (byte)pushed.Outcome,
                ["messageId"] = pushed.MessageId.ToString(),
            });
        }

        Assert.Equal(reply.Count, (uint)items.Count);
        return new() { ["items"] = items };
    }

    private static void WriteBatchReply(FrameBuffer buffer, JsonObject fields)
    {
        QueuePushBatchReply.WriteStart(buffer, (uint)fields.Array("items").Count);
        foreach (JsonNode item in fields.Items("items"))
        {
            QueuePushBatchReply.WriteItem(
                buffer,
                (ErrorCode)item.U16("code"),
                new QueuePushReply((PushOutcome)item.U8("outcome"), item.U64("messageId")));
        }
    }
}
