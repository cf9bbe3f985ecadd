using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Members of groups: what they get, and what they say of it.</summary>
internal static class GroupMemberCodecs
{
    private static readonly (string, Gen<JsonNode?>)[] AnyMember =
    [
        ("member", JsonGen.U64), ("epoch", JsonGen.U64), ("stream", JsonGen.Text), ("group", JsonGen.Text),
    ];

    private static readonly (string, Gen<JsonNode?>)[] AnyState =
    [
        ("epoch", JsonGen.U64), ("position", JsonGen.U64), ("state", JsonGen.U8),
    ];

    public static IEnumerable<Codec> All =>
    [
        new("group-join", ReadJoin, WriteJoin, JsonGen.Message(
            ("credits", Gen.UInt[0, CreditNotice.CreditsMax].Select(credits => (JsonNode?)credits)), ("sessionMs", JsonGen.U32),
            ("bytesMax", JsonGen.U32), ("leaseMs", JsonGen.U32), ("stream", JsonGen.Text), ("group", JsonGen.Text),
            ("name", JsonGen.Text))),
        new("group-join-reply", ReadJoinReply, WriteJoinReply, JsonGen.Message(
            [("member", JsonGen.U64), ("mode", JsonGen.U8), .. AnyState])),
        new("group-state", ReadState, WriteState, JsonGen.Message(AnyState)),
        new("group-delivery", ReadDelivery, WriteDelivery, Gen.Select(
            JsonGen.Message(("epoch", JsonGen.U64), ("records", Records.AnyRun)),
            Gen.Bool,
            Gen.ULong,
            Gen.UInt,
            (fields, isLeased, lease, attempt) =>
            {
                fields["leases"] = isLeased
                    ? new JsonArray([.. fields.Items("records").Select((_, i) =>
                        (JsonNode)new JsonArray(unchecked(lease + (ulong)i).ToString(), attempt.ToString()))])
                    : null;
                return fields;
            })),
        new("group-member", ReadMember, WriteMember, JsonGen.Message(AnyMember)),
        new("group-pull", ReadPull, WritePull, JsonGen.Message(
            [.. AnyMember, ("waitMs", JsonGen.U32), ("recordsMax", JsonGen.U32), ("bytesMax", JsonGen.U32)])),
        new("group-commit", ReadCommit, WriteCommit, JsonGen.Message([.. AnyMember, ("offset", JsonGen.U64)])),
        new("group-ack", ReadAck, WriteAck, JsonGen.Message([.. AnyMember, ("leases", JsonGen.Leases)])),
        new("group-nack", ReadNack, WriteNack, JsonGen.Message(
            [
                .. AnyMember, ("action", JsonGen.U8Between(0, 4)), ("delayMs", JsonGen.I64), ("reason", JsonGen.Text),
                ("leases", JsonGen.Leases),
            ])),
    ];

    private static JsonObject? ReadJoin(ReadOnlySpan<byte> body) =>
        !GroupJoinRequest.TryRead(body, out GroupJoinRequest request) ? null : new()
        {
            ["credits"] = request.Credits,
            ["sessionMs"] = request.SessionMs,
            ["bytesMax"] = request.BytesMax,
            ["leaseMs"] = request.LeaseMs,
            ["stream"] = Fields.Text(request.Stream),
            ["group"] = Fields.Text(request.Group),
            ["name"] = Fields.Text(request.Name),
        };

    private static void WriteJoin(FrameBuffer buffer, JsonObject fields) => new GroupJoinRequest
    {
        Credits = fields.U32("credits"),
        SessionMs = fields.U32("sessionMs"),
        BytesMax = fields.U32("bytesMax"),
        LeaseMs = fields.U32("leaseMs"),
        Stream = fields.Utf8("stream"),
        Group = fields.Utf8("group"),
        Name = fields.Utf8("name"),
    }.Write(buffer);

