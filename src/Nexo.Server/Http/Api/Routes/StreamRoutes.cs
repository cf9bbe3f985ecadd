using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>Streams: define, append and read.</summary>
internal static class StreamRoutes
{
    private const string Tag = "streams";
    private const long DayMs = 86_400_000;

    private static readonly IReadOnlyList<string> Outcomes = ["none", "appended", "duplicate", "conflict"];

    private static readonly IReadOnlyList<OptionField> Options =
    [
        OptionField.Milliseconds("max_age_ms", (ushort)StreamOptionTag.AgeMs, "Records older than this go; 0: they stay"),
        OptionField.Number("max_bytes", (ushort)StreamOptionTag.Bytes, "Bytes beyond which the first records go; 0: no limit"),
        OptionField.Number("max_records", (ushort)StreamOptionTag.Records, "Records beyond which the first go; 0: no limit"),
        OptionField.Flag("protect_groups", (ushort)StreamOptionTag.ProtectGroups, "Nothing goes by itself that a group has not read"),
        OptionField.Flag("compaction", (ushort)StreamOptionTag.Compaction, "The last record of each key stays"),
        OptionField.Choice("durability", (ushort)StreamOptionTag.Durability, "What answers wait for", CommonFields.Durabilities),
        OptionField.Number("max_record_bytes", (ushort)StreamOptionTag.RecordBytesMax, "Most bytes of a record"),
        OptionField.Milliseconds("timestamp_bound_ms", (ushort)StreamOptionTag.TimestampBoundMs, "How far a producer's time may be off"),
        OptionField.Milliseconds(
            "tombstone_retention_ms", (ushort)StreamOptionTag.TombstoneRetentionMs, "How long a tombstone stays after compaction"),
    ];

    private static readonly (string Name, StreamStat Stat)[] Figures =
    [
        ("records", StreamStat.Records), ("bytes", StreamStat.Bytes), ("segments", StreamStat.Segments),
        ("pending_bytes", StreamStat.PendingBytes), ("readers", StreamStat.Readers), ("groups", StreamStat.Groups),
        ("producers", StreamStat.Producers), ("keys", StreamStat.Keys), ("appended_per_second", StreamStat.AppendedPerSecondMilli),
        ("read_per_second", StreamStat.ReadPerSecondMilli), ("appended", StreamStat.AppendedTotal),
        ("appended_bytes", StreamStat.AppendedBytesTotal), ("read", StreamStat.ReadTotal), ("read_bytes", StreamStat.ReadBytesTotal),
        ("duplicates", StreamStat.DuplicatesTotal), ("conflicts", StreamStat.ConflictsTotal), ("trimmed", StreamStat.TrimmedTotal),
        ("compacted", StreamStat.CompactedTotal), ("saved_bytes", StreamStat.SavedBytes),
    ];

    private static readonly ApiSchema Definition = new ApiSchema.Object(
    [
        ("stream", ApiSchema.Text), ("revision", ApiSchema.Number), ("first?", ApiSchema.Number), ("next?", ApiSchema.Number),
        .. Options.Select(option => (option.Field.Name, ApiSchema.OfKind(option.Field))),
    ]);

    private static readonly ApiSchema Stats = new ApiSchema.Object(
    [
        ("stream", ApiSchema.Text),
        .. Figures.Select(figure => (figure.Name, ApiJson.SchemaOfFigure(figure.Name))),
    ]);

