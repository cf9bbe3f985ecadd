using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Definitions of streams, their list, their figures, and what is done to a whole stream.</summary>
internal static class StreamDefinitionCodecs
{
    // Each known option once, in any order, and some that came later.
    private static readonly Gen<JsonNode?> AnyOptions = Gen
        .Select(Gen.Shuffle(Enumerable.Range(1, 9).ToArray()), Gen.Int[0, 9], Gen.ULong.Array[10], Fields.AnyBytes)
        .Select((tags, count, numbers, later) => (JsonNode?)new JsonArray(
            [.. tags.Take(count).Select(tag => (JsonNode?)Options.Number((ushort)tag, numbers[tag])),
                Options.Later(10, later), Options.Later(65535, later)]));

    public static IEnumerable<Codec> All =>
    [
        new("stream-create", ReadCreate, WriteCreate, JsonGen.Message(("name", JsonGen.Text), ("options", AnyOptions))),
        new("stream-create-reply", ReadCreateReply, WriteCreateReply, JsonGen.Message(
            ("created", JsonGen.Flag), ("revision", JsonGen.U64), ("options", AnyOptions))),
        new("stream-describe-reply", ReadDescription, WriteDescription, JsonGen.Message(
            ("revision", JsonGen.U64), ("first", JsonGen.U64), ("next", JsonGen.U64), ("options", AnyOptions))),
        new("stream-update", ReadUpdate, WriteUpdate, JsonGen.Message(
            ("revision", JsonGen.U64), ("name", JsonGen.Text), ("options", AnyOptions))),
        new("stream-update-reply", ReadUpdateReply, WriteUpdateReply, JsonGen.Message(
            ("revision", JsonGen.U64), ("options", AnyOptions))),
        new("stream-list", ReadList, WriteList, JsonGen.Message(("cursor", JsonGen.Hex), ("streams", JsonGen.List(JsonGen.Message(
            ("first", JsonGen.U64), ("next", JsonGen.U64), ("bytes", JsonGen.U64), ("name", JsonGen.Text)))))),
        new("stream-trim", ReadTrim, WriteTrim, JsonGen.Message(
            ("by", JsonGen.U8Between(0, 3)), ("value", JsonGen.U64), ("name", JsonGen.Text))),
        new("stream-delete", ReadDelete, WriteDelete, JsonGen.Message(
            ("conditions", Gen.Bool.Select(unused => (JsonNode?)(unused ? 2 : 0))), ("name", JsonGen.Text))),
        new("stream-stats", ReadStats, WriteStats, JsonGen.Message(("stats", JsonGen.List(
            Gen.Select(JsonGen.U16, JsonGen.U64, (stat, value) => (JsonNode?)new JsonArray(stat, value)))))),
        new("offset", ReadOffset, WriteOffset, JsonGen.Message(("offset", JsonGen.U64))),
    ];

    private static JsonArray TakeAll(scoped StreamOptionFields options)
    {
        var all = new JsonArray();
        while (options.TryTake(out StreamOptionTag tag, out ulong number, out ReadOnlySpan<byte> bytes))
        {
            all.Add((JsonNode)(StreamOptionFields.IsKnown(tag)
                ? Options.Number((ushort)tag, number)
                : Options.Later((ushort)tag, bytes)));
        }

        return all;
    }

