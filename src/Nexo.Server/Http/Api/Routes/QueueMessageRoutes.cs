using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>The messages of queues: push, look, pull and settle.</summary>
internal static class QueueMessageRoutes
{
    private const string Tag = "queues";
    private const long DayMs = 86_400_000;

    private static readonly IReadOnlyList<string> Outcomes = ["none", "accepted", "duplicate", "dead_lettered"];

    private static readonly IReadOnlyList<string> Causes =
        ["none", "max-deliveries", "expired", "rejected", "queue-full", "consumer-lost"];

    private static readonly IReadOnlyList<string> Whiches = ["ready", "leased", "delayed"];

    private static readonly ApiSchema Headers = ApiSchema.Map(ApiSchema.Text);

    private static readonly ApiSchema Kept = ApiSchema.Of(
        ("message_id", ApiSchema.Number), ("attempts", ApiSchema.Number), ("failures", ApiSchema.Number), ("priority", ApiSchema.Number),
        ("enqueued_at_ms", ApiSchema.Number), ("visible_at_ms?", ApiSchema.Number), ("expires_at_ms?", ApiSchema.Number),
        ("died_at_ms?", ApiSchema.Number), ("cause?", new ApiSchema.Choice(Causes)), ("source?", ApiSchema.Text),
        ("reason?", ApiSchema.Text), ("group*", ApiSchema.Text), ("headers", Headers), ("body*", ApiSchema.Text));

    private static readonly ApiSchema Delivered = ApiSchema.Of(
        ("receipt", ApiSchema.Text), ("message_id", ApiSchema.Number), ("attempt", ApiSchema.Number), ("redelivered", ApiSchema.Flag),
        ("priority", ApiSchema.Number), ("enqueued_at_ms", ApiSchema.Number), ("lease_ends_at_ms", ApiSchema.Number),
        ("group*", ApiSchema.Text), ("headers", Headers), ("body*", ApiSchema.Text));

    private static readonly ApiSchema Settled = ApiSchema.Of(("results", ApiSchema.ListOf(
        ApiSchema.Of(("receipt", ApiSchema.Text), ("error?", ApiSchema.Text), ("lease_ends_at_ms?", ApiSchema.Number)))));

    private static readonly ApiField Receipts = new("receipts", ApiKind.Texts, "Those that pull gave") { IsRequired = true };
    private static readonly ApiField Reason = new("reason", ApiKind.Text, "Why, for people");

    private static readonly ApiNeed Read = new(AccessBroker.Queue, AccessOperation.Read);
    private static readonly ApiNeed Write = new(AccessBroker.Queue, AccessOperation.Write);
    private static readonly ApiNeed Consume = new(AccessBroker.Queue, AccessOperation.Consume);

