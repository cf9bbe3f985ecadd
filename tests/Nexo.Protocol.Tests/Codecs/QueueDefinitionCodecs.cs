using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Definitions of queues, their list, their figures, and what is done to a whole queue.</summary>
internal static class QueueDefinitionCodecs
{
    // Each known option once, in any order, and some that came later.
    private static readonly Gen<JsonNode?> AnyOptions = Gen
        .Select(Gen.Shuffle(Enumerable.Range(1, 16).ToArray()), Gen.Int[0, 16], Gen.ULong.Array[17], Fields.AnyText, Fields.AnyBytes)
        .Select((tags, count, numbers, text, later) => (JsonNode?)new JsonArray(
            [.. tags.Take(count).Select(tag => (JsonNode?)Option((ushort)tag, numbers[tag], text)), Later(17, later), Later(65535, later)]));

    public static IEnumerable<Codec> All =>
    [
        new("queue-declare", ReadDeclare, WriteDeclare, JsonGen.Message(("name", JsonGen.Text), ("options", AnyOptions))),
        new("queue-declare-reply", ReadDeclareReply, WriteDeclareReply, JsonGen.Message(
            ("created", JsonGen.Flag), ("revision", JsonGen.U64), ("options", AnyOptions))),
        new("queue-definition", ReadDefinition, WriteDefinition, JsonGen.Message(
            ("revision", JsonGen.U64), ("options", AnyOptions))),
        new("queue-update", ReadUpdate, WriteUpdate, JsonGen.Message(
            ("revision", JsonGen.U64), ("name", JsonGen.Text), ("options", AnyOptions))),
        new("queue-list", ReadList, WriteList, JsonGen.Message(("cursor", JsonGen.Hex), ("queues", JsonGen.List(JsonGen.Message(
            ("paused", JsonGen.U8), ("ready", JsonGen.U64), ("leased", JsonGen.U64), ("delayed", JsonGen.U64),
            ("dead", JsonGen.U64), ("name", JsonGen.Text)))))),
        new("queue-pause", ReadPause, WritePause, JsonGen.Message(("flow", JsonGen.U8Between(1, 3)), ("name", JsonGen.Text))),
        new("queue-purge", ReadPurge, WritePurge, JsonGen.Message(("parts", JsonGen.U8Between(1, 7)), ("name", JsonGen.Text))),
        new("queue-delete", ReadDelete, WriteDelete, JsonGen.Message(
            ("conditions", JsonGen.U8Between(0, 3)), ("name", JsonGen.Text))),
        new("queue-stats", ReadStats, WriteStats, JsonGen.Message(("stats", JsonGen.List(
            Gen.Select(JsonGen.U16, JsonGen.U64, (stat, value) => (JsonNode?)new JsonArray(stat, value)))))),
    ];

    private static JsonObject Option(ushort tag, ulong number, string text) => (QueueOptionTag)tag == QueueOptionTag.DeadLetterQueue
        ? new() { ["tag"] = tag, ["text"] = text }
        : new() { ["tag"] = tag, ["number"] = number.ToString() };

    private static JsonObject Later(ushort tag, ReadOnlySpan<byte> bytes) => new() { ["tag"] = tag, ["bytes"] = Fields.Hex(bytes) };

    private static JsonArray TakeAll(QueueOptionFields options)
    {
        var all = new JsonArray();
        while (options.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            JsonObject option = QueueOptionFields.IsKnown(tag)
                ? Option((ushort)tag, number, Fields.Text(text))
                : Later((ushort)tag, text);
            all.Add((JsonNode)option);
        }

        return all;
    }

