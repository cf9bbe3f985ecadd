using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Nexo.Protocol;
using Nexo.Server.Http.Links;
using Nexo.Server.Native;
using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>The server itself: who asks, figures, clients, snapshots.</summary>
internal static class AdminRoutes
{
    private const string Tag = "admin";

    private static readonly IReadOnlyList<string> Protocols = ["none", "native", "redis", "mqtt", "http"];

    private static readonly ApiNeed Read = new(AccessBroker.Admin, AccessOperation.Read);
    private static readonly ApiNeed Manage = new(AccessBroker.Admin, AccessOperation.Manage);

    private static readonly ApiSchema Client = ApiSchema.Of(
        ("id", ApiSchema.Number), ("protocol", new ApiSchema.Choice(Protocols)), ("address", ApiSchema.Text), ("user", ApiSchema.Text),
        ("client", ApiSchema.Text), ("namespace", ApiSchema.Text), ("tls", ApiSchema.Flag), ("own", ApiSchema.Flag),
        ("connected_at_ms", ApiSchema.Number), ("idle_ms", ApiSchema.Number), ("requests", ApiSchema.Number),
        ("received_bytes", ApiSchema.Number), ("sent_bytes", ApiSchema.Number), ("pending_bytes", ApiSchema.Number));

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/v1/info", "info", "What this server is, and who asks", InfoAsync)
        {
            Tag = Tag,
            Answers = [new(200, "The version, who asks (empty: nobody is asked) and the namespace.", ApiSchema.Of(
                ("version", ApiSchema.Text), ("user", ApiSchema.Text), ("namespace", ApiSchema.Text)))],
        },
        new("GET", "/v1/stats", "stats", "The figures of the server", StatsAsync)
        {
            Tag = Tag, Needs = [Read],
            Answers = [new(200, "Those of nexo info, an object for each room.", ApiSchema.Map(ApiSchema.Map(ApiSchema.Any)))],
        },
        new("GET", "/v1/clients", "listClients", "Who is connected, over all protocols", ListClientsAsync)
        {
            Tag = Tag, Needs = [Read],
            Query =
            [
                new("address", ApiKind.Bytes, "Only those whose address begins so"), CommonFields.Cursor, CommonFields.Limit,
            ],
            Answers = [new(200, "A page of them, oldest first.", ApiSchema.Page("clients", Client))],
        },
        new("DELETE", "/v1/clients/{id}", "endClient", "End a connection", EndClientAsync)
        {
            Tag = Tag, Needs = [Manage], Answers = [new(204, "It is being ended."), CommonFields.NotFound],
        },
        new("POST", "/v1/snapshot", "snapshot", "Write a snapshot; the answer comes when it is on disk", SnapshotAsync)
        {
            Tag = Tag, Needs = [Manage],
            Answers =
            [
                new(200, "Up to where the log is not needed any more.", ApiSchema.Of(
                    ("position", ApiSchema.Number), ("bytes", ApiSchema.Number))),
            ],
        },
    ];

    private static Task InfoAsync(ApiExchange exchange) => exchange.JsonAsync(ApiExchange.Render(json =>
    {
        json.WriteString("version", ServerFacts.Version);
        json.WriteString("user", exchange.Link.Connection.User);
        json.WriteString("namespace", exchange.Link.Connection.Broker.Name);
    }));

    private static async Task StatsAsync(ApiExchange exchange)
    {
        // INFO refuses nobody: who may not read figures is told little.
        NativeConnection connection = exchange.Link.Connection;
        if (!connection.Access.AllowsAdmin(AccessOperation.Read))
        {
            connection.All.Audit.Operation(connection.User, connection.RemoteEndPoint, nameof(Opcode.Info), default, isAllowed: false);
            await exchange.RefuseAsync(ErrorCode.PermissionDenied, AccessRefusal.MessageOf(
                connection.User, AccessBroker.Admin, AccessOperation.Read, default, AccessReach.Name));
            return;
        }

        exchange.Begin(Opcode.Info);
        await exchange.AnswerAsync(WriteFacts);
    }

    private static void WriteFacts(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        InfoReply.TryRead(body, out IReadOnlyList<KeyValuePair<string, string>> facts);
        foreach (IGrouping<string, KeyValuePair<string, string>> room in facts.GroupBy(fact => fact.Key.Split('.')[0]))
        {
            json.WriteStartObject(room.Key);
            foreach ((string name, string value) in room)
            {
                string plain = name[Math.Min(name.Length, room.Key.Length + 1)..];
                if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
                {
                    json.WriteNumber(plain, number);
                }
                else
                {
                    json.WriteString(plain, value);
                }
            }

            json.WriteEndObject();
        }
    }

    private static async Task ListClientsAsync(ApiExchange exchange)
    {
        new ScanRequest
        {
            Limit = CommonFields.LimitOf(exchange.Values),
            Cursor = exchange.Values.Bytes("cursor"),
            Prefix = exchange.Values.Bytes("address"),
        }.Write(exchange.Begin(Opcode.AdminConnections));
        await exchange.AnswerAsync(static (json, body) =>
        {
            ConnectionListReply.TryRead(body, out ConnectionListReply page);
            json.WriteStartArray("clients");
            while (page.TryTake(out ConnectionListItem client))
            {
                Write(json, client);
            }

            json.WriteEndArray();
            json.WriteCursor(page.Cursor);
        });
    }

    private static void Write(Utf8JsonWriter json, in ConnectionListItem client)
    {
        json.WriteStartObject();
        json.WriteNumber("id", client.Id);
        json.WriteString("protocol", CommonFields.WordOf(Protocols, (ulong)client.Protocol));
        json.WriteString("address", client.Remote);
        json.WriteString("user", client.User);
        json.WriteString("client", client.Client);
        json.WriteString("namespace", client.Namespace);
        json.WriteBoolean("tls", (client.Flags & ConnectionFlags.Tls) != 0);
        json.WriteBoolean("own", (client.Flags & ConnectionFlags.Own) != 0);
        json.WriteNumber("connected_at_ms", client.ConnectedAtMs);
        json.WriteNumber("idle_ms", client.IdleMs);
        json.WriteNumber("requests", client.Requests);
        json.WriteNumber("received_bytes", client.ReceivedBytes);
        json.WriteNumber("sent_bytes", client.SentBytes);
        json.WriteNumber("pending_bytes", client.PendingBytes);
        json.WriteEndObject();
    }

    private static async Task EndClientAsync(ApiExchange exchange)
    {
        if (!ulong.TryParse(exchange.Values.Text("id"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong id))
        {
            await exchange.RefuseAsync(ErrorCode.InvalidArgument, "The id of a client is a number: see /v1/clients.");
            return;
        }

        new DisconnectRequest(id).Write(exchange.Begin(Opcode.AdminDisconnect));
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        CountReply.TryRead(reply.Body, out CountReply count);
        await (count.Count > 0
            ? exchange.EmptyAsync(StatusCodes.Status204NoContent)
            : ApiDispatcher.RefuseAsync(
                exchange.Http, StatusCodes.Status404NotFound, new(ErrorCode.None, "There is no other connection with this id.")));
    }

    private static async Task SnapshotAsync(ApiExchange exchange)
    {
        exchange.Begin(Opcode.AdminSnapshot);
        using LinkFrame? reply = await exchange.AskAsync();
        if (reply is null)
        {
            return;
        }

        SnapshotReply.TryRead(reply.Body, out SnapshotReply snapshot);
        await exchange.JsonAsync(ApiExchange.Render(json =>
        {
            json.WriteNumber("position", snapshot.Position);
            json.WriteNumber("bytes", snapshot.Bytes);
        }));
    }
}