    private static readonly ApiNeed Read = new(AccessBroker.Streams, AccessOperation.Read);
    private static readonly ApiNeed Manage = new(AccessBroker.Streams, AccessOperation.Manage);

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/v1/streams", "listStreams", "List streams", ListAsync)
        {
            Tag = Tag, Needs = [Read with { Reach = AccessReach.Prefix }],
            Query = [CommonFields.Prefix, CommonFields.Cursor, CommonFields.Limit],
            Answers =
            [
                new(200, "A page of streams, by name.", ApiSchema.Page("streams", ApiSchema.Of(
                    ("stream", ApiSchema.Text), ("first", ApiSchema.Number), ("next", ApiSchema.Number), ("bytes", ApiSchema.Number)))),
            ],
        },
        new("PUT", "/v1/streams/{stream}", "createStream", "Create a stream; what is left out has its default", CreateAsync)
        {
            Tag = Tag, Needs = [Manage], Body = ApiBody.Json, Fields = [.. Options.Select(option => option.Field)],
            Answers = [new(201, "It was made.", Definition), new(200, "The very same was there.", Definition)],
        },
        new("GET", "/v1/streams/{stream}", "describeStream", "What a stream is set to, and which offsets it has", DescribeAsync)
        {
            Tag = Tag, Needs = [Read], Answers = [new(200, "Its definition.", Definition), CommonFields.NotFound],
        },
        new("PATCH", "/v1/streams/{stream}", "updateStream", "Change a stream; what is left out stays as it is", UpdateAsync)
        {
            Tag = Tag, Needs = [Manage], Body = ApiBody.Json, Fields = [.. Options.Select(option => option.Field)],
            Query = [new("revision", ApiKind.Number, "That of the definition that is to be changed [any]")],
            Answers = [new(200, "Its definition now.", Definition), CommonFields.NotFound],
        },
        new("DELETE", "/v1/streams/{stream}", "deleteStream", "Delete a stream with its records", DeleteAsync)
        {
            Tag = Tag, Needs = [Manage], Query = [new("if-unused", ApiKind.Flag, "Only if it has neither reader nor group")],
            Answers = [new(200, "How many records went.", ApiSchema.Of(("deleted", ApiSchema.Number))), CommonFields.NotFound],
        },
        new("GET", "/v1/streams/{stream}/stats", "streamStats", "How a stream is", StatsAsync)
        {
            Tag = Tag, Needs = [Read], Answers = [new(200, "Its figures.", Stats), CommonFields.NotFound],
        },
        new("POST", "/v1/streams/{stream}/records", "append", "Append a record: the body, with headers as Nexo-Header-NAME", AppendAsync)
        {
            Tag = Tag, Needs = [new(AccessBroker.Streams, AccessOperation.Write)], Body = ApiBody.Bytes,
            Query =
            [
                new("key", ApiKind.Bytes, "Its key"),
                new("timestamp", ApiKind.Number, "Its time, in ms since 1970 [the server's]"),
                new("tombstone", ApiKind.Flag, "It says that its key has no value any more"),
                new("expect-next", ApiKind.Number, "The offset that it must get"),
                new("expect-key-version", ApiKind.Number, "The version that its key must have"),
            ],
            Answers = [new(201, "Where it is.", Appended()), new(409, "The stream, or the key, is not where it was expected.", Appended())],
        },
        new("GET", "/v1/streams/{stream}/records", "read", "Read records", ReadAsync)
        {
            Tag = Tag, Needs = [Read],
            Query =
            [
                StreamPlaces.From, StreamPlaces.Key,
                new("limit", ApiKind.Number, $"How many at most [{CommonFields.LimitDefault}]") { Min = 1, Max = ScanRequest.LimitMax },
                new("wait", ApiKind.Duration, "How long to wait for a first one [0]") { Max = DayMs },
            ],
            Answers =
            [
                new(200, "The records, and where to go on.", ApiSchema.Of(
                    ("records", ApiSchema.ListOf(StreamPlaces.Record)), ("first", ApiSchema.Number), ("next", ApiSchema.Number),
                    ("continue_at", ApiSchema.Number))),
                CommonFields.NotFound,
            ],
        },
    ];

    private static ApiSchema Appended() => ApiSchema.Of(
        ("outcome", new ApiSchema.Choice(Outcomes)), ("offset?", ApiSchema.Number), ("key_version", ApiSchema.Number),
        ("timestamp_ms", ApiSchema.Number));

    private static async Task ListAsync(ApiExchange exchange)
    {
        CommonFields.WriteScan(exchange.Begin(Opcode.StreamList), exchange.Values);
        await exchange.AnswerAsync(static (json, body) =>
        {
            StreamListReply.TryRead(body, out StreamListReply page);
            json.WriteStartArray("streams");
            while (page.TryTake(out StreamListItem stream))
            {
                json.WriteStartObject();
                json.WriteString("stream", stream.Name);
                WriteRange(json, stream.Range);
                json.WriteNumber("bytes", stream.Bytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static async Task CreateAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.StreamCreate);
        StreamCreateRequest.WriteStart(frame, exchange.Values.Bytes("stream"));
        WriteOptions(frame, exchange.Values);
        await exchange.AnswerAsync(
            (json, body) => WriteDefinition(json, exchange, body[1..]),
            body => StreamCreateReply.TryRead(body, out StreamCreateReply created) && created.Created);
    }

    private static async Task UpdateAsync(ApiExchange exchange)
    {
        FrameBuffer frame = exchange.Begin(Opcode.StreamUpdate);
        StreamUpdateRequest.WriteStart(frame, (ulong)exchange.Values.Number("revision"), exchange.Values.Bytes("stream"));
        WriteOptions(frame, exchange.Values);
        await exchange.AnswerAsync((json, body) => WriteDefinition(json, exchange, body));
    }

    private static async Task DescribeAsync(ApiExchange exchange)
    {
        exchange.Begin(Opcode.StreamDescribe).Write(exchange.Values.Bytes("stream"));
        await exchange.AnswerAsync((json, body) =>
        {
            StreamDescribeReply.TryRead(body, out StreamDescribeReply stream);
            json.WriteString("stream", exchange.Values.Bytes("stream"));
            json.WriteNumber("revision", stream.Revision);
            WriteRange(json, stream.Range);
            WriteOptions(json, stream.Options);
        });
    }

    private static Task DeleteAsync(ApiExchange exchange)
    {
        new StreamDeleteRequest
        {
            Name = exchange.Values.Bytes("stream"),
            Conditions = exchange.Values.Flag("if-unused") ? StreamDeleteConditions.IfUnused : 0,
        }.Write(exchange.Begin(Opcode.StreamDelete));
        return exchange.AnswerCountAsync("deleted");
    }

    private static async Task StatsAsync(ApiExchange exchange)
    {
        exchange.Begin(Opcode.StreamStats).Write(exchange.Values.Bytes("stream"));
        await exchange.AnswerAsync((json, body) =>
        {
            StreamStatsReply.TryRead(body, out StreamStatsReply stats);
            var values = new Dictionary<StreamStat, ulong>();
            while (stats.TryTake(out StreamStat stat, out ulong value))
            {
                values[stat] = value;
            }

            json.WriteString("stream", exchange.Values.Bytes("stream"));
            foreach ((string name, StreamStat stat) in Figures)
            {
                json.WriteFigure(name, values.GetValueOrDefault(stat));
            }
        });
    }

    private static async Task AppendAsync(ApiExchange exchange)
    {
        ApiValues values = exchange.Values;
        if (await exchange.BeginWithHeadersAsync(Opcode.StreamAppend) is not { } frame)
        {
            return;
        }

        new StreamAppendRequest
        {
            Parts = (values.Has("key") ? AppendParts.Key : 0) | (values.Has("timestamp") ? AppendParts.Timestamp : 0)
                | (values.Has("expect-next") ? AppendParts.ExpectedNext : 0)
                | (values.Has("expect-key-version") ? AppendParts.ExpectedKeyVersion : 0)
                | (values.Flag("tombstone") ? AppendParts.Tombstone : 0),
            Stream = values.Bytes("stream"),
            ExpectedNext = (ulong)values.Number("expect-next"),
            ExpectedKeyVersion = (ulong)values.Number("expect-key-version"),
            Timestamp = values.Number("timestamp"),
            Key = values.Bytes("key"),
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

        StreamAppendReply.TryRead(reply.Body, out StreamAppendReply appended);
        await exchange.JsonAsync(
            ApiExchange.Render(json =>
            {
                json.WriteString("outcome", CommonFields.WordOf(Outcomes, (ulong)appended.Outcome));
                if (appended.Offset != StreamAppendReply.UnknownOffset)
                {
                    json.WriteNumber("offset", appended.Offset);
                }

                json.WriteNumber("key_version", appended.KeyVersion);
                json.WriteNumber("timestamp_ms", appended.Timestamp);
            }),
            appended.Outcome == AppendOutcome.Conflict ? StatusCodes.Status409Conflict : StatusCodes.Status201Created);
    }

    private static async Task ReadAsync(ApiExchange exchange)
    {
        if (!StreamPlaces.TryRead(exchange.Values, out StreamPosition from))
        {
            await StreamPlaces.RefuseAsync(exchange);
            return;
        }

        new StreamReadRequest
        {
            From = from,
            WaitMs = (uint)exchange.Values.Number("wait"),
            RecordsMax = CommonFields.LimitOf(exchange.Values),
            BytesMax = CommonFields.PageBytesMax,
            Stream = exchange.Values.Bytes("stream"),
            Key = exchange.Values.Bytes("key"),
        }.Write(exchange.Begin(Opcode.StreamRead));
        await exchange.AnswerAsync(static (json, body) =>
        {
            StreamReadReply.TryRead(body, out StreamReadReply read);
            json.WriteStartArray("records");
            while (read.Records.TryTake(out StreamedRecord record))
            {
                StreamPlaces.Write(json, record);
            }

            json.WriteEndArray();
            WriteRange(json, read.Range);
            json.WriteNumber("continue_at", read.ContinueAt);
        });
    }

    private static void WriteRange(Utf8JsonWriter json, OffsetRange range)
    {
        json.WriteNumber("first", range.First);
        json.WriteNumber("next", range.Next);
    }

    private static void WriteOptions(FrameBuffer frame, ApiValues values)
    {
        foreach (OptionField option in Options.Where(option => values.Has(option.Field.Name)))
        {
            StreamOptionFields.Write(frame, (StreamOptionTag)option.Tag, (ulong)values.Number(option.Field.Name));
        }
    }

    private static void WriteDefinition(Utf8JsonWriter json, ApiExchange exchange, ReadOnlySpan<byte> body)
    {
        StreamUpdateReply.TryRead(body, out StreamUpdateReply definition);
        json.WriteString("stream", exchange.Values.Bytes("stream"));
        json.WriteNumber("revision", definition.Revision);
        WriteOptions(json, definition.Options);
    }

    private static void WriteOptions(Utf8JsonWriter json, StreamOptionFields options)
    {
        while (options.TryTake(out StreamOptionTag tag, out ulong number, out _))
        {
            Options.FirstOrDefault(one => one.Tag == (ushort)tag)?.Write(json, number);
        }
    }
}