    private static JsonObject? ReadJoinReply(ReadOnlySpan<byte> body) =>
        !GroupJoinReply.TryRead(body, out GroupJoinReply reply) ? null : new()
        {
            ["member"] = reply.Member.ToString(),
            ["mode"] = (byte)reply.Mode,
            ["epoch"] = reply.State.Epoch.ToString(),
            ["position"] = reply.State.Position.ToString(),
            ["state"] = (byte)reply.State.State,
        };

    private static void WriteJoinReply(FrameBuffer buffer, JsonObject fields) =>
        new GroupJoinReply(fields.U64("member"), (GroupMode)fields.U8("mode"), State(fields)).Write(buffer);

    private static GroupState State(JsonObject fields) =>
        new(fields.U64("epoch"), fields.U64("position"), (MemberState)fields.U8("state"));

    private static JsonObject? ReadState(ReadOnlySpan<byte> body) =>
        !GroupState.TryRead(body, out GroupState state) ? null : new()
        {
            ["epoch"] = state.Epoch.ToString(),
            ["position"] = state.Position.ToString(),
            ["state"] = (byte)state.State,
        };

    private static void WriteState(FrameBuffer buffer, JsonObject fields) => State(fields).Write(buffer);

    private static JsonObject? ReadDelivery(ReadOnlySpan<byte> body)
    {
        if (!GroupDelivery.TryRead(body, out GroupDelivery delivery))
        {
            return null;
        }

        var leases = new JsonArray();
        while (delivery.TryTakeLease(out ulong lease, out uint attempt))
        {
            leases.Add((JsonNode)new JsonArray(lease.ToString(), attempt.ToString()));
        }

        Assert.Equal(delivery.IsLeased ? delivery.Records.Count : 0, (uint)leases.Count);
        return new()
        {
            ["epoch"] = delivery.Epoch.ToString(),
            ["leases"] = delivery.IsLeased ? leases : null,
            ["records"] = Records.Read(delivery.Records),
        };
    }

    private static void WriteDelivery(FrameBuffer buffer, JsonObject fields)
    {
        GroupDelivery.WriteStart(buffer, fields.U64("epoch"), 0, fields.Has("leases"));
        Assert.Equal(GroupDelivery.StartSize, buffer.BodyCount);
        if (fields["leases"] is JsonArray leases)
        {
            foreach (JsonNode? lease in leases)
            {
                GroupDelivery.WriteLease(buffer, ulong.Parse((string)lease![0]!), uint.Parse((string)lease[1]!));
            }

            Assert.Equal(GroupDelivery.StartSize + (leases.Count * GroupDelivery.LeaseSize), buffer.BodyCount);
        }

        Records.Write(buffer, fields);
        GroupDelivery.PatchCount(buffer, (uint)fields.Array("records").Count);
    }

    private static JsonObject Member(ulong member, ulong epoch, ReadOnlySpan<byte> stream, ReadOnlySpan<byte> group) => new()
    {
        ["member"] = member.ToString(),
        ["epoch"] = epoch.ToString(),
        ["stream"] = Fields.Text(stream),
        ["group"] = Fields.Text(group),
    };

    private static JsonObject? ReadMember(ReadOnlySpan<byte> body) =>
        GroupMemberRequest.TryRead(body, out GroupMemberRequest request)
            ? Member(request.Member, request.Epoch, request.Stream, request.Group)
            : null;

    private static void WriteMember(FrameBuffer buffer, JsonObject fields) => new GroupMemberRequest
    {
        Member = fields.U64("member"),
        Epoch = fields.U64("epoch"),
        Stream = fields.Utf8("stream"),
        Group = fields.Utf8("group"),
    }.Write(buffer);

