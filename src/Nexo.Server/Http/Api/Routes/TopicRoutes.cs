using System.Text;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>Topics: publish, and look at what is retained.</summary>
internal static class TopicRoutes
{
    private const string Tag = "topics";
    private const string HeaderPrefix = "Nexo-Header-";

    private static readonly ApiNeed Read = new(AccessBroker.Topics, AccessOperation.Read);

    private static readonly ApiSchema Retained = ApiSchema.Of(
        ("topic", ApiSchema.Text), ("set_at_ms", ApiSchema.Number), ("expires_at_ms?", ApiSchema.Number),
        ("headers", ApiSchema.Map(ApiSchema.Text)), ("body*", ApiSchema.Text));

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("POST", "/v1/topics/{topic...}", "publish", "Publish a message: the body, with headers as Nexo-Header-NAME", PublishAsync)
        {
            Tag = Tag, Needs = [new(AccessBroker.Topics, AccessOperation.Write)], Body = ApiBody.Bytes,
            Query =
            [
                new("retain", ApiKind.Flag, "Keep it as the topic's last value; an empty body removes the one that is there"),
                new("ttl", ApiKind.Duration, "How long a retained message stays [for ever]") { Min = 1 },
            ],
            Answers =
            [
                new(200, "Whom it went to.", ApiSchema.Of(("receivers", ApiSchema.Number), ("bindings", ApiSchema.Number))),
            ],
        },
        new("GET", "/v1/topics/{topic...}", "getRetained", "The retained message of a topic, headers as Nexo-Header-NAME", GetRetainedAsync)
        {
            Tag = Tag, Needs = [Read],
            Answers = [new(200, "Its body.", Type: "application/octet-stream"), CommonFields.NotFound],
        },
        new("GET", "/v1/retained", "listRetained", "Retained messages by a filter", ListRetainedAsync)
        {
            Tag = Tag, Needs = [Read with { Reach = AccessReach.Filter }],
            Query =
            [
                new("filter", ApiKind.Bytes, "Which topics: + for one level, # for all below [#]"), CommonFields.Cursor, CommonFields.Limit,
            ],
            Answers = [new(200, "A page of them.", ApiSchema.Page("messages", Retained))],
        },
    ];

    private static async Task PublishAsync(ApiExchange exchange)
    {
        if (await exchange.BeginWithHeadersAsync(Opcode.TopicPublish) is not { } frame)
        {
            return;
        }

        new TopicPublishRequest
        {
            Message = new TopicPublication
            {
                Parts = exchange.Values.Has("ttl") ? PublishParts.Ttl : 0,
                Flags = exchange.Values.Flag("retain") ? PublishFlags.Retain : 0,
                Topic = exchange.Values.Bytes("topic"),
                TtlMs = exchange.Values.Number("ttl"),
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

        TopicPublishReply.TryRead(reply.Body, out TopicPublishReply published);
        await exchange.JsonAsync(ApiExchange.Render(json =>
        {
            json.WriteNumber("receivers", published.Receivers);
            json.WriteNumber("bindings", published.Bindings);
        }));
    }

    private static async Task GetRetainedAsync(ApiExchange exchange)
    {
        byte[] topic = exchange.Values.Bytes("topic");
        if (topic.AsSpan().IndexOfAny((byte)'+', (byte)'#') >= 0)
        {
            await exchange.RefuseAsync(ErrorCode.TopicInvalid, "This is a filter: see /v1/retained.");
            return;
        }

        Ask(exchange, topic, limit: 1);
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        RetainedListReply.TryRead(reply.Body, out RetainedListReply page);
        if (!page.TryTake(out RetainedListItem message))
        {
            await ApiDispatcher.RefuseAsync(
                exchange.Http, StatusCodes.Status404NotFound, new(ErrorCode.None, "The topic has no retained message."));
            return;
        }

        GiveHeaders(exchange.Http.Response, message.Headers);

        // It is the only one, so its body ends the answer.
        await exchange.BytesAsync(StatusCodes.Status200OK, reply.BodyMemory[^message.Body.Length..]);
    }

    private static async Task ListRetainedAsync(ApiExchange exchange)
    {
        Ask(exchange, exchange.Values.Has("filter") ? exchange.Values.Bytes("filter") : "#"u8, CommonFields.LimitOf(exchange.Values));
        await exchange.AnswerAsync(static (json, body) =>
        {
            RetainedListReply.TryRead(body, out RetainedListReply page);
            json.WriteStartArray("messages");
            while (page.TryTake(out RetainedListItem message))
            {
                json.WriteStartObject();
                json.WriteString("topic", message.Topic);
                json.WriteNumber("set_at_ms", message.SetAt);
                if (message.ExpiresAt != 0)
                {
                    json.WriteNumber("expires_at_ms", message.ExpiresAt);
                }

                json.WriteHeaders(message.Headers);
                json.WriteBytes("body", message.Body);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static void Ask(ApiExchange exchange, ReadOnlySpan<byte> filter, uint limit) => new RetainedListRequest
    {
        Limit = limit,
        Cursor = exchange.Values.Bytes("cursor"),
        Filter = filter,
    }.Write(exchange.Begin(Opcode.RetainedList));

    // Those that can be headers of HTTP: what others have published must not end one and begin another.
    private static void GiveHeaders(HttpResponse response, ReadOnlySpan<byte> block)
    {
        while (HeaderBlock.TryReadNext(ref block, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            if (IsToken(name) && !value.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            {
                response.Headers.TryAdd(HeaderPrefix + Encoding.ASCII.GetString(name), Encoding.ASCII.GetString(value));
            }
        }
    }

    private static bool IsToken(ReadOnlySpan<byte> name)
    {
        foreach (byte one in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)one) && one is not ((byte)'-' or (byte)'_' or (byte)'.'))
            {
                return false;
            }
        }

        return true;
    }
}
