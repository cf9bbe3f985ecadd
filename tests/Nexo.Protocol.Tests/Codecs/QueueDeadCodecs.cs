using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages that are looked at where they lie, and what is done with dead letters.</summary>
internal static class QueueDeadCodecs
{
    private static readonly Gen<JsonNode?> AnyFilter = JsonGen.Message(
        ("messageIds", JsonGen.List(JsonGen.U64)),
        ("source", JsonGen.Optional(JsonGen.Text)),
        ("cause", JsonGen.Optional(JsonGen.U16)),
        ("reasonText", JsonGen.Optional(Fields.AnyText.Where(text => text.Length > 0).Select(text => (JsonNode?)text))),
        ("diedFrom", JsonGen.Optional(JsonGen.I64)),
        ("diedTo", JsonGen.Optional(JsonGen.I64)),
        ("attemptsMin", JsonGen.Optional(JsonGen.U32))).Select(filter => (JsonNode?)filter);

    private static readonly Gen<JsonNode?> AnyDeath = JsonGen.Message(
        ("diedAt", JsonGen.I64), ("cause", JsonGen.U16), ("source", JsonGen.Text), ("reason", JsonGen.Text))
        .Select(death => (JsonNode?)death);

    public static IEnumerable<Codec> All =>
    [
        new("queue-peek", ReadPeek, WritePeek, JsonGen.Message(
            ("which", JsonGen.U8Between(0, 2)),
            ("bytesMax", JsonGen.U32),
            ("limit", JsonGen.U32),
            ("cursor", JsonGen.Hex),
            ("queue", JsonGen.Text))),
        new("kept", ReadKept, WriteKept, JsonGen.Message(("cursor", JsonGen.Hex), ("messages", JsonGen.List(JsonGen.Message(
            ("messageId", JsonGen.U64),
            ("enqueuedAt", JsonGen.I64),
            ("attempts", JsonGen.U32),
            ("failures", JsonGen.U32),
            ("priority", JsonGen.U8),
            ("group", JsonGen.Optional(JsonGen.Hex)),
            ("visibleAt", JsonGen.Optional(JsonGen.I64)),
            ("expiresAt", JsonGen.Optional(JsonGen.I64)),
            ("dead", JsonGen.Optional(AnyDeath)),
            ("headers", JsonGen.Headers),
            ("body", JsonGen.Hex)))))),
        new("queue-dead-list", ReadDeadList, WriteDeadList, JsonGen.Message(
            ("bytesMax", JsonGen.U32),
            ("limit", JsonGen.U32),
            ("cursor", JsonGen.Hex),
            ("queue", JsonGen.Text),
            ("filter", AnyFilter))),
        new("queue-dead-select", ReadSelect, WriteSelect, JsonGen.Message(("queue", JsonGen.Text), ("filter", AnyFilter))),
        new("queue-dead-redrive", ReadRedrive, WriteRedrive, JsonGen.Message(
            ("perSecondMax", JsonGen.U32),
            ("messagesMax", JsonGen.U64),
            ("queue", JsonGen.Text),
            ("target", JsonGen.Text),
            ("filter", AnyFilter))),
    ];

    private static JsonObject? ReadPeek(ReadOnlySpan<byte> body) =>
        !QueuePeekRequest.TryRead(body, out QueuePeekRequest request) ? null : new()
        {
            ["which"] = (byte)request.Which,
            ["bytesMax"] = request.BytesMax,
            ["limit"] = request.Limit,
            ["cursor"] = Fields.Hex(request.Cursor),
            ["queue"] = Fields.Text(request.Queue),
        };

    private static void WritePeek(FrameBuffer buffer, JsonObject fields) => new QueuePeekRequest
    {
        Which = (PeekWhich)fields.U8("which"),
        BytesMax = fields.U32("bytesMax"),
        Limit = fields.U32("limit"),
        Cursor = fields.Bytes("cursor"),
        Queue = fields.Utf8("queue"),
    }.Write(buffer);

    private static JsonObject? ReadKept(ReadOnlySpan<byte> body)
    {
        if (!KeptMessagePage.TryRead(body, out KeptMessagePage page))
        {
            return null;
        }

        var messages = new JsonArray();
        while (page.TryTake(out KeptMessage message))
        {
            messages.Add((JsonNode)ReadMessage(message));
        }

        Assert.Equal(page.Count, (uint)messages.Count);
        return new() { ["cursor"] = Fields.Hex(page.Cursor), ["messages"] = messages };
    }

    private static JsonObject ReadMessage(scoped KeptMessage message) => new()
    {
        ["messageId"] = message.MessageId.ToString(),
        ["enqueuedAt"] = message.EnqueuedAt.ToString(),
        ["attempts"] = message.Attempts,
        ["failures"] = message.Failures,
        ["priority"] = message.Priority,
        ["group"] = message.Parts.HasFlag(KeptParts.Group) ? Fields.Hex(message.Group) : null,
        ["visibleAt"] = message.Parts.HasFlag(KeptParts.VisibleAt) ? message.VisibleAt.ToString() : null,
        ["expiresAt"] = message.Parts.HasFlag(KeptParts.ExpiresAt) ? message.ExpiresAt.ToString() : null,
        ["dead"] = !message.Parts.HasFlag(KeptParts.Dead) ? null : new JsonObject
        {
            ["diedAt"] = message.DiedAt.ToString(),
            ["cause"] = (ushort)message.Cause,
            ["source"] = Fields.Text(message.Source),
            ["reason"] = Fields.Text(message.Reason),
        },
        ["headers"] = Headers.Read(message.Headers),
        ["body"] = Fields.Hex(message.Body),
    };