    private static JsonObject? ReadPull(ReadOnlySpan<byte> body)
    {
        if (!GroupPullRequest.TryRead(body, out GroupPullRequest request))
        {
            return null;
        }

        JsonObject fields = Member(request.Member, request.Epoch, request.Stream, request.Group);
        fields["waitMs"] = request.WaitMs;
        fields["recordsMax"] = request.RecordsMax;
        fields["bytesMax"] = request.BytesMax;
        return fields;
    }

    private static void WritePull(FrameBuffer buffer, JsonObject fields) => new GroupPullRequest
    {
        Member = fields.U64("member"),
        Epoch = fields.U64("epoch"),
        WaitMs = fields.U32("waitMs"),
        RecordsMax = fields.U32("recordsMax"),
        BytesMax = fields.U32("bytesMax"),
        Stream = fields.Utf8("stream"),
        Group = fields.Utf8("group"),
    }.Write(buffer);

    private static JsonObject? ReadCommit(ReadOnlySpan<byte> body)
    {
        if (!GroupCommitRequest.TryRead(body, out GroupCommitRequest request))
        {
            return null;
        }

        JsonObject fields = Member(request.Member, request.Epoch, request.Stream, request.Group);
        fields["offset"] = request.Offset.ToString();
        return fields;
    }

    private static void WriteCommit(FrameBuffer buffer, JsonObject fields) => new GroupCommitRequest
    {
        Member = fields.U64("member"),
        Epoch = fields.U64("epoch"),
        Offset = fields.U64("offset"),
        Stream = fields.Utf8("stream"),
        Group = fields.Utf8("group"),
    }.Write(buffer);

    private static JsonArray TakeAll(scoped LeaseList leases)
    {
        var all = new JsonArray();
        uint count = leases.Count;
        while (leases.TryTake(out ulong offset, out ulong lease))
        {
            all.Add((JsonNode)new JsonArray(offset.ToString(), lease.ToString()));
        }

        Assert.Equal(count, (uint)all.Count);
        return all;
    }

    private static void WriteLeases(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode lease in fields.Items("leases"))
        {
            LeaseList.WriteItem(buffer, ulong.Parse((string)lease[0]!), ulong.Parse((string)lease[1]!));
        }
    }

    private static JsonObject? ReadAck(ReadOnlySpan<byte> body)
    {
        if (!GroupAckRequest.TryRead(body, out GroupAckRequest request))
        {
            return null;
        }

        JsonObject fields = Member(request.Member, request.Epoch, request.Stream, request.Group);
        fields["leases"] = TakeAll(request.Leases);
        return fields;
    }

    private static void WriteAck(FrameBuffer buffer, JsonObject fields)
    {
        new GroupAckRequest
        {
            Member = fields.U64("member"),
            Epoch = fields.U64("epoch"),
            Stream = fields.Utf8("stream"),
            Group = fields.Utf8("group"),
        }.WriteStart(buffer, (uint)fields.Array("leases").Count);
        WriteLeases(buffer, fields);
    }

    private static JsonObject? ReadNack(ReadOnlySpan<byte> body)
    {
        if (!GroupNackRequest.TryRead(body, out GroupNackRequest request))
        {
            return null;
        }

        JsonObject fields = Member(request.Member, request.Epoch, request.Stream, request.Group);
        fields["action"] = (byte)request.Action;
        fields["delayMs"] = request.DelayMs.ToString();
        fields["reason"] = Fields.Text(request.Reason);
        fields["leases"] = TakeAll(request.Leases);
        return fields;
    }

    private static void WriteNack(FrameBuffer buffer, JsonObject fields)
    {
        new GroupNackRequest
        {
            Action = (RecordNackAction)fields.U8("action"),
            DelayMs = fields.I64("delayMs"),
            Member = fields.U64("member"),
            Epoch = fields.U64("epoch"),
            Stream = fields.Utf8("stream"),
            Group = fields.Utf8("group"),
            Reason = fields.Utf8("reason"),
        }.WriteStart(buffer, (uint)fields.Array("leases").Count);
        WriteLeases(buffer, fields);
    }
}