    private static void WriteOptions(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode option in fields.Items("options"))
        {
            var tag = (QueueOptionTag)option.U16("tag");
            if (option.Has("number"))
            {
                QueueOptionFields.Write(buffer, tag, option.U64("number"));
            }
            else
            {
                QueueOptionFields.Write(buffer, tag, option.Has("text") ? option.Utf8("text") : option.Bytes("bytes"));
            }
        }
    }

    private static JsonObject? ReadDeclare(ReadOnlySpan<byte> body) =>
        !QueueDeclareRequest.TryRead(body, out QueueDeclareRequest request) ? null : new()
        {
            ["name"] = Fields.Text(request.Name),
            ["options"] = TakeAll(request.Options),
        };

    private static void WriteDeclare(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeclareRequest.WriteStart(buffer, fields.Utf8("name"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadDeclareReply(ReadOnlySpan<byte> body) =>
        !QueueDeclareReply.TryRead(body, out QueueDeclareReply reply) ? null : new()
        {
            ["created"] = reply.Created,
            ["revision"] = reply.Definition.Revision.ToString(),
            ["options"] = TakeAll(reply.Definition.Options),
        };

    private static void WriteDeclareReply(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeclareReply.WriteStart(buffer, fields.Flag("created"), fields.U64("revision"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadDefinition(ReadOnlySpan<byte> body) =>
        !QueueDefinitionReply.TryRead(body, out QueueDefinitionReply reply) ? null : new()
        {
            ["revision"] = reply.Revision.ToString(),
            ["options"] = TakeAll(reply.Options),
        };

    private static void WriteDefinition(FrameBuffer buffer, JsonObject fields)
    {
        QueueDefinitionReply.WriteStart(buffer, fields.U64("revision"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadUpdate(ReadOnlySpan<byte> body) =>
        !QueueUpdateRequest.TryRead(body, out QueueUpdateRequest request) ? null : new()
        {
            ["revision"] = request.Revision.ToString(),
            ["name"] = Fields.Text(request.Name),
            ["options"] = TakeAll(request.Options),
        };

    private static void WriteUpdate(FrameBuffer buffer, JsonObject fields)
    {
        QueueUpdateRequest.WriteStart(buffer, fields.U64("revision"), fields.Utf8("name"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadList(ReadOnlySpan<byte> body)
    {
        if (!QueueListReply.TryRead(body, out QueueListReply reply))
        {
            return null;
        }

        var queues = new JsonArray();
        while (reply.TryTake(out QueueListItem item))
        {
            queues.Add((JsonNode)new JsonObject
            {
                ["paused"] = (byte)item.Paused,
                ["ready"] = item.Ready.ToString(),
                ["leased"] = item.Leased.ToString(),
                ["delayed"] = item.Delayed.ToString(),
                ["dead"] = item.Dead.ToString(),
                ["name"] = Fields.Text(item.Name),
            });
        }

        Assert.Equal(reply.Count, (uint)queues.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["queues"] = queues };
    }

    private static void WriteList(FrameBuffer buffer, JsonObject fields)
    {
        QueueListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("queues").Count);
        foreach (JsonNode queue in fields.Items("queues"))
        {
            new QueueListItem
            {
                Paused = (QueueFlow)queue.U8("paused"),
                Ready = queue.U64("ready"),
                Leased = queue.U64("leased"),
                Delayed = queue.U64("delayed"),
                Dead = queue.U64("dead"),
                Name = queue.Utf8("name"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadPause(ReadOnlySpan<byte> body) =>
        QueuePauseRequest.TryRead(body, out QueuePauseRequest request)
            ? new() { ["flow"] = (byte)request.Flow, ["name"] = Fields.Text(request.Name) }
            : null;

    private static void WritePause(FrameBuffer buffer, JsonObject fields) =>
        new QueuePauseRequest { Flow = (QueueFlow)fields.U8("flow"), Name = fields.Utf8("name") }.Write(buffer);

    private static JsonObject? ReadPurge(ReadOnlySpan<byte> body) =>
        QueuePurgeRequest.TryRead(body, out QueuePurgeRequest request)
            ? new() { ["parts"] = (byte)request.Parts, ["name"] = Fields.Text(request.Name) }
            : null;

    private static void WritePurge(FrameBuffer buffer, JsonObject fields) =>
        new QueuePurgeRequest { Parts = (PurgeParts)fields.U8("parts"), Name = fields.Utf8("name") }.Write(buffer);

    private static JsonObject? ReadDelete(ReadOnlySpan<byte> body) =>
        QueueDeleteRequest.TryRead(body, out QueueDeleteRequest request)
            ? new() { ["conditions"] = (byte)request.Conditions, ["name"] = Fields.Text(request.Name) }
            : null;

    private static void WriteDelete(FrameBuffer buffer, JsonObject fields) => new QueueDeleteRequest
    {
        Conditions = (QueueDeleteConditions)fields.U8("conditions"),
        Name = fields.Utf8("name"),
    }.Write(buffer);

    private static JsonObject? ReadStats(ReadOnlySpan<byte> body)
    {
        if (!QueueStatsReply.TryRead(body, out QueueStatsReply reply))
        {
            return null;
        }

        var stats = new JsonArray();
        while (reply.TryTake(out QueueStat stat, out ulong value))
        {
            stats.Add((JsonNode)new JsonArray((ushort)stat, value.ToString()));
        }

        Assert.Equal(reply.Count, (uint)stats.Count);
        return new() { ["stats"] = stats };
    }

    private static void WriteStats(FrameBuffer buffer, JsonObject fields)
    {
        QueueStatsReply.WriteStart(buffer, (uint)fields.Array("stats").Count);
        foreach (JsonNode stat in fields.Items("stats"))
        {
            QueueStatsReply.WriteItem(
                buffer, (QueueStat)ushort.Parse(stat[0]!.ToJsonString()), ulong.Parse((string)stat[1]!));
        }
    }
}
