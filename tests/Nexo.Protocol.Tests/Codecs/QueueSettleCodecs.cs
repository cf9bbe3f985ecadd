using System.Text.Json.Nodes;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages that a consumer settles or keeps for longer.</summary>
internal static class QueueSettleCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("queue-ack", ReadAck, WriteAck, JsonGen.Message(("queue", JsonGen.Text), ("leases", JsonGen.Leases))),
        new("queue-nack", ReadNack, WriteNack, JsonGen.Message(
            ("action", JsonGen.U8Between(0, 3)),
            ("delayMs", JsonGen.I64),
            ("queue", JsonGen.Text),
            ("reason", JsonGen.Text),
            ("leases", JsonGen.Leases))),
        new("queue-dead-letter", ReadDeadLetter, WriteDeadLetter, JsonGen.Message(
            ("queue", JsonGen.Text), ("reason", JsonGen.Text), ("leases", JsonGen.Leases))),
        new("queue-extend", ReadExtend, WriteExtend, JsonGen.Message(
            ("leaseMs", JsonGen.U32), ("queue", JsonGen.Text), ("leases", JsonGen.Leases))),
        new("queue-extend-reply", ReadExtendReply, WriteExtendReply, JsonGen.Message(("items", JsonGen.List(
            JsonGen.Message(("code", JsonGen.U16), ("leaseEndsAt", JsonGen.I64)))))),
        new("per-item", ReadPerItem, WritePerItem, JsonGen.Message(("codes", JsonGen.List(JsonGen.U16)))),
    ];

    private static JsonArray TakeAll(LeaseList list)
    {
        var leases = new JsonArray();
        while (list.TryTake(out ulong messageId, out ulong lease))
        {
            leases.Add((JsonNode)new JsonArray(messageId.ToString(), lease.ToString()));
        }

        Assert.Equal(list.Count, (uint)leases.Count);
        return leases;
    }

    private static uint Count(JsonObject fields) => (uint)fields.Array("leases").Count;

    private static void WriteLeases(FrameBuffer buffer, JsonObject fields)
    {
        foreach (JsonNode item in fields.Items("leases"))
        {
            LeaseList.WriteItem(buffer, ulong.Parse((string)item[0]!), ulong.Parse((string)item[1]!));
        }
    }

    private static JsonObject? ReadAck(ReadOnlySpan<byte> body) =>
        QueueAckRequest.TryRead(body, out QueueAckRequest request)
            ? new() { ["queue"] = Fields.Text(request.Queue), ["leases"] = TakeAll(request.Leases) }
            : null;

    private static void WriteAck(FrameBuffer buffer, JsonObject fields)
    {
        QueueAckRequest.WriteStart(buffer, fields.Utf8("queue"), Count(fields));
        WriteLeases(buffer, fields);
    }

    private static JsonObject? ReadNack(ReadOnlySpan<byte> body) =>
        !QueueNackRequest.TryRead(body, out QueueNackRequest request) ? null : new()
        {
            ["action"] = (byte)request.Action,
            ["delayMs"] = request.DelayMs.ToString(),
            ["queue"] = Fields.Text(request.Queue),
            ["reason"] = Fields.Text(request.Reason),
            ["leases"] = TakeAll(request.Leases),
        };

    private static void WriteNack(FrameBuffer buffer, JsonObject fields)
    {
        QueueNackRequest.WriteStart(
            buffer,
            (NackAction)fields.U8("action"),
            fields.I64("delayMs"),
            fields.Utf8("queue"),
            fields.Utf8("reason"),
            Count(fields));
        WriteLeases(buffer, fields);
    }

    private static JsonObject? ReadDeadLetter(ReadOnlySpan<byte> body) =>
        !QueueDeadLetterRequest.TryRead(body, out QueueDeadLetterRequest request) ? null : new()
        {
            ["queue"] = Fields.Text(request.Queue),
            ["reason"] = Fields.Text(request.Reason),
            ["leases"] = TakeAll(request.Leases),
        };

    private static void WriteDeadLetter(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeadLetterRequest.WriteStart(buffer, fields.Utf8("queue"), fields.Utf8("reason"), Count(fields));
        WriteLeases(buffer, fields);
    }

    private static JsonObject? ReadExtend(ReadOnlySpan<byte> body) =>
        !QueueExtendRequest.TryRead(body, out QueueExtendRequest request) ? null : new()
        {
            ["leaseMs"] = request.LeaseMs,
            ["queue"] = Fields.Text(request.Queue),
            ["leases"] = TakeAll(request.Leases),
        };

    private static void WriteExtend(FrameBuffer buffer, JsonObject fields)
    {
        QueueExtendRequest.WriteStart(buffer, fields.U32("leaseMs"), fields.Utf8("queue"), Count(fields));
        WriteLeases(buffer, fields);
    }

    private static JsonObject? ReadExtendReply(ReadOnlySpan<byte> body)
    {
        if (!QueueExtendReply.TryRead(body, out QueueExtendReply reply))
        {
            return null;
        }

        var items = new JsonArray();
        while (reply.TryTake(out ErrorCode error, out long leaseEndsAt))
        {
            items.Add((JsonNode)new JsonObject { ["code"] = (ushort)error, ["leaseEndsAt"] = leaseEndsAt.ToString() });
        }

        Assert.Equal(reply.Count, (uint)items.Count);
        return new() { ["items"] = items };
    }

    private static void WriteExtendReply(FrameBuffer buffer, JsonObject fields)
    {
        QueueExtendReply.WriteStart(buffer, (uint)fields.Array("items").Count);
        foreach (JsonNode item in fields.Items("items"))
        {
            QueueExtendReply.WriteItem(buffer, (ErrorCode)item.U16("code"), item.I64("leaseEndsAt"));
        }
    }

    private static JsonObject? ReadPerItem(ReadOnlySpan<byte> body)
    {
        if (!PerItemReply.TryRead(body, out PerItemReply reply))
        {
            return null;
        }

        var codes = new JsonArray();
        while (reply.TryTake(out ErrorCode error))
        {
            codes.Add((JsonNode)(ushort)error);
        }

        Assert.Equal(reply.Count, (uint)codes.Count);
        return new() { ["codes"] = codes };
    }

    private static void WritePerItem(FrameBuffer buffer, JsonObject fields)
    {
        PerItemReply.WriteStart(buffer, (uint)fields.Array("codes").Count);
        foreach (JsonNode code in fields.Items("codes"))
        {
            PerItemReply.WriteItem(buffer, (ErrorCode)ushort.Parse(code.ToJsonString()));
        }
    }
}
