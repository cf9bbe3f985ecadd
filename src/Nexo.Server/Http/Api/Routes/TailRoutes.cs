using System.Globalization;
using System.Text;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>Tails: what is published and appended, as server-sent events.</summary>
internal static class TailRoutes
{
    private const string LastEventId = "Last-Event-ID";

    private static readonly ApiField Count = new("count", ApiKind.Number, "End after so many [no end]") { Min = 1 };

    private static readonly ApiSchema Message = ApiSchema.Of(
        ("topic", ApiSchema.Text), ("retained?", ApiSchema.Flag), ("headers", ApiSchema.Map(ApiSchema.Text)), ("body*", ApiSchema.Text));

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/v1/tail", "tailTopics", "What is published to topics, as server-sent events", TailTopicsAsync)
        {
            Tag = "topics", Needs = [new(AccessBroker.Topics, AccessOperation.Read, AccessReach.Filter)],
            Query =
            [
                new("filter", ApiKind.Texts, "Which topics: + for one level, # for all below; there may be several") { IsRequired = true },
                new("retained", ApiKind.Flag, "Begin with the retained messages"),
                new("when-slow", ApiKind.Choice, "What becomes of messages that the client does not take in time [drop-oldest]")
                {
                    Choices = ["drop-oldest", "drop-newest", "end"],
                },
                Count,
            ],
            Answers =
            [
                new(200, "An event for each message; missed: some were dropped; end: why it ends.", Message, EventStream.ContentType),
            ],
        },
        new("GET", "/v1/streams/{stream}/tail", "tailStream", "What is appended to a stream, as server-sent events", TailStreamAsync)
        {
            Tag = "streams", Needs = [new(AccessBroker.Streams, AccessOperation.Read)],
            Query = [StreamPlaces.From, StreamPlaces.Key, Count],
            Answers =
            [
                new(
                    200, "An event for each record, its offset the id: Last-Event-ID goes on behind it.", StreamPlaces.Record,
                    EventStream.ContentType),
                CommonFields.NotFound,
            ],
        },
    ];

    private static Task TailTopicsAsync(ApiExchange exchange)
    {
        IReadOnlyList<byte[]> filters = exchange.Values.Texts("filter");
        FrameBuffer frame = exchange.Begin(Opcode.TopicSubscribe);
        new TopicSubscribeRequest
        {
            Credits = EventStream.Credits,
            WhenSlow = (SlowPolicy)exchange.Values.Number("when-slow"),
            Flags = exchange.Values.Flag("retained") ? SubscribeFlags.Retained : SubscribeFlags.None,
        }.WriteStart(frame, (uint)filters.Count);
        foreach (byte[] filter in filters)
        {
            frame.WriteBlob(filter);
        }

        return new EventStream(exchange, exchange.Values.Number(Count.Name)).RunAsync(WriteMessages);
    }

    private static Task TailStreamAsync(ApiExchange exchange)
    {
        if (!StreamPlaces.TryRead(exchange.Values, out StreamPosition from, PositionKind.End))
        {
            return StreamPlaces.RefuseAsync(exchange);
        }

        // What has gone meanwhile is passed over: the client asks for what comes behind it.
        if (ulong.TryParse(exchange.Http.Request.Headers[LastEventId], NumberStyles.None, CultureInfo.InvariantCulture, out ulong last)
            && last < ulong.MaxValue)
        {
            from = new StreamPosition(PositionKind.Offset, last + 1, PositionFlags.Clamp);
        }

        new StreamTailRequest
        {
            Credits = EventStream.Credits,
            From = from,
            Stream = exchange.Values.Bytes("stream"),
            Key = exchange.Values.Bytes("key"),
        }.Write(exchange.Begin(Opcode.StreamTail));
        return new EventStream(exchange, exchange.Values.Number(Count.Name)).RunAsync(WriteRecords);
    }

    private static void WriteMessages(EventStream events, ReadOnlySpan<byte> body)
    {
        TopicPush.TryRead(body, out TopicPush push);
        if (push.Missed > 0)
        {
            ulong missed = push.Missed;
            events.WriteEvent("missed", null, json => json.WriteNumber("count", missed));
        }

        while (push.TryTake(out PublishedMessage message))
        {
            // Owned: what writes them outlives the push's stack.
            string topic = Encoding.UTF8.GetString(message.Topic);
            byte[] headers = message.Headers.ToArray();
            byte[] value = message.Body.ToArray();
            bool isRetained = message.IsRetained;
            events.WriteEvent(null, null, json =>
            {
                json.WriteString("topic", topic);
                if (isRetained)
                {
                    json.WriteBoolean("retained", true);
                }

                json.WriteHeaders(headers);
                json.WriteBytes("body", value);
            });
        }
    }

    private static void WriteRecords(EventStream events, ReadOnlySpan<byte> body)
    {
        StreamTailPush.TryRead(body, out StreamTailPush push);
        while (push.Records.TryTake(out StreamedRecord record))
        {
            byte[] run = record.Bytes.ToArray();
            events.WriteEvent(null, record.Offset, json =>
            {
                ReadOnlySpan<byte> rest = run;
                StreamedRecord.TryTake(ref rest, out StreamedRecord one);
                StreamPlaces.WriteFields(json, one);
            });
        }
    }
}
