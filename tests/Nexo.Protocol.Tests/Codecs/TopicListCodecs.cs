using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Lists and figures of topics and their subscribers, and bindings.</summary>
internal static class TopicListCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("topic-list", ReadTopics, WriteTopics, JsonGen.Message(("cursor", JsonGen.Hex), ("topics", JsonGen.List(JsonGen.Message(
            ("topic", JsonGen.Text), ("subscriptions", JsonGen.U64), ("messages", JsonGen.U64), ("bytes", JsonGen.U64)))))),
        new("topic-stats", ReadStats, WriteStats, JsonGen.Message(("stats", JsonGen.List(
            Gen.Select(JsonGen.U16, JsonGen.U64, (stat, value) => (JsonNode?)new JsonArray(stat, value)))))),
        new("topic-subscribers", ReadSubscribers, WriteSubscribers, JsonGen.Message(
            ("cursor", JsonGen.Hex),
            ("subscribers", JsonGen.List(JsonGen.Message(
                ("connection", JsonGen.U64), ("subscription", JsonGen.U32), ("whenSlow", JsonGen.U8), ("filters", JsonGen.U32),
                ("delivered", JsonGen.U64), ("dropped", JsonGen.U64), ("pendingBytes", JsonGen.U64),
                ("client", JsonGen.Text), ("firstFilter", JsonGen.Text)))))),
        new("binding", ReadBinding, WriteBinding, JsonGen.Message(
            ("kind", JsonGen.U8Between(1, 2)), ("name", JsonGen.Text), ("filter", JsonGen.Text), ("target", JsonGen.Text),
            ("keyByTopic", JsonGen.Optional(JsonGen.Flag)),
            ("unknownTag", JsonGen.Optional(Gen.UShort[2, ushort.MaxValue].Select(tag => (JsonNode?)tag))))),
        new("binding-set-reply", ReadSetReply, WriteSetReply, JsonGen.Message(("created", JsonGen.Flag))),
        new("binding-list", ReadBindings, WriteBindings, JsonGen.Message(
            ("cursor", JsonGen.Hex),
            ("bindings", JsonGen.List(JsonGen.Message(
                ("kind", JsonGen.U8), ("name", JsonGen.Text), ("filter", JsonGen.Text), ("target", JsonGen.Text),
                ("taken", JsonGen.U64), ("refused", JsonGen.U64)))))),
    ];

    private static JsonObject? ReadTopics(ReadOnlySpan<byte> body)
    {
        if (!TopicListReply.TryRead(body, out TopicListReply reply))
        {
            return null;
        }

        var topics = new JsonArray();
        while (reply.TryTake(out TopicListItem item))
        {
            topics.Add((JsonNode)new JsonObject
            {
                ["topic"] = Fields.Text(item.Topic),
                ["subscriptions"] = item.Subscriptions.ToString(),
                ["messages"] = item.Messages.ToString(),
                ["bytes"] = item.Bytes.ToString(),
            });
        }

        Assert.Equal(reply.Count, (uint)topics.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["topics"] = topics };
    }

    private static void WriteTopics(FrameBuffer buffer, JsonObject fields)
    {
        TopicListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("topics").Count);
        foreach (JsonNode topic in fields.Items("topics"))
        {
            new TopicListItem
            {
                Topic = topic.Utf8("topic"),
                Subscriptions = topic.U64("subscriptions"),
                Messages = topic.U64("messages"),
                Bytes = topic.U64("bytes"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadStats(ReadOnlySpan<byte> body)
    {
        if (!TopicStatsReply.TryRead(body, out TopicStatsReply reply))
        {
            return null;
        }

        var stats = new JsonArray();
        while (reply.TryTake(out TopicStat stat, out ulong value))
        {
            stats.Add((JsonNode)new JsonArray((ushort)stat, value.ToString()));
        }

        Assert.Equal(reply.Count, (uint)stats.Count);
        return new() { ["stats"] = stats };
    }

    private static void WriteStats(FrameBuffer buffer, JsonObject fields)
    {
        TopicStatsReply.WriteStart(buffer, (uint)fields.Array("stats").Count);
        foreach (JsonNode stat in fields.Items("stats"))
        {
            TopicStatsReply.WriteItem(
                buffer, (TopicStat)ushort.Parse(stat[0]!.ToJsonString()), ulong.Parse((string)stat[1]!));
        }
    }

    private static JsonObject? ReadSubscribers(ReadOnlySpan<byte> body)
    {
        if (!TopicSubscribersReply.TryRead(body, out TopicSubscribersReply reply))
        {
            return null;
        }

        var subscribers = new JsonArray();
        while (reply.TryTake(out TopicSubscribersItem item))
        {
            subscribers.Add((JsonNode)new JsonObject
            {
                ["connection"] = item.Connection.ToString(),
                ["subscription"] = item.Subscription,
                ["whenSlow"] = (byte)item.WhenSlow,
                ["filters"] = item.Filters,
                ["delivered"] = item.Delivered.ToString(),
                ["dropped"] = item.Dropped.ToString(),
                ["pendingBytes"] = item.PendingBytes.ToString(),
                ["client"] = Fields.Text(item.Client),
                ["firstFilter"] = Fields.Text(item.FirstFilter),
            });
        }

        Assert.Equal(reply.Count, (uint)subscribers.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["subscribers"] = subscribers };
    }

    private static void WriteSubscribers(FrameBuffer buffer, JsonObject fields)
    {
        TopicSubscribersReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("subscribers").Count);
        foreach (JsonNode subscriber in fields.Items("subscribers"))
        {
            new TopicSubscribersItem
            {
                Connection = subscriber.U64("connection"),
                Subscription = subscriber.U32("subscription"),
                WhenSlow = (SlowPolicy)subscriber.U8("whenSlow"),
                Filters = subscriber.U32("filters"),
                Delivered = subscriber.U64("delivered"),
                Dropped = subscriber.U64("dropped"),
                PendingBytes = subscriber.U64("pendingBytes"),
                Client = subscriber.Utf8("client"),
                FirstFilter = subscriber.Utf8("firstFilter"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadBinding(ReadOnlySpan<byte> body) =>
        !BindingSetRequest.TryRead(body, out BindingSetRequest request) ? null : new()
        {
            ["kind"] = (byte)request.Kind,
            ["name"] = Fields.Text(request.Name),
            ["filter"] = Fields.Text(request.Filter),
            ["target"] = Fields.Text(request.Target),
            ["keyByTopic"] = request.Options.KeyByTopic,
            ["unknownTag"] = request.Options.UnknownTag,
        };

    private static void WriteBinding(FrameBuffer buffer, JsonObject fields)
    {
        new BindingSetRequest
        {
            Kind = (BindingTarget)fields.U8("kind"),
            Name = fields.Utf8("name"),
            Filter = fields.Utf8("filter"),
            Target = fields.Utf8("target"),
        }.WriteStart(buffer);
        if (fields.Has("unknownTag"))
        {
            buffer.WriteUInt16(fields.U16("unknownTag"));
            buffer.WriteUInt16(0);
        }

        if (fields.Has("keyByTopic"))
        {
            BindingOptionFields.WriteKeyByTopic(buffer, fields.Flag("keyByTopic"));
        }
    }

    private static JsonObject? ReadSetReply(ReadOnlySpan<byte> body) =>
        BindingSetReply.TryRead(body, out BindingSetReply reply) ? new() { ["created"] = reply.Created } : null;

    private static void WriteSetReply(FrameBuffer buffer, JsonObject fields) =>
        new BindingSetReply(fields.Flag("created")).Write(buffer);

    private static JsonObject? ReadBindings(ReadOnlySpan<byte> body)
    {
        if (!BindingListReply.TryRead(body, out BindingListReply reply))
        {
            return null;
        }

        var bindings = new JsonArray();
        while (reply.TryTake(out BindingListItem item))
        {
            bindings.Add((JsonNode)new JsonObject
            {
                ["kind"] = (byte)item.Kind,
                ["name"] = Fields.Text(item.Name),
                ["filter"] = Fields.Text(item.Filter),
                ["target"] = Fields.Text(item.Target),
                ["taken"] = item.Taken.ToString(),
                ["refused"] = item.Refused.ToString(),
            });
        }

        Assert.Equal(reply.Count, (uint)bindings.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["bindings"] = bindings };
    }

    private static void WriteBindings(FrameBuffer buffer, JsonObject fields)
    {
        BindingListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("bindings").Count);
        foreach (JsonNode binding in fields.Items("bindings"))
        {
            new BindingListItem
            {
                Kind = (BindingTarget)binding.U8("kind"),
                Name = binding.Utf8("name"),
                Filter = binding.Utf8("filter"),
                Target = binding.Utf8("target"),
                Taken = binding.U64("taken"),
                Refused = binding.U64("refused"),
            }.Write(buffer);
        }
    }
}