    private static void WriteKept(FrameBuffer buffer, JsonObject fields)
    {
        KeptMessagePage.WriteStart(buffer, fields.Bytes("cursor"), (uint)fields.Array("messages").Count);
        foreach (JsonNode item in fields.Items("messages"))
        {
            KeptParts Part(KeptParts part, string name) => item.Has(name) ? part : KeptParts.None;

            int before = buffer.BodyCount;
            JsonNode? dead = item["dead"];
            var message = new KeptMessage
            {
                MessageId = item.U64("messageId"),
                EnqueuedAt = item.I64("enqueuedAt"),
                Attempts = item.U32("attempts"),
                Failures = item.U32("failures"),
                Parts = Part(KeptParts.Group, "group") | Part(KeptParts.VisibleAt, "visibleAt")
                    | Part(KeptParts.ExpiresAt, "expiresAt") | Part(KeptParts.Dead, "dead"),
                Priority = item.U8("priority"),
                Group = item.Has("group") ? item.Bytes("group") : default,
                VisibleAt = item.Has("visibleAt") ? item.I64("visibleAt") : 0,
                ExpiresAt = item.Has("expiresAt") ? item.I64("expiresAt") : 0,
                DiedAt = dead?.I64("diedAt") ?? 0,
                Cause = (DeadCause)(dead?.U16("cause") ?? 0),
                Source = dead is null ? default : dead.Utf8("source"),
                Reason = dead is null ? default : dead.Utf8("reason"),
                Headers = Headers.Encode(item.Array("headers")),
                Body = item.Bytes("body"),
            };
            message.Write(buffer);
            Assert.Equal(message.Size, buffer.BodyCount - before);
        }
    }

    private static JsonObject ReadFilter(scoped DeadFilter filter)
    {
        var ids = new JsonArray();
        while (filter.TryTakeId(out ulong messageId))
        {
            ids.Add((JsonNode)messageId.ToString());
        }

        Assert.Equal(filter.IdCount, ids.Count);
        return new()
        {
            ["messageIds"] = ids,
            ["source"] = filter.HasSource ? Fields.Text(filter.Source) : null,
            ["cause"] = (ushort?)filter.Cause,
            ["reasonText"] = filter.ReasonText.IsEmpty ? null : Fields.Text(filter.ReasonText),
            ["diedFrom"] = filter.DiedFrom?.ToString(),
            ["diedTo"] = filter.DiedTo?.ToString(),
            ["attemptsMin"] = filter.AttemptsMin,
        };
    }

    private static void WriteFilter(FrameBuffer buffer, JsonObject fields)
    {
        JsonNode filter = fields["filter"]!;
        foreach (JsonNode id in filter.Items("messageIds"))
        {
            DeadFilterFields.WriteMessageId(buffer, ulong.Parse((string)id!));
        }

        WriteIf(filter, "source", () => DeadFilterFields.WriteSource(buffer, filter.Utf8("source")));
        WriteIf(filter, "cause", () => DeadFilterFields.WriteCause(buffer, (DeadCause)filter.U16("cause")));
        WriteIf(filter, "reasonText", () => DeadFilterFields.WriteReasonText(buffer, filter.Utf8("reasonText")));
        WriteIf(filter, "diedFrom", () => DeadFilterFields.WriteDiedFrom(buffer, filter.I64("diedFrom")));
        WriteIf(filter, "diedTo", () => DeadFilterFields.WriteDiedTo(buffer, filter.I64("diedTo")));
        WriteIf(filter, "attemptsMin", () => DeadFilterFields.WriteAttemptsMin(buffer, filter.U32("attemptsMin")));
    }

    private static void WriteIf(JsonNode filter, string name, Action write)
    {
        if (filter.Has(name))
        {
            write();
        }
    }

    private static JsonObject? ReadDeadList(ReadOnlySpan<byte> body) =>
        !QueueDeadListRequest.TryRead(body, out QueueDeadListRequest request) ? null : new()
        {
            ["bytesMax"] = request.BytesMax,
            ["limit"] = request.Limit,
            ["cursor"] = Fields.Hex(request.Cursor),
            ["queue"] = Fields.Text(request.Queue),
            ["filter"] = ReadFilter(request.Filter),
        };

    private static void WriteDeadList(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeadListRequest.WriteStart(
            buffer, fields.U32("bytesMax"), fields.U32("limit"), fields.Bytes("cursor"), fields.Utf8("queue"));
        WriteFilter(buffer, fields);
    }

    private static JsonObject? ReadSelect(ReadOnlySpan<byte> body) =>
        QueueDeadSelectRequest.TryRead(body, out QueueDeadSelectRequest request)
            ? new() { ["queue"] = Fields.Text(request.Queue), ["filter"] = ReadFilter(request.Filter) }
            : null;

    private static void WriteSelect(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeadSelectRequest.WriteStart(buffer, fields.Utf8("queue"));
        WriteFilter(buffer, fields);
    }

    private static JsonObject? ReadRedrive(ReadOnlySpan<byte> body) =>
        !QueueDeadRedriveRequest.TryRead(body, out QueueDeadRedriveRequest request) ? null : new()
        {
            ["perSecondMax"] = request.PerSecondMax,
            ["messagesMax"] = request.MessagesMax.ToString(),
            ["queue"] = Fields.Text(request.Queue),
            ["target"] = Fields.Text(request.Target),
            ["filter"] = ReadFilter(request.Filter),
        };

    private static void WriteRedrive(FrameBuffer buffer, JsonObject fields)
    {
        QueueDeadRedriveRequest.WriteStart(
            buffer, fields.U32("perSecondMax"), fields.U64("messagesMax"), fields.Utf8("queue"), fields.Utf8("target"));
        WriteFilter(buffer, fields);
    }
}
