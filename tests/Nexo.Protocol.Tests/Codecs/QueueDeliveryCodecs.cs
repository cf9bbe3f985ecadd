using System.Text.Json.Nodes;
using CsCheck;

namespace Nexo.Protocol.Tests.Codecs;

/// <summary>Messages on their way to a consumer, and what asks for them.</summary>
internal static class QueueDeliveryCodecs
{
    public static IEnumerable<Codec> All =>
    [
        new("queue-consume", ReadConsume, WriteConsume, JsonGen.Message(
            ("credits", Gen.UInt[0, CreditNotice.CreditsMax].Select(credits => (JsonNode?)credits)),
            ("options", JsonGen.U8Between(0, 3)),
            ("leaseMs", JsonGen.U32),
            ("queue", JsonGen.Text))),
        new("queue-pull", ReadPull, WritePull, JsonGen.Message(
            ("waitMs", JsonGen.U32),
            ("messagesMax", JsonGen.U32),
            ("bytesMax", JsonGen.U32),
            ("leaseMs", JsonGen.U32),
            ("options", Gen.Bool.Select(settled => (JsonNode?)(settled ? 2 : 0))),
            ("queue", JsonGen.Text))),
        new("deliveries", ReadDeliveries, WriteDeliveries, JsonGen.Message(("messages", JsonGen.List(JsonGen.Message(
            ("messageId", JsonGen.U64),
            ("lease", JsonGen.U64),
            ("enqueuedAt", JsonGen.I64),
            ("leaseEndsAt", JsonGen.I64),
            ("attempt", JsonGen.U32),
            ("priority", JsonGen.U8),
            ("flags", JsonGen.U8),
            ("group", JsonGen.Optional(JsonGen.Hex)),
            ("headers", JsonGen.Headers),
            ("body", JsonGen.Hex)))))),
    ];

    private static JsonObject? ReadConsume(ReadOnlySpan<byte> body) =>
        !QueueConsumeRequest.TryRead(body, out QueueConsumeRequest request) ? null : new()
        {
            ["credits"] = request.Credits,
            ["options"] = (byte)request.Options,
            ["leaseMs"] = request.LeaseMs,
            ["queue"] = Fields.Text(request.Queue),
        };

    private static void WriteConsume(FrameBuffer buffer, JsonObject fields) => new QueueConsumeRequest
    {
        Credits = fields.U32("credits"),
        Options = (ConsumeOptions)fields.U8("options"),
        LeaseMs = fields.U32("leaseMs"),
        Queue = fields.Utf8("queue"),
    }.Write(buffer);

    private static JsonObject? ReadPull(ReadOnlySpan<byte> body) =>
        !QueuePullRequest.TryRead(body, out QueuePullRequest request) ? null : new()
        {
            ["waitMs"] = request.WaitMs,
            ["messagesMax"] = request.MessagesMax,
            ["bytesMax"] = request.BytesMax,
            ["leaseMs"] = request.LeaseMs,
            ["options"] = (byte)request.Options,
            ["queue"] = Fields.Text(request.Queue),
        };

    private static void WritePull(FrameBuffer buffer, JsonObject fields) => new QueuePullRequest
    {
        WaitMs = fields.U32("waitMs"),
        MessagesMax = fields.U32("messagesMax"),
        BytesMax = fields.U32("bytesMax"),
        LeaseMs = fields.U32("leaseMs"),
        Options = (ConsumeOptions)fields.U8("options"),
        Queue = fields.Utf8("queue"),
    }.Write(buffer);

    private static JsonObject? ReadDeliveries(ReadOnlySpan<byte> body)
    {
        if (!DeliveryList.TryRead(body, out DeliveryList list))
        {
            return null;
        }

        var messages = new JsonArray();
        while (list.TryTake(out DeliveredMessage message))
        {
            messages.Add((JsonNode)new JsonObject
            {
                ["messageId"] = message.MessageId.ToString(),
                ["lease"] = message.Lease.ToString(),
                ["enqueuedAt"] = message.EnqueuedAt.ToString(),
                ["leaseEndsAt"] = message.LeaseEndsAt.ToString(),
                ["attempt"] = message.Attempt,
                ["priority"] = message.Priority,
                ["flags"] = (byte)message.Flags,
                ["group"] = message.Parts.HasFlag(DeliveryParts.Group) ? Fields.Hex(message.Group) : null,
                ["headers"] = Headers.Read(message.Headers),
                ["body"] = Fields.Hex(message.Body),
            });
        }

        Assert.Equal(list.Count, (uint)messages.Count);
        return new() { ["messages"] = messages };
    }

    private static void WriteDeliveries(FrameBuffer buffer, JsonObject fields)
    {
        DeliveryList.WriteStart(buffer, 0);
        foreach (JsonNode item in fields.Items("messages"))
        {
            int before = buffer.BodyCount;
            var message = new DeliveredMessage
            {
                MessageId = item.U64("messageId"),
                Lease = item.U64("lease"),
                EnqueuedAt = item.I64("enqueuedAt"),
                LeaseEndsAt = item.I64("leaseEndsAt"),
                Attempt = item.U32("attempt"),
                Parts = item.Has("group") ? DeliveryParts.Group : DeliveryParts.None,
                Priority = item.U8("priority"),
                Flags = (DeliveryFlags)item.U8("flags"),
                Group = item.Has("group") ? item.Bytes("group") : default,
                Headers = Headers.Encode(item.Array("headers")),
                Body = item.Bytes("body"),
            };
            message.Write(buffer);
            Assert.Equal(message.Size, buffer.BodyCount - before);
        }

        DeliveryList.PatchCount(buffer, (uint)fields.Array("messages").Count);
    }
}
