using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Groups: their definition, their list, and where they are.</summary>
internal static class GroupCodecs
{
    private static readonly string[] Numbers = ["epoch", "position", "lag", "deadLetters"];

    private static readonly Gen<JsonNode?> AnyOptions = Gen
        .Select(Gen.Shuffle(Enumerable.Range(1, 4).ToArray()), Gen.Int[0, 4], Gen.ULong.Array[5], Fields.AnyText, Fields.AnyBytes)
        .Select((tags, count, numbers, text, later) => (JsonNode?)new JsonArray(
            [.. tags.Take(count).Select(tag => (JsonNode?)Option((ushort)tag, numbers[tag], text)),
                Options.Later(5, later), Options.Later(65535, later)]));

    public static IEnumerable<Codec> All =>
    [
        new("group-create", ReadCreate, WriteCreate, JsonGen.Message(
            ("mode", JsonGen.U8Between(1, 2)), ("from", Records.AnyPosition), ("stream", JsonGen.Text),
            ("group", JsonGen.Text), ("options", AnyOptions))),
        new("group-create-reply", ReadCreateReply, WriteCreateReply, JsonGen.Message(
            ("created", JsonGen.Flag), ("position", JsonGen.U64), ("options", AnyOptions))),
        new("group-name", ReadName, WriteName, JsonGen.Message(("stream", JsonGen.Text), ("group", JsonGen.Text))),
        new("group-describe-reply", ReadDescription, WriteDescription, JsonGen.Message(
            [
                ("mode", JsonGen.U8), .. Numbers.Select(name => (name, JsonGen.U64)),
                ("members", JsonGen.List(JsonGen.Message(
                    ("member", JsonGen.U64), ("state", JsonGen.U8), ("inFlight", JsonGen.U32), ("joinedAt", JsonGen.I64),
                    ("heardAt", JsonGen.I64), ("name", JsonGen.Text)))),
                ("options", AnyOptions),
            ])),
        new("group-list", ReadList, WriteList, JsonGen.Message(("cursor", JsonGen.Hex), ("groups", JsonGen.List(JsonGen.Message(
            ("mode", JsonGen.U8), ("position", JsonGen.U64), ("lag", JsonGen.U64), ("members", JsonGen.U32),
            ("group", JsonGen.Text)))))),
        new("group-seek", ReadSeek, WriteSeek, JsonGen.Message(
            ("dryRun", JsonGen.Flag), ("to", Records.AnyPosition), ("stream", JsonGen.Text), ("group", JsonGen.Text))),
        new("group-seek-reply", ReadSeekReply, WriteSeekReply, JsonGen.Message(
            ("before", JsonGen.U64), ("after", JsonGen.U64), ("replayed", JsonGen.U64), ("epoch", JsonGen.U64))),
    ];

    private static JsonObject Option(ushort tag, ulong number, string text) =>
        (GroupOptionTag)tag == GroupOptionTag.DeadLetterStream ? Options.Text(tag, text) : Options.Number(tag, number);

    private static JsonArray TakeAll(scoped GroupOptionFields options)
    {
        var all = new JsonArray();
        while (options.TryTake(out GroupOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            all.Add((JsonNode)(GroupOptionFields.IsKnown(tag)
                ? Option((ushort)tag, number, Fields.Text(text))
                : Options.Later((ushort)tag, text)));
        }

        return all;
    }

    private static void WriteOptions(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode option in fields.Items("options"))
        {
            var tag = (GroupOptionTag)option.U16("tag");
            if (option.Has("number"))
            {
                GroupOptionFields.Write(buffer, tag, option.U64("number"));
            }
            else
            {
                GroupOptionFields.Write(buffer, tag, option.Has("text") ? option.Utf8("text") : option.Bytes("bytes"));
            }
        }
    }

    private static JsonObject? ReadCreate(ReadOnlySpan<byte> body) =>
        !GroupCreateRequest.TryRead(body, out GroupCreateRequest request) ? null : new()
        {
            ["mode"] = (byte)request.Mode,
            ["from"] = Records.Read(request.From),
            ["stream"] = Fields.Text(request.Stream),
            ["group"] = Fields.Text(request.Group),
            ["options"] = TakeAll(request.Options),
        };

