using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Schedules, which push a message again and again.</summary>
internal static class ScheduleCodecs
{
    private static readonly (string, Gen<JsonNode?>)[] AnyMessage =
    [
        ("priority", JsonGen.U8),
        ("name", JsonGen.Text),
        ("cron", JsonGen.Text),
        ("timeZone", JsonGen.Text),
        ("queue", JsonGen.Text),
        ("ttlMs", JsonGen.Optional(JsonGen.I64)),
        ("group", JsonGen.Optional(JsonGen.Hex)),
        ("body", JsonGen.Hex),
    ];

    public static IEnumerable<Codec> All =>
    [
        new("schedule-set", ReadSet, WriteSet, JsonGen.Message([("catchUp", JsonGen.U8Between(0, 1)), ("flags", JsonGen.U8Between(0, 1)), .. AnyMessage])),
        new("schedule-set-reply", ReadSetReply, WriteSetReply, JsonGen.Message(
            ("created", JsonGen.Flag), ("nextAt", JsonGen.I64))),
        new("schedule", ReadDescription, WriteDescription, JsonGen.Message(
            [
                ("catchUp", JsonGen.U8), ("flags", JsonGen.U8), .. AnyMessage, ("lastAt", JsonGen.I64), ("nextAt", JsonGen.I64),
                ("runs", JsonGen.U64), ("failed", JsonGen.U64), ("missed", JsonGen.U64), ("lastError", JsonGen.U16),
            ])),
        new("schedule-list", ReadList, WriteList, JsonGen.Message(("cursor", JsonGen.Hex), ("schedules", JsonGen.List(
            JsonGen.Message(
                ("flags", JsonGen.U8), ("lastAt", JsonGen.I64), ("nextAt", JsonGen.I64), ("name", JsonGen.Text),
                ("cron", JsonGen.Text), ("timeZone", JsonGen.Text), ("queue", JsonGen.Text)))))),
    ];

    private static JsonObject Read(scoped ScheduledMessage message, ReadOnlySpan<byte> body) => new()
    {
        ["catchUp"] = (byte)message.CatchUp,
        ["flags"] = (byte)message.Flags,
        ["priority"] = message.Priority,
        ["name"] = Fields.Text(message.Name),
        ["cron"] = Fields.Text(message.Cron),
        ["timeZone"] = Fields.Text(message.TimeZone),
        ["queue"] = Fields.Text(message.Queue),
        ["ttlMs"] = message.Parts.HasFlag(ScheduleParts.Ttl) ? message.TtlMs.ToString() : null,
        ["group"] = message.Parts.HasFlag(ScheduleParts.Group) ? Fields.Hex(message.Group) : null,
        ["body"] = Fields.Hex(body),
    };

    private static ScheduledMessage Message(JsonObject fields) => new()
    {
        CatchUp = (CatchUpKind)fields.U8("catchUp"),
        Parts = (fields.Has("ttlMs") ? ScheduleParts.Ttl : 0) | (fields.Has("group") ? ScheduleParts.Group : 0),
        Flags = (ScheduleFlags)fields.U8("flags"),
        Priority = fields.U8("priority"),
        Name = fields.Utf8("name"),
        Cron = fields.Utf8("cron"),
        TimeZone = fields.Utf8("timeZone"),
        Queue = fields.Utf8("queue"),
        TtlMs = fields.Has("ttlMs") ? fields.I64("ttlMs") : 0,
        Group = fields.Has("group") ? fields.Bytes("group") : default,
    };

    private static JsonObject? ReadSet(ReadOnlySpan<byte> body) =>
        ScheduleSetRequest.TryRead(body, out ScheduleSetRequest request) ? Read(request.Message, request.Body) : null;

    private static void WriteSet(FrameBuffer buffer, JsonObject fields) =>
        new ScheduleSetRequest { Message = Message(fields), Body = fields.Bytes("body") }.Write(buffer);

    private static JsonObject? ReadSetReply(ReadOnlySpan<byte> body) =>
        ScheduleSetReply.TryRead(body, out ScheduleSetReply reply)
            ? new() { ["created"] = reply.Created, ["nextAt"] = reply.NextAt.ToString() }
            : null;

    private static void WriteSetReply(FrameBuffer buffer, JsonObject fields) =>
        new ScheduleSetReply(fields.Flag("created"), fields.I64("nextAt")).Write(buffer);

    private static JsonObject? ReadDescription(ReadOnlySpan<byte> body)
    {
        if (!ScheduleDescribeReply.TryRead(body, out ScheduleDescribeReply reply))
        {
            return null;
        }

        JsonObject fields = Read(reply.Message, reply.Body);
        fields["lastAt"] = reply.LastAt.ToString();
        fields["nextAt"] = reply.NextAt.ToString();
        fields["runs"] = reply.Runs.ToString();
        fields["failed"] = reply.Failed.ToString();
        fields["missed"] = reply.Missed.ToString();
        fields["lastError"] = (ushort)reply.LastError;
        return fields;
    }

    private static void WriteDescription(FrameBuffer buffer, JsonObject fields) => new ScheduleDescribeReply
    {
        Message = Message(fields),
        LastAt = fields.I64("lastAt"),
        NextAt = fields.I64("nextAt"),
        Runs = fields.U64("runs"),
        Failed = fields.U64("failed"),
        Missed = fields.U64("missed"),
        LastError = (ErrorCode)fields.U16("lastError"),
        Body = fields.Bytes("body"),
    }.Write(buffer);

    private static JsonObject? ReadList(ReadOnlySpan<byte> body)
    {
        if (!ScheduleListReply.TryRead(body, out ScheduleListReply reply))
        {
            return null;
        }

        var schedules = new JsonArray();
        while (reply.TryTake(out ScheduleListItem item))
        {
            schedules.Add((JsonNode)new JsonObject
            {
                ["flags"] = (byte)item.Flags,
                ["lastAt"] = item.LastAt.ToString(),
                ["nextAt"] = item.NextAt.ToString(),
                ["name"] = Fields.Text(item.Name),
                ["cron"] = Fields.Text(item.Cron),
                ["timeZone"] = Fields.Text(item.TimeZone),
                ["queue"] = Fields.Text(item.Queue),
            });
        }

        Assert.Equal(reply.Count, (uint)schedules.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["schedules"] = schedules };
    }

    private static void WriteList(FrameBuffer buffer, JsonObject fields)
    {
        ScheduleListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("schedules").Count);
        foreach (JsonNode item in fields.Items("schedules"))
        {
            new ScheduleListItem
            {
                Flags = (ScheduleFlags)item.U8("flags"),
                LastAt = item.I64("lastAt"),
                NextAt = item.I64("nextAt"),
                Name = item.Utf8("name"),
                Cron = item.Utf8("cron"),
                TimeZone = item.Utf8("timeZone"),
                Queue = item.Utf8("queue"),
            }.Write(buffer);
        }
    }
}