    private static readonly ApiAnswer EachSettled = new(200, "What became of each, in order; without error it is done.", Settled);

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("POST", "/v1/queues/{queue}/messages", "push", "Push a message: the body as it is, its headers as Nexo-Header-NAME", PushAsync)
        {
            Tag = Tag, Needs = [Write], Body = ApiBody.Bytes,
            Query =
            [
                new("delay", ApiKind.Duration, "Not before so long from now"),
                new("due-at", ApiKind.Number, "Not before this time, in ms since 1970"),
                new("ttl", ApiKind.Duration, "A dead letter if it is not done after so long"),
                new("priority", ApiKind.Number, "Higher ones go first [0]") { Max = byte.MaxValue },
                new("dedup-id", ApiKind.Bytes, "A second message with it is a duplicate"),
                new("group", ApiKind.Bytes, "Messages of a group keep their order"),
            ],
            Answers =
            [
                new(201, "What became of it.", ApiSchema.Of(("message_id", ApiSchema.Number), ("outcome", new ApiSchema.Choice(Outcomes)))),
            ],
        },
        new("GET", "/v1/queues/{queue}/messages", "peek", "Look at messages where they lie", PeekAsync)
        {
            Tag = Tag, Needs = [Read],
            Query =
            [
                new("which", ApiKind.Choice, "Which messages [ready]") { Choices = Whiches }, CommonFields.Cursor, CommonFields.Limit,
            ],
            Answers = [new(200, "A page of them, oldest first.", ApiSchema.Page("messages", Kept)), CommonFields.NotFound],
        },
        new("GET", "/v1/queues/{queue}/dead", "listDead", "Look at dead letters", ListDeadAsync)
        {
            Tag = Tag, Needs = [Read], Query = [CommonFields.Cursor, CommonFields.Limit],
            Answers = [new(200, "A page of them, oldest first.", ApiSchema.Page("messages", Kept)), CommonFields.NotFound],
        },
        new("POST", "/v1/queues/{queue}/dead/redrive", "redrive", "Give dead letters back to the queues where they died", RedriveAsync)
        {
            Tag = Tag, Needs = [new(AccessBroker.Queue, AccessOperation.Manage)],
            Query =
            [
                new("max", ApiKind.Number, "How many at most [all]"),
                new("per-second", ApiKind.Number, "How many in a second at most [as fast as it goes]") { Max = int.MaxValue },
            ],
            Answers = [new(200, "How many went.", ApiSchema.Of(("redriven", ApiSchema.Number))), CommonFields.NotFound],
        },
        new("POST", "/v1/queues/{queue}/pull", "pull", "Take messages, to be settled by their receipts before their leases end", PullAsync)
        {
            Tag = Tag, Needs = [Consume],
            Query =
            [
                new("max", ApiKind.Number, "How many at most [1]") { Min = 1, Max = ScanRequest.LimitMax },
                new("wait", ApiKind.Duration, "How long to wait for a first one [0]") { Max = DayMs },
                new("lease", ApiKind.Duration, "How long they are ours [as the queue says]") { Max = uint.MaxValue },
            ],
            Answers = [new(200, "The messages, none when the wait is over.", ApiSchema.Of(("messages", ApiSchema.ListOf(Delivered))))],
        },
        new("POST", "/v1/queues/{queue}/ack", "ack", "Say that messages are done", AckAsync)
        {
            Tag = Tag, Needs = [Consume], Body = ApiBody.Json, Fields = [Receipts], Answers = [EachSettled],
        },
        new("POST", "/v1/queues/{queue}/nack", "nack", "Give messages back", NackAsync)
        {
            Tag = Tag, Needs = [Consume], Body = ApiBody.Json,
            Fields =
            [
                Receipts, Reason,
                new("action", ApiKind.Choice, "When they come again; give-back is no failure [backoff]")
                {
                    Choices = ["backoff", "now", "after-delay", "give-back"],
                },
                new("delay_ms", ApiKind.Duration, "Of after-delay"),
            ],
            Answers = [EachSettled],
        },
        new("POST", "/v1/queues/{queue}/reject", "reject", "Make messages dead letters", RejectAsync)
        {
            Tag = Tag, Needs = [Consume], Body = ApiBody.Json, Fields = [Receipts, Reason], Answers = [EachSettled],
        },
        new("POST", "/v1/queues/{queue}/extend", "extend", "Keep messages for longer", ExtendAsync)
        {
            Tag = Tag, Needs = [Consume], Body = ApiBody.Json,
            Fields = [Receipts, new("lease_ms", ApiKind.Duration, "From now [as the queue says]") { Max = uint.MaxValue }],
            Answers = [EachSettled],
        },
    ];

    private static async Task PushAsync(ApiExchange exchange)
    {
        ApiValues values = exchange.Values;
        if (await exchange.BeginWithHeadersAsync(Opcode.QueuePush) is not { } frame)
        {
            return;
        }

        new QueuePushRequest
        {
            Queue = values.Bytes("queue"),
            Message = new PushedMessage
            {
                Parts = (values.Has("delay") ? PushParts.Delay : 0) | (values.Has("due-at") ? PushParts.DueAt : 0)
                    | (values.Has("ttl") ? PushParts.Ttl : 0) | (values.Has("dedup-id") ? PushParts.DedupId : 0)
                    | (values.Has("group") ? PushParts.Group : 0),
                Priority = (byte)values.Number("priority"),
                DelayMs = values.Number("delay"),
                DueAt = values.Number("due-at"),
                TtlMs = values.Number("ttl"),
                DedupId = values.Bytes("dedup-id"),
                Group = values.Bytes("group"),
            },
        }.Write(frame);
        if (!await exchange.TakeBodyAsync(frame))
        {
            return;
        }

        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        QueuePushReply.TryRead(reply.Body, out QueuePushReply pushed);
        await exchange.JsonAsync(
            ApiExchange.Render(json =>
            {
                json.WriteNumber("message_id", pushed.MessageId);
                json.WriteString("outcome", CommonFields.WordOf(Outcomes, (ulong)pushed.Outcome));
            }),
            StatusCodes.Status201Created);
    }

    private static async Task PeekAsync(ApiExchange exchange)
    {
        new QueuePeekRequest
        {
            Which = (PeekWhich)exchange.Values.Number("which"),
            Limit = CommonFields.LimitOf(exchange.Values),
            Cursor = exchange.Values.Bytes("cursor"),
            Queue = exchange.Values.Bytes("queue"),
        }.Write(exchange.Begin(Opcode.QueuePeek));
        await AnswerPageAsync(exchange);
    }

    private static async Task ListDeadAsync(ApiExchange exchange)
    {
        QueueDeadListRequest.WriteStart(
            exchange.Begin(Opcode.QueueDeadList), bytesMax: 0, CommonFields.LimitOf(exchange.Values),
            exchange.Values.Bytes("cursor"), exchange.Values.Bytes("queue"));
        await AnswerPageAsync(exchange);
    }

    private static Task RedriveAsync(ApiExchange exchange)
    {
        QueueDeadRedriveRequest.WriteStart(
            exchange.Begin(Opcode.QueueDeadRedrive), (uint)exchange.Values.Number("per-second"), (ulong)exchange.Values.Number("max"),
            exchange.Values.Bytes("queue"), target: default);
        return exchange.AnswerCountAsync("redriven");
    }

    private static async Task PullAsync(ApiExchange exchange)
    {
        new QueuePullRequest
        {
            WaitMs = (uint)exchange.Values.Number("wait"),
            MessagesMax = (uint)exchange.Values.Number("max", 1),
            LeaseMs = (uint)exchange.Values.Number("lease"),
            BytesMax = CommonFields.PageBytesMax,
            Queue = exchange.Values.Bytes("queue"),
        }.Write(exchange.Begin(Opcode.QueuePull));
        await exchange.AnswerAsync(WriteDelivered);
    }

    private static async Task AckAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.QueueAck);
        QueueAckRequest.WriteStart(frame, exchange.Values.Bytes("queue"), CountOf(exchange));
        await SettleAsync(exchange, frame);
    }

    private static async Task NackAsync(ApiExchange exchange)
    {
        ApiValues values = exchange.Values;
        FrameBuffer frame = exchange.Begin(Opcode.QueueNack);
        QueueNackRequest.WriteStart(
            frame, (NackAction)values.Number("action"), values.Number("delay_ms"), values.Bytes("queue"), values.Bytes("reason"),
            CountOf(exchange));
        await SettleAsync(exchange, frame);
    }

    private static async Task RejectAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.QueueDeadLetter);
        QueueDeadLetterRequest.WriteStart(
            frame, exchange.Values.Bytes("queue"), exchange.Values.Bytes("reason"), CountOf(exchange));
        await SettleAsync(exchange, frame);
    }

    private static async Task ExtendAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.QueueExtend);
        QueueExtendRequest.WriteStart(frame, (uint)exchange.Values.Number("lease_ms"), exchange.Values.Bytes("queue"), CountOf(exchange));
        await SettleAsync(exchange, frame);
    }

    private static uint CountOf(ApiExchange exchange) => (uint)exchange.Values.Texts(Receipts.Name).Count;

    private static async Task SettleAsync(ApiExchange exchange, FrameBuffer frame)
    {
        IReadOnlyList<byte[]> receipts = exchange.Values.Texts(Receipts.Name);
        foreach (byte[] receipt in receipts)
        {
            if (!Receipt.TryParse(receipt, out ulong messageId, out ulong lease))
            {
                exchange.Link.Abandon();
                await exchange.RefuseAsync(ErrorCode.InvalidArgument, "A receipt is what pull gave for a message.");
                return;
            }

            LeaseList.WriteItem(frame, messageId, lease);
        }

        if (frame.Count > exchange.Link.FrameBytesMax)
        {
            exchange.Link.Abandon();
            await exchange.RefuseAsync(ErrorCode.InvalidArgument, $"At most {Receipt.Max} receipts.");
            return;
        }

        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is not null)
        {
            await exchange.JsonAsync(ApiExchange.Render(
                reply, (json, body) => WriteSettled(json, body, receipts, reply.Header.Opcode == Opcode.QueueExtend)));
        }
    }

    private static void WriteSettled(Utf8JsonWriter json, ReadOnlySpan<byte> body, IReadOnlyList<byte[]> receipts, bool isExtend)
    {
        PerItemReply.TryRead(body, out PerItemReply each);
        QueueExtendReply.TryRead(body, out QueueExtendReply extended);
        json.WriteStartArray("results");
        foreach (byte[] receipt in receipts)
        {
            long leaseEndsAt = 0;
            ErrorCode error = ErrorCode.None;
            _ = isExtend ? extended.TryTake(out error, out leaseEndsAt) : each.TryTake(out error);
            json.WriteStartObject();
            json.WriteString("receipt", receipt);
            if (error != ErrorCode.None)
            {
                json.WriteString("error", error.ToString());
            }
            else if (isExtend)
            {
                json.WriteNumber("lease_ends_at_ms", leaseEndsAt);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDelivered(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        DeliveryList.TryRead(body, out DeliveryList messages);
        json.WriteStartArray("messages");
        while (messages.TryTake(out DeliveredMessage message))
        {
            json.WriteStartObject();
            json.WriteString("receipt", Receipt.Print(message.MessageId, message.Lease));
            json.WriteNumber("message_id", message.MessageId);
            json.WriteNumber("attempt", message.Attempt);
            json.WriteBoolean("redelivered", (message.Flags & DeliveryFlags.Redelivered) != 0);
            json.WriteNumber("priority", message.Priority);
            json.WriteNumber("enqueued_at_ms", message.EnqueuedAt);
            json.WriteNumber("lease_ends_at_ms", message.LeaseEndsAt);
            WriteParts(json, message.Group, message.Headers, message.Body);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task AnswerPageAsync(ApiExchange exchange)
    {
        await exchange.AnswerAsync(static (json, body) =>
        {
            KeptMessagePage.TryRead(body, out KeptMessagePage page);
            json.WriteStartArray("messages");
            while (page.TryTake(out KeptMessage message))
            {
                WriteKept(json, message);
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static void WriteKept(Utf8JsonWriter json, in KeptMessage message)
    {
        json.WriteStartObject();
        json.WriteNumber("message_id", message.MessageId);
        json.WriteNumber("attempts", message.Attempts);
        json.WriteNumber("failures", message.Failures);
        json.WriteNumber("priority", message.Priority);
        json.WriteNumber("enqueued_at_ms", message.EnqueuedAt);
        if ((message.Parts & KeptParts.VisibleAt) != 0)
        {
            json.WriteNumber("visible_at_ms", message.VisibleAt);
        }

        if ((message.Parts & KeptParts.ExpiresAt) != 0)
        {
            json.WriteNumber("expires_at_ms", message.ExpiresAt);
        }

        if ((message.Parts & KeptParts.Dead) != 0)
        {
            json.WriteNumber("died_at_ms", message.DiedAt);
            json.WriteString("cause", CommonFields.WordOf(Causes, (ulong)message.Cause));
            json.WriteString("source", message.Source);
            json.WriteString("reason", System.Text.Encoding.UTF8.GetString(message.Reason));
        }

        WriteParts(json, message.Group, message.Headers, message.Body);
        json.WriteEndObject();
    }

    private static void WriteParts(Utf8JsonWriter json, ReadOnlySpan<byte> group, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
    {
        if (!group.IsEmpty)
        {
            json.WriteBytes("group", group);
        }

        json.WriteHeaders(headers);
        json.WriteBytes("body", body);
    }
}
