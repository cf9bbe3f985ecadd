using System.Text.Json;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>Queues as such: what they are set to, how they are, and their end.</summary>
internal static class QueueRoutes
{
    private const string Tag = "queues";

    private static readonly IReadOnlyList<string> Flows = ["none", "pushes", "deliveries", "all"];

    private static readonly IReadOnlyList<OptionField> Options =
    [
        OptionField.Milliseconds("lease_ms", (ushort)QueueOptionTag.LeaseMs, "How long a consumer has a message"),
        OptionField.Number("max_deliveries", (ushort)QueueOptionTag.DeliveriesMax, "Failures after which it is a dead letter; 0: never"),
        OptionField.Choice(
            "backoff", (ushort)QueueOptionTag.BackoffKind, "How the pause after a failure grows", ["none", "fixed", "exponential"]),
        OptionField.Milliseconds("backoff_delay_ms", (ushort)QueueOptionTag.BackoffMs, "The first pause after a failure"),
        OptionField.Milliseconds("backoff_max_ms", (ushort)QueueOptionTag.BackoffMsMax, "The longest pause"),
        new(
            new ApiField("dead_letter_queue", ApiKind.Text, "The queue that keeps its dead letters; empty: itself"),
            (ushort)QueueOptionTag.DeadLetterQueue),
        OptionField.Milliseconds("message_ttl_ms", (ushort)QueueOptionTag.MessageTtlMs, "The life of its messages; 0: for ever"),
        OptionField.Number("max_messages", (ushort)QueueOptionTag.MessagesMax, "Most messages; 0: no limit"),
        OptionField.Number("max_bytes", (ushort)QueueOptionTag.BytesMax, "Most bytes of them; 0: no limit"),
        OptionField.Choice(
            "when_full", (ushort)QueueOptionTag.WhenFull, "What becomes of a push when it is full", ["reject", "dead-letter"]),
        OptionField.Milliseconds("dedup_window_ms", (ushort)QueueOptionTag.DedupWindowMs, "How long dedup ids are remembered; 0: not"),
        OptionField.Choice("durability", (ushort)QueueOptionTag.Durability, "What answers wait for", CommonFields.Durabilities),
        OptionField.Number("priorities", (ushort)QueueOptionTag.Priorities, "How many priorities there are"),
        OptionField.Number("group_in_flight", (ushort)QueueOptionTag.GroupInFlightMax, "Messages of a group leased at once; 0: no limit"),
        OptionField.Number("group_rate", (ushort)QueueOptionTag.GroupPerSecondMax, "Deliveries of a group in a second; 0: no limit"),
        OptionField.Milliseconds("delete_unused_ms", (ushort)QueueOptionTag.UnusedMs, "It is deleted after so long without use; 0: never"),
    ];

    private static readonly (string Name, QueueStat Stat)[] Figures =
    [
        ("ready", QueueStat.Ready), ("leased", QueueStat.Leased), ("delayed", QueueStat.Delayed), ("dead", QueueStat.Dead),
        ("oldest_age_ms", QueueStat.OldestAgeMs), ("consumers", QueueStat.Consumers), ("groups", QueueStat.Groups),
        ("pushed_per_second", QueueStat.PushedPerSecondMilli), ("delivered_per_second", QueueStat.DeliveredPerSecondMilli),
        ("acked_per_second", QueueStat.AckedPerSecondMilli), ("message_bytes", QueueStat.MessageBytes),
        ("memory_bytes", QueueStat.MemoryBytes), ("disk_bytes", QueueStat.DiskBytes), ("pushed", QueueStat.PushedTotal),
        ("duplicates", QueueStat.DuplicatesTotal), ("rejected", QueueStat.RejectedTotal), ("delivered", QueueStat.DeliveredTotal),
        ("redelivered", QueueStat.RedeliveredTotal), ("acked", QueueStat.AckedTotal), ("nacked", QueueStat.NackedTotal),
        ("leases_expired", QueueStat.LeasesExpiredTotal), ("dead_lettered", QueueStat.DeadLetteredTotal),
        ("expired", QueueStat.MessagesExpiredTotal),
    ];

    private static readonly ApiField Flow = new("flow", ApiKind.Choice, "What it does not do, or does again [all]")
    {
        Choices = ["pushes", "deliveries", "all"],
    };

    private static readonly ApiSchema Definition = new ApiSchema.Object(
    [
        ("queue", ApiSchema.Text), ("revision", ApiSchema.Number),
        .. Options.Select(option => (option.Field.Name, ApiSchema.OfKind(option.Field))),
    ]);

    private static readonly ApiSchema Stats = new ApiSchema.Object(
    [
        ("queue", ApiSchema.Text), ("paused", new ApiSchema.Choice(Flows)),
        .. Figures.Select(figure => (figure.Name, ApiJson.SchemaOfFigure(figure.Name))),
    ]);