    private static void WriteCreate(FrameBuffer buffer, JsonObject fields)
    {
        new GroupCreateRequest
        {
            Mode = (GroupMode)fields.U8("mode"),
            From = Records.Position(fields["from"]!),
            Stream = fields.Utf8("stream"),
            Group = fields.Utf8("group"),
        }.WriteStart(buffer);
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadCreateReply(ReadOnlySpan<byte> body) =>
        !GroupCreateReply.TryRead(body, out GroupCreateReply reply) ? null : new()
        {
            ["created"] = reply.Created,
            ["position"] = reply.Position.ToString(),
            ["options"] = TakeAll(reply.Options),
        };

    private static void WriteCreateReply(FrameBuffer buffer, JsonObject fields)
    {
        GroupCreateReply.WriteStart(buffer, fields.Flag("created"), fields.U64("position"));
        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadName(ReadOnlySpan<byte> body) =>
        GroupNameRequest.TryRead(body, out GroupNameRequest request)
            ? new() { ["stream"] = Fields.Text(request.Stream), ["group"] = Fields.Text(request.Group) }
            : null;

    private static void WriteName(FrameBuffer buffer, JsonObject fields) =>
        new GroupNameRequest { Stream = fields.Utf8("stream"), Group = fields.Utf8("group") }.Write(buffer);

    private static JsonObject? ReadDescription(ReadOnlySpan<byte> body)
    {
        if (!GroupDescribeReply.TryRead(body, out GroupDescribeReply reply))
        {
            return null;
        }

        var members = new JsonArray();
        while (reply.TryTakeMember(out GroupMember member))
        {
            members.Add((JsonNode)new JsonObject
            {
                ["member"] = member.Member.ToString(),
                ["state"] = (byte)member.State,
                ["inFlight"] = member.InFlight,
                ["joinedAt"] = member.JoinedAt.ToString(),
                ["heardAt"] = member.HeardAt.ToString(),
                ["name"] = Fields.Text(member.Name),
            });
        }

        Assert.Equal(reply.MemberCount, (uint)members.Count);
        return new()
        {
            ["mode"] = (byte)reply.Mode,
            ["epoch"] = reply.Epoch.ToString(),
            ["position"] = reply.Position.ToString(),
            ["lag"] = reply.Lag.ToString(),
            ["deadLetters"] = reply.DeadLetters.ToString(),
            ["members"] = members,
            ["options"] = TakeAll(reply.Options),
        };
    }

    private static void WriteDescription(FrameBuffer buffer, JsonObject fields)
    {
        new GroupDescribeReply
        {
            Mode = (GroupMode)fields.U8("mode"),
            Epoch = fields.U64("epoch"),
            Position = fields.U64("position"),
            Lag = fields.U64("lag"),
            DeadLetters = fields.U64("deadLetters"),
        }.WriteStart(buffer, (uint)fields.Array("members").Count);
        foreach (JsonNode member in fields.Items("members"))
        {
            new GroupMember
            {
                Member = member.U64("member"),
                State = (MemberState)member.U8("state"),
                InFlight = member.U32("inFlight"),
                JoinedAt = member.I64("joinedAt"),
                HeardAt = member.I64("heardAt"),
                Name = member.Utf8("name"),
            }.Write(buffer);
        }

        WriteOptions(buffer, fields);
    }

    private static JsonObject? ReadList(ReadOnlySpan<byte> body)
    {
        if (!GroupListReply.TryRead(body, out GroupListReply reply))
        {
            return null;
        }

        var groups = new JsonArray();
        while (reply.TryTake(out GroupListItem item))
        {
            groups.Add((JsonNode)new JsonObject
            {
                ["mode"] = (byte)item.Mode,
                ["position"] = item.Position.ToString(),
                ["lag"] = item.Lag.ToString(),
                ["members"] = item.Members,
                ["group"] = Fields.Text(item.Group),
            });
        }

        Assert.Equal(reply.Count, (uint)groups.Count);
        return new() { ["cursor"] = Fields.Hex(reply.Cursor), ["groups"] = groups };
    }

    private static void WriteList(FrameBuffer buffer, JsonObject fields)
    {
        GroupListReply.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("groups").Count);
        foreach (JsonNode group in fields.Items("groups"))
        {
            new GroupListItem
            {
                Mode = (GroupMode)group.U8("mode"),
                Position = group.U64("position"),
                Lag = group.U64("lag"),
                Members = group.U32("members"),
                Group = group.Utf8("group"),
            }.Write(buffer);
        }
    }

    private static JsonObject? ReadSeek(ReadOnlySpan<byte> body) =>
        !GroupSeekRequest.TryRead(body, out GroupSeekRequest request) ? null : new()
        {
            ["dryRun"] = request.DryRun,
            ["to"] = Records.Read(request.To),
            ["stream"] = Fields.Text(request.Stream),
            ["group"] = Fields.Text(request.Group),
        };

    private static void WriteSeek(FrameBuffer buffer, JsonObject fields) => new GroupSeekRequest
    {
        DryRun = fields.Flag("dryRun"),
        To = Records.Position(fields["to"]!),
        Stream = fields.Utf8("stream"),
        Group = fields.Utf8("group"),
    }.Write(buffer);

    private static JsonObject? ReadSeekReply(ReadOnlySpan<byte> body) =>
        !GroupSeekReply.TryRead(body, out GroupSeekReply reply) ? null : new()
        {
            ["before"] = reply.Before.ToString(),
            ["after"] = reply.After.ToString(),
            ["replayed"] = reply.Replayed.ToString(),
            ["epoch"] = reply.Epoch.ToString(),
        };

    private static void WriteSeekReply(FrameBuffer buffer, JsonObject fields) => new GroupSeekReply(
        fields.U64("before"), fields.U64("after"), fields.U64("replayed"), fields.U64("epoch")).Write(buffer);
}
