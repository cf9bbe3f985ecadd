using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Subscriptions to topics, what they get, and the retained messages.</summary>
internal static class TopicSubscribeCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("topic-subscribe", ReadSubscribe, WriteSubscribe, JsonGen.Message(
            ("credits", Gen.UInt[0, CreditNotice.CreditsMax].Select(credits => (JsonNode?)credits)),
            ("whenSlow", JsonGen.U8Between(0, 2)),
            ("flags", JsonGen.U8Between(0, 3)),
            ("outboxBytes", JsonGen.U32),
            ("filters", JsonGen.List(JsonGen.Text)))),
        new("topic-push", ReadPush, WritePush, JsonGen.Message(
            ("missed", JsonGen.U64),
            ("messages", JsonGen.List(JsonGen.Message(
                ("flags", JsonGen.U8), ("topic", JsonGen.Text), ("headers", JsonGen.Headers), ("body", JsonGen.Hex)))))),
        new("topic-filters", ReadFilters, WriteFilters, JsonGen.Message(
            ("subscription", JsonGen.U32), ("added", JsonGen.List(JsonGen.Text)), ("removed", JsonGen.List(JsonGen.Text)))),
        new("retained-list", ReadRetainedList, WriteRetainedList, JsonGen.Message(
            ("bytesMax", JsonGen.U32), ("limit", JsonGen.U32), ("cursor", JsonGen.Hex), ("filter", JsonGen.Text))),
        new("retained-list-reply", ReadRetained, WriteRetained, JsonGen.Message(
            ("cursor", JsonGen.Hex),
            ("messages", JsonGen.List(JsonGen.Message(
                ("setAt", JsonGen.I64), ("expiresAt", JsonGen.I64), ("topic", JsonGen.Text),
                ("headers", JsonGen.Headers), ("body", JsonGen.Hex)))))),
    ];

    private static JsonArray Texts(scoped BlobList list)
    {
        var texts = new JsonArray();
        uint count = list.Count;
        while (list.TryTake(out ReadOnlySpan<byte> item))
        {
            texts.Add((JsonNode)Fields.Text(item));
        }

        Assert.Equal(count, (uint)texts.Count);
        return texts;
    }

    private static void WriteTexts(FrameBuffer buffer, JsonArray texts)
    {
        foreach (JsonNode? text in texts)
        {
            buffer.WriteBlob(Encoding.UTF8.GetBytes((string)text!));
        }
    }

    private static JsonObject? ReadSubscribe(ReadOnlySpan<byte> body) =>
        !TopicSubscribeRequest.TryRead(body, out TopicSubscribeRequest request) ? null : new()
        {
            ["credits"] = request.Credits,
            ["whenSlow"] = (byte)request.WhenSlow,
            ["flags"] = (byte)request.Flags,
            ["outboxBytes"] = request.OutboxBytes,
            ["filters"] = Texts(request.Filters),
        };

    private static void WriteSubscribe(FrameBuffer buffer, JsonObject fields)
    {
        new TopicSubscribeRequest
        {
            Credits = fields.U32("credits"),
            WhenSlow = (SlowPolicy)fields.U8("whenSlow"),
            Flags = (SubscribeFlags)fields.U8("flags"),
            OutboxBytes = fields.U32("outboxBytes"),
        }.WriteStart(buffer, (uint)fields.Array("filters").Count);
        WriteTexts(buffer, fields.Array("filters"));
    }

    private static JsonObject? ReadPush(ReadOnlySpan<byte> body)
    {
        if (!TopicPush.TryRead(body, out TopicPush push))
        {
            return null;
        }

        var messages = new JsonArray();
        ReadOnlySpan<byte> items = body[TopicPush.StartSize..];
        while (push.TryTake(out PublishedMessage message))
        {
            Assert.True(PublishedMessage.TryReadNext(items, out PublishedMessage same, out int size));
            Assert.Equal(message.Size, size);
            Assert.True(message.Body.SequenceEqual(same.Body));
            items = items[size..];
            messages.Add((JsonNode)new JsonObject
            {
                ["flags"] = (byte)message.Flags,
                ["topic"] = Fields.Text(message.Topic),
                ["headers"] = Headers.Read(message.Headers),
                ["body"] = Fields.Hex(message.Body),
            });
        }

        Assert.False(PublishedMessage.TryReadNext(items, out _, out _));
        Assert.Equal(push.Count, (uint)messages.Count);
        return new() { ["missed"] = push.Missed.ToString(), ["messages"] = messages };
    }

    private static void WritePush(FrameBuffer buffer, JsonObject fields)
    {
        TopicPush.WriteStart(buffer, fields.U64("missed"), 0);
        foreach (JsonNode item in fields.Items("messages"))
        {
            int before = buffer.BodyCount;
            var message = new PublishedMessage
            {
                Flags = (PublishedFlags)item.U8("flags"),
                Topic = item.Utf8("topic"),
                Headers = Headers.Encode(item.Array("headers")),
                Body = item.Bytes("body"),
            };
            message.Write(buffer);
            Assert.Equal(message.Size, buffer.BodyCount - before);
        }

        TopicPush.PatchCount(buffer, (uint)fields.Array("messages").Count);
    }

    private static JsonObject? ReadFilters(ReadOnlySpan<byte> body) =>
        !TopicFiltersRequest.TryRead(body, out TopicFiltersRequest request) ? null : new()
        {
            ["subscription"] = request.Subscription,
            ["added"] = Texts(request.Added),
            ["removed"] = Texts(request.Removed),
        };

    private static void WriteFilters(FrameBuffer buffer, JsonObject fields)
    {
        TopicFiltersRequest.WriteAdded(buffer, fields.U32("subscription"), (uint)fields.Array("added").Count);
        WriteTexts(buffer, fields.Array("added"));
        TopicFiltersRequest.WriteRemoved(buffer, (uint)fields.Array("removed").Count);
        WriteTexts(buffer, fields.Array("removed"));
    }

    private static JsonObject? ReadRetainedList(ReadOnlySpan<byte> body) =>
        !RetainedListRequest.TryRead(body, out RetainedListRequest request) ? null : new()
        {
            ["bytesMax"] = request.BytesMax,
            ["limit"] = request.Limit,
            ["cursor"] = Fields.Hex(request.Cursor),
            ["filter"] = Fields.Text(request.Filter),
        };

    private static void WriteRetainedList(FrameBuffer buffer, JsonObject fields) => new RetainedListRequest
    {
        BytesMax = fields.U32("bytesMax"),
        Limit = fields.U32("limit"),
        Cursor = fields.Bytes("cursor"),
        Filter = fields.Utf8("filter"),
    }.Write(buffer);

    private static JsonObject? ReadRetained(ReadOnlySpan<byte> body)
    {
        if (!RetainedListReply.TryRead(body, out RetainedListReply reply))
        {
            return null;
        }

        var messages = new JsonArray();
        while (reply.TryTake(out RetainedListItem item))
        {
            messages.Add((JsonNode)new JsonObject
            {
                ["setAt"] = item.SetAt.ToString(),
                ["expiresAt"] = item.ExpiresAt.ToString(),
                ["topic"] = Fields.Text(item.Topic),
                ["headers"] = Headers.Read(item.Headers),
                ["body"] = Fields.Hex(item.Body),
            });
        }

        Assert.Equal(reply.Count, (uint)messages.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["messages"] = messages };
    }

    private static void WriteRetained(FrameBuffer buffer, JsonObject fields)
    {
        RetainedListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("messages").Count);
        foreach (JsonNode message in fields.Items("messages"))
        {
            int before = buffer.BodyCount;
            var item = new RetainedListItem
            {
                SetAt = message.I64("setAt"),
                ExpiresAt = message.I64("expiresAt"),
                Topic = message.Utf8("topic"),
                Headers = Headers.Encode(message.Array("headers")),
                Body = message.Bytes("body"),
            };
            item.Write(buffer);
            Assert.Equal(item.Size, buffer.BodyCount - before);
        }
    }
}