    private static readonly ApiNeed Read = new(AccessBroker.Queue, AccessOperation.Read);
    private static readonly ApiNeed Manage = new(AccessBroker.Queue, AccessOperation.Manage);

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/v1/queues", "listQueues", "List queues", ListAsync)
        {
            Tag = Tag, Needs = [Read with { Reach = AccessReach.Prefix }],
            Query = [CommonFields.Prefix, CommonFields.Cursor, CommonFields.Limit],
            Answers =
            [
                new(200, "A page of queues, by name.", ApiSchema.Page("queues", ApiSchema.Of(
                    ("queue", ApiSchema.Text), ("paused", new ApiSchema.Choice(Flows)), ("ready", ApiSchema.Number),
                    ("leased", ApiSchema.Number), ("delayed", ApiSchema.Number), ("dead", ApiSchema.Number)))),
            ],
        },
        new("PUT", "/v1/queues/{queue}", "declareQueue", "Declare a queue; what is left out has its default", DeclareAsync)
        {
            Tag = Tag, Needs = [Manage], Body = ApiBody.Json, Fields = [.. Options.Select(option => option.Field)],
            Answers = [new(201, "It was made.", Definition), new(200, "The very same was there.", Definition)],
        },
        new("GET", "/v1/queues/{queue}", "describeQueue", "What a queue is set to", DescribeAsync)
        {
            Tag = Tag, Needs = [Read], Answers = [new(200, "Its definition.", Definition), CommonFields.NotFound],
        },
        new("PATCH", "/v1/queues/{queue}", "updateQueue", "Change a queue; what is left out stays as it is", UpdateAsync)
        {
            Tag = Tag, Needs = [Manage], Body = ApiBody.Json, Fields = [.. Options.Select(option => option.Field)],
            Query = [new("revision", ApiKind.Number, "That of the definition that is to be changed [any]")],
            Answers = [new(200, "Its definition now.", Definition), CommonFields.NotFound],
        },
        new("DELETE", "/v1/queues/{queue}", "deleteQueue", "Delete a queue with its messages", DeleteAsync)
        {
            Tag = Tag, Needs = [Manage],
            Query =
            [
                new("if-empty", ApiKind.Flag, "Only if it has no message"), new("if-unused", ApiKind.Flag, "Only if it has no consumer"),
            ],
            Answers = [new(200, "How many messages went.", Count("deleted")), CommonFields.NotFound],
        },
        new("GET", "/v1/queues/{queue}/stats", "queueStats", "How a queue is", StatsAsync)
        {
            Tag = Tag, Needs = [Read], Answers = [new(200, "Its figures.", Stats), CommonFields.NotFound],
        },
        new("POST", "/v1/queues/{queue}/pause", "pauseQueue", "Take no pushes, or make no deliveries", PauseAsync)
        {
            Tag = Tag, Needs = [Manage], Query = [Flow], Answers = [new(204, "It is paused."), CommonFields.NotFound],
        },
        new("POST", "/v1/queues/{queue}/resume", "resumeQueue", "Go on", ResumeAsync)
        {
            Tag = Tag, Needs = [Manage], Query = [Flow], Answers = [new(204, "It goes on."), CommonFields.NotFound],
        },
        new("DELETE", "/v1/queues/{queue}/messages", "purgeQueue", "Remove the messages of a queue", PurgeAsync)
        {
            Tag = Tag, Needs = [Manage],
            Query =
            [
                new("part", ApiKind.Choice, "Which messages [ready]") { Choices = ["ready", "delayed", "dead", "all"] },
            ],
            Answers = [new(200, "How many went.", Count("deleted")), CommonFields.NotFound],
        },
        .. QueueMessageRoutes.All,
    ];

    private static ApiSchema Count(string name) => ApiSchema.Of((name, ApiSchema.Number));

    private static async Task ListAsync(ApiExchange exchange)
    {
        CommonFields.WriteScan(exchange.Begin(Opcode.QueueList), exchange.Values);
        await exchange.AnswerAsync(static (json, body) =>
        {
            QueueListReply.TryRead(body, out QueueListReply page);
            json.WriteStartArray("queues");
            while (page.TryTake(out QueueListItem queue))
            {
                json.WriteStartObject();
                json.WriteString("queue", queue.Name);
                json.WriteString("paused", CommonFields.WordOf(Flows, (ulong)queue.Paused));
                json.WriteNumber("ready", queue.Ready);
                json.WriteNumber("leased", queue.Leased);
                json.WriteNumber("delayed", queue.Delayed);
                json.WriteNumber("dead", queue.Dead);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static async Task DeclareAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.QueueDeclare);
        QueueDeclareRequest.WriteStart(frame, exchange.Values.Bytes("queue"));
        WriteOptions(frame, exchange.Values);
        await exchange.AnswerAsync(
            (json, body) => WriteDefinition(json, exchange, body[1..]),
            body => QueueDeclareReply.TryRead(body, out QueueDeclareReply declared) && declared.Created);
    }

    private static async Task UpdateAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.QueueUpdate);
        QueueUpdateRequest.WriteStart(frame, (ulong)exchange.Values.Number("revision"), exchange.Values.Bytes("queue"));
        WriteOptions(frame, exchange.Values);
        await AnswerDefinitionAsync(exchange);
    }

    private static async Task DescribeAsync(ApiExchange exchange)
    {
        exchange.Begin(Opcode.QueueDescribe).Write(exchange.Values.Bytes("queue"));
        await AnswerDefinitionAsync(exchange);
    }

    private static async Task AnswerDefinitionAsync(ApiExchange exchange)
    {
        await exchange.AnswerAsync((json, body) => WriteDefinition(json, exchange, body));
    }

    private static async Task DeleteAsync(ApiExchange exchange)
    {
        new QueueDeleteRequest
        {
            Name = exchange.Values.Bytes("queue"),
            Conditions = (exchange.Values.Flag("if-empty") ? QueueDeleteConditions.IfEmpty : 0)
                | (exchange.Values.Flag("if-unused") ? QueueDeleteConditions.IfUnused : 0),
        }.Write(exchange.Begin(Opcode.QueueDelete));
        await exchange.AnswerCountAsync("deleted");
    }

    private static async Task StatsAsync(ApiExchange exchange)
    {
        exchange.Begin(Opcode.QueueStats).Write(exchange.Values.Bytes("queue"));
        await exchange.AnswerAsync((json, body) =>
        {
            QueueStatsReply.TryRead(body, out QueueStatsReply stats);
            var values = new Dictionary<QueueStat, ulong>();
            while (stats.TryTake(out QueueStat stat, out ulong value))
            {
                values[stat] = value;
            }

            json.WriteString("queue", exchange.Values.Bytes("queue"));
            json.WriteString("paused", CommonFields.WordOf(Flows, values.GetValueOrDefault(QueueStat.Paused)));
            foreach ((string name, QueueStat stat) in Figures)
            {
                json.WriteFigure(name, values.GetValueOrDefault(stat));
            }
        });
    }

    private static Task PauseAsync(ApiExchange exchange) => SetFlowAsync(exchange, Opcode.QueuePause);

    private static Task ResumeAsync(ApiExchange exchange) => SetFlowAsync(exchange, Opcode.QueueResume);

    private static async Task SetFlowAsync(ApiExchange exchange, Opcode opcode)
    {
        new QueuePauseRequest
        {
            // The place of a word, from 0, and the bits that it is.
            Flow = (QueueFlow)(exchange.Values.Number("flow", Flow.Choices.Count - 1) + 1),
            Name = exchange.Values.Bytes("queue"),
        }.Write(exchange.Begin(opcode));
        await exchange.AnswerEmptyAsync();
    }

    private static async Task PurgeAsync(ApiExchange exchange)
    {
        const PurgeParts All = PurgeParts.Ready | PurgeParts.Delayed | PurgeParts.Dead;
        PurgeParts[] parts = [PurgeParts.Ready, PurgeParts.Delayed, PurgeParts.Dead, All];
        new QueuePurgeRequest { Parts = parts[exchange.Values.Number("part")], Name = exchange.Values.Bytes("queue") }
            .Write(exchange.Begin(Opcode.QueuePurge));
        await exchange.AnswerCountAsync("deleted");
    }

    private static void WriteOptions(FrameBuffer frame, ApiValues values)
    {
        foreach (OptionField option in Options.Where(option => values.Has(option.Field.Name)))
        {
            var tag = (QueueOptionTag)option.Tag;
            if (tag == QueueOptionTag.DeadLetterQueue)
            {
                QueueOptionFields.Write(frame, tag, values.Bytes(option.Field.Name));
            }
            else
            {
                QueueOptionFields.Write(frame, tag, (ulong)values.Number(option.Field.Name));
            }
        }
    }

    private static void WriteDefinition(Utf8JsonWriter json, ApiExchange exchange, ReadOnlySpan<byte> body)
    {
        QueueDefinitionReply.TryRead(body, out QueueDefinitionReply definition);
        json.WriteString("queue", exchange.Values.Bytes("queue"));
        json.WriteNumber("revision", definition.Revision);
        while (definition.Options.TryTake(out QueueOptionTag tag, out ulong number, out ReadOnlySpan<byte> text))
        {
            OptionField? option = Options.FirstOrDefault(one => one.Tag == (ushort)tag);
            if (tag == QueueOptionTag.DeadLetterQueue)
            {
                json.WriteString(option!.Field.Name, text);
            }
            else
            {
                option?.Write(json, number);
            }
        }
    }
}
