using System.Buffers.Text;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>The store: one value is a body as it is, its version the ETag.</summary>
internal static class StoreRoutes
{
    private static IReadOnlyList<string> Kinds { get; } = ["value", "hash", "list", "set", "sorted_set"];

    /// <summary>The parameter that says how the key in the path is written.</summary>
    public const string KeyEncodingName = "key-encoding";

    private static readonly ApiField KeyEncoding = new(KeyEncodingName, ApiKind.Choice, "How the key in the path is written [percent]")
    {
        Choices = ["percent", "base64url"],
    };

    private static readonly ApiField Ttl = new("ttl", ApiKind.Duration, "How long it stays [for ever]") { Min = 1 };

    private static readonly ApiField Durability = new("durability", ApiKind.Choice, "What the answer waits for [as the server is set]")
    {
        Choices = CommonFields.Durabilities,
    };

    private static readonly ApiNeed Read = new(AccessBroker.Store, AccessOperation.Read);
    private static readonly ApiNeed Write = new(AccessBroker.Store, AccessOperation.Write);

    private static readonly ApiAnswer ConditionFailed = new(412, "The condition does not hold; the ETag is that of what is there.");

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/v1/store", "listKeys", "List keys", ListAsync)
        {
            Tag = "store", Needs = [Read with { Reach = AccessReach.Prefix }],
            Query = [CommonFields.Prefix, CommonFields.Cursor, CommonFields.Limit],
            Answers =
            [
                new(200, "A page of keys, in no order.", ApiSchema.Page(
                    "keys", ApiSchema.Of(("key*", ApiSchema.Text), ("kind", new ApiSchema.Choice(Kinds))))),
            ],
        },
        new("GET", "/v1/store/{key}", "getValue", "Get a value; If-None-Match answers 304", GetAsync)
        {
            Tag = "store", Needs = [Read], Query = [KeyEncoding],
            Answers =
            [
                new(200, "The value.", Type: "application/octet-stream"), new(304, "It has this version."), CommonFields.NotFound,
            ],
        },
        new("PUT", "/v1/store/{key}", "setValue", "Set a value; If-None-Match: * and If-Match: \"VERSION\" or * are conditions", SetAsync)
        {
            Tag = "store", Needs = [Write], Query = [Ttl, Durability, KeyEncoding], Body = ApiBody.Bytes,
            Answers = [new(204, "It is set; the ETag is its version."), ConditionFailed],
        },
        new("DELETE", "/v1/store/{key}", "deleteValue", "Delete a key; If-Match: \"VERSION\" is a condition", DeleteAsync)
        {
            Tag = "store", Needs = [Write], Query = [Durability, KeyEncoding],
            Answers = [new(204, "It was deleted."), CommonFields.NotFound, ConditionFailed],
        },
        new("GET", "/v1/store/{key}/ttl", "getTtl", "How long a key stays", GetTtlAsync)
        {
            Tag = "store", Needs = [Read], Query = [KeyEncoding],
            Answers =
            [
                new(200, "What is left; without ttl_ms it stays for ever.", ApiSchema.Of(("ttl_ms?", ApiSchema.Number))),
                CommonFields.NotFound,
            ],
        },
    ];

    private static async Task ListAsync(ApiExchange exchange)
    {
        CommonFields.WriteScan(exchange.Begin(Opcode.StoreScan), exchange.Values);
        await exchange.AnswerAsync(static (json, body) =>
        {
            ScanReply.TryRead(body, out ScanReply page);
            json.WriteStartArray("keys");
            while (page.TryTake(out EntryKind kind, out ReadOnlySpan<byte> key))
            {
                json.WriteStartObject();
                json.WriteBytes("key", key);
                json.WriteString("kind", CommonFields.WordOf(Kinds, (ulong)kind));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static async Task GetAsync(ApiExchange exchange)
    {
        if (!TryKey(exchange, out byte[] key, out Task refused))
        {
            await refused;
            return;
        }

        exchange.Begin(Opcode.StoreGet).Write(key);
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        bool isFound = ValueReply.TryRead(reply.Body, out ValueReply value) && value.Found;
        if (!isFound)
        {
            await RefuseMissingAsync(exchange);
            return;
        }

        string tag = SetTag(exchange, value.Version);
        int length = value.Value.Length;
        if (exchange.Http.Request.Headers.IfNoneMatch.ToString() is var known && (known == tag || known == "*"))
        {
            await exchange.EmptyAsync(StatusCodes.Status304NotModified);
            return;
        }

        await exchange.BytesAsync(StatusCodes.Status200OK, reply.BodyMemory[^length..]);
    }

    private static async Task SetAsync(ApiExchange exchange)
    {
        if (!TryKey(exchange, out byte[] key, out Task refused)
            || !TryCondition(exchange, mayBeAbsent: true, out ConditionKind condition, out ulong version, out refused))
        {
            await refused;
            return;
        }

        long ttlMs = exchange.Values.Number("ttl");
        FrameBuffer frame = exchange.Begin(Opcode.StoreSet, DurabilityOf(exchange));
        new SetRequest
        {
            Key = key,
            Condition = new StoreCondition { Kind = condition, Version = version },
            Expiry = ttlMs == 0 ? default : new StoreExpiry(ExpiryKind.After, ttlMs),
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

        SetReply.TryRead(reply.Body, out SetReply set);
        if (set.Version != 0)
        {
            SetTag(exchange, set.Version);
        }

        await exchange.EmptyAsync(set.Stored ? StatusCodes.Status204NoContent : StatusCodes.Status412PreconditionFailed);
    }

    private static async Task DeleteAsync(ApiExchange exchange)
    {
        if (!TryKey(exchange, out byte[] key, out Task refused)
            || !TryCondition(exchange, mayBeAbsent: false, out ConditionKind condition, out ulong version, out refused))
        {
            await refused;
            return;
        }

        new DeleteRequest { Key = key, Condition = new StoreCondition { Kind = condition, Version = version } }
            .Write(exchange.Begin(Opcode.StoreDelete, DurabilityOf(exchange)));
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        DeleteReply.TryRead(reply.Body, out DeleteReply deleted);
        if (deleted.Outcome == DeleteOutcome.NotFound)
        {
            await RefuseMissingAsync(exchange);
            return;
        }

        SetTag(exchange, deleted.Version);
        await exchange.EmptyAsync(deleted.Outcome == DeleteOutcome.Deleted
            ? StatusCodes.Status204NoContent
            : StatusCodes.Status412PreconditionFailed);
    }

    private static async Task GetTtlAsync(ApiExchange exchange)
    {
        if (!TryKey(exchange, out byte[] key, out Task refused))
        {
            await refused;
            return;
        }

        exchange.Begin(Opcode.StoreTtl).Write(key);
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        TtlReply.TryRead(reply.Body, out TtlReply ttl);
        if (ttl.State == TtlState.NotFound)
        {
            await RefuseMissingAsync(exchange);
            return;
        }

        await exchange.JsonAsync(ApiExchange.Render(json =>
        {
            if (ttl.State == TtlState.Expires)
            {
                json.WriteNumber("ttl_ms", ttl.RemainingMs);
            }
        }));
    }

    private static FrameFlags DurabilityOf(ApiExchange exchange) =>
        ((Durability)exchange.Values.Number("durability")).ToFlags();

    private static bool TryKey(ApiExchange exchange, out byte[] key, out Task refused)
    {
        key = exchange.Values.Bytes("key");
        refused = Task.CompletedTask;
        if (exchange.Values.Number(KeyEncoding.Name) == 0)
        {
            return true;
        }

        if (!Base64Url.IsValid(key))
        {
            refused = exchange.RefuseAsync(ErrorCode.InvalidArgument, "The key in the path is not base64url, as key-encoding says.");
            return false;
        }

        key = Base64Url.DecodeFromUtf8(key);
        return true;
    }

    // A DELETE of what is there needs no "if it is there", and one of what is not there does nothing.
    private static bool TryCondition(
        ApiExchange exchange, bool mayBeAbsent, out ConditionKind condition, out ulong version, out Task refused)
    {
        string match = exchange.Http.Request.Headers.IfMatch.ToString();
        string noneMatch = exchange.Http.Request.Headers.IfNoneMatch.ToString();
        (condition, version, refused) = (ConditionKind.None, 0, Task.CompletedTask);
        if (match.Length == 0 && noneMatch.Length == 0)
        {
            return true;
        }

        if (mayBeAbsent && match.Length == 0 && noneMatch == "*")
        {
            condition = ConditionKind.IfAbsent;
            return true;
        }

        if (noneMatch.Length == 0 && match == "*")
        {
            condition = mayBeAbsent ? ConditionKind.IfPresent : ConditionKind.None;
            return true;
        }

        if (noneMatch.Length == 0
            && match.Length > 2 && match[0] == '"' && match[^1] == '"'
            && ulong.TryParse(match.AsSpan(1, match.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out version))
        {
            condition = ConditionKind.IfVersion;
            return true;
        }

        refused = exchange.RefuseAsync(
            ErrorCode.InvalidArgument,
            mayBeAbsent
                ? "A condition is If-Match: \"VERSION\", If-Match: *, or If-None-Match: *."
                : "A condition is If-Match: \"VERSION\".");
        return false;
    }

    private static string SetTag(ApiExchange exchange, ulong version)
    {
        string tag = $"\"{version}\"";
        exchange.Http.Response.Headers.ETag = tag;
        return tag;
    }

    private static Task RefuseMissingAsync(ApiExchange exchange) => ApiDispatcher.RefuseAsync(
        exchange.Http, StatusCodes.Status404NotFound, new(ErrorCode.None, "There is nothing with this key."));
}