    private static void WriteOptions(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode option in fields.Items("options"))
        {
            if (option.Has("number"))
            {
                StreamOptionFields.Write(buffer, (StreamOptionTag)option.U16("tag"), option.U64("number"));
            }
            else
            {
                Options.WriteLater(buffer, option);
            }
        }
    }

    private static JsonObject? ReadCreate(ReadOnlySpan<byte> body) =>
        !StreamCreateRequest.TryRead(body, out StreamCreateRequest request) ? null : new()
        {
            ["name"] = Fields.Text(request.Name),
            ["options"] = TakeAll(request.Options),
        };

    private static void WriteCreate(FrameBuffer buffer, JsonObject fields)
    {
        StreamCreateRequest.WriteStart(buffer, fields.Utf8("name"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadCreateReply(ReadOnlySpan<byte> body) =>
        !StreamCreateReply.TryRead(body, out StreamCreateReply reply) ? null : new()
        {
            ["created"] = reply.Created,
            ["revision"] = reply.Revision.ToString(),
            ["options"] = TakeAll(reply.Options),
        };

    private static void WriteCreateReply(FrameBuffer buffer, JsonObject fields)
    {
        StreamCreateReply.WriteStart(buffer, fields.Flag("created"), fields.U64("revision"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadDescription(ReadOnlySpan<byte> body) =>
        !StreamDescribeReply.TryRead(body, out StreamDescribeReply reply) ? null : new()
        {
            ["revision"] = reply.Revision.ToString(),
            ["first"] = reply.Range.First.ToString(),
            ["next"] = reply.Range.Next.ToString(),
            ["options"] = TakeAll(reply.Options),
        };

    private static void WriteDescription(FrameBuffer buffer, JsonObject fields)
    {
        StreamDescribeReply.WriteStart(
            buffer, fields.U64("revision"), new OffsetRange(fields.U64("first"), fields.U64("next")));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadUpdate(ReadOnlySpan<byte> body) =>
        !StreamUpdateRequest.TryRead(body, out StreamUpdateRequest request) ? null : new()
        {
            ["revision"] = request.Revision.ToString(),
            ["name"] = Fields.Text(request.Name),
            ["options"] = TakeAll(request.Options),
        };

    private static void WriteUpdate(FrameBuffer buffer, JsonObject fields)
    {
        StreamUpdateRequest.WriteStart(buffer, fields.U64("revision"), fields.Utf8("name"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadUpdateReply(ReadOnlySpan<byte> body) =>
        !StreamUpdateReply.TryRead(body, out StreamUpdateReply reply) ? null : new()
        {
            ["revision"] = reply.Revision.ToString(),
            ["options"] = TakeAll(reply.Options),
        };

    private static void WriteUpdateReply(FrameBuffer buffer, JsonObject fields)
    {
        StreamUpdateReply.WriteStart(buffer, fields.U64("revision"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadList(ReadOnlySpan<byte> body)
    {
        if (!StreamListReply.TryRead(body, out StreamListReply reply))
        {
            return null;
        }

        var streams = new JsonArray();
        while (reply.TryTake(out StreamListItem item))
        {
            streams.Add((JsonNode)new JsonObject
            {
                ["first"] = item.Range.First.ToString(),
                ["next"] = item.Range.Next.ToString(),
                ["bytes"] = item.Bytes.ToString(),
                ["name"] = Fields.Text(item.Name),
            });
        }

        Assert.Equal(reply.Count, (uint)streams.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["streams"] = streams };
    }

    private static void WriteList(FrameBuffer buffer, JsonObject fields)
    {
        StreamListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("streams").Count);
        foreach (JsonNode stream in fields.Items("streams"))
        {
            new StreamListItem
            {
                Range = new OffsetRange(stream.U64("first"), stream.U64("next")),
                Bytes = stream.U64("bytes"),
                Name = stream.Utf8("name"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadTrim(ReadOnlySpan<byte> body) =>
        !StreamTrimRequest.TryRead(body, out StreamTrimRequest request) ? null : new()
        {
            ["by"] = (byte)request.By,
            ["value"] = request.Value.ToString(),
            ["name"] = Fields.Text(request.Name),
        };

    private static void WriteTrim(FrameBuffer buffer, JsonObject fields) => new StreamTrimRequest
    {
        By = (TrimBy)fields.U8("by"),
        Value = fields.U64("value"),
        Name = fields.Utf8("name"),
    }.Write(buffer);

    private static JsonObject? ReadDelete(ReadOnlySpan<byte> body) =>
        StreamDeleteRequest.TryRead(body, out StreamDeleteRequest request)
            ? new() { ["conditions"] = (byte)request.Conditions, ["name"] = Fields.Text(request.Name) }
            : null;

    private static void WriteDelete(FrameBuffer buffer, JsonObject fields) => new StreamDeleteRequest
    {
        Conditions = (StreamDeleteConditions)fields.U8("conditions"),
        Name = fields.Utf8("name"),
    }.Write(buffer);

    private static JsonObject? ReadStats(ReadOnlySpan<byte> body)
    {
        if (!StreamStatsReply.TryRead(body, out StreamStatsReply reply))
        {
            return null;
        }

        var stats = new JsonArray();
        while (reply.TryTake(out StreamStat stat, out ulong value))
        {
            stats.Add((JsonNode)new JsonArray((ushort)stat, value.ToString()));
        }

        Assert.Equal(reply.Count, (uint)stats.Count);
        return new() { ["stats"] = stats };
    }

    private static void WriteStats(FrameBuffer buffer, JsonObject fields)
    {
        StreamStatsReply.WriteStart(buffer, (uint)fields.Array("stats").Count);
        foreach (JsonNode stat in fields.Items("stats"))
        {
            StreamStatsReply.WriteItem(
                buffer, (StreamStat)ushort.Parse(stat[0]!.ToJsonString()), ulong.Parse((string)stat[1]!));
        }
    }

    // The answers to a trim and to a commit are the same bytes.
    private static JsonObject? ReadOffset(ReadOnlySpan<byte> body)
    {
        bool isCommit = GroupCommitReply.TryRead(body, out GroupCommitReply commit);
        bool isTrim = StreamTrimReply.TryRead(body, out StreamTrimReply trim);
        Assert.Equal((isCommit, commit.Position), (isTrim, trim.First));
        return isTrim ? new() { ["offset"] = trim.First.ToString() } : null;
    }

    private static void WriteOffset(FrameBuffer buffer, JsonObject fields)
    {
        int before = buffer.BodyCount;
        new GroupCommitReply(fields.U64("offset")).Write(buffer);
        buffer.TruncateBody(before);
        new StreamTrimReply(fields.U64("offset")).Write(buffer);
    }
}
