using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexo.EndToEnd.Tests.Data;
using Nexo.Server.Http.Api;
using Nexo.Storage;

namespace Nexo.EndToEnd.Tests.Http;

/// <summary>The document at <c>/openapi.json</c> and the server say the same.</summary>
public sealed class HttpSchemaTests
{
    // In an order in which each is answered with what it is for. RECEIPT is that of the last pull.
    private static readonly (string Id, string Method, string Path, string? Body)[] Steps =
    [
        ("setValue", "PUT", "/v1/store/cat", "x"),
        ("listKeys", "GET", "/v1/store?limit=1", null),
        ("getValue", "GET", "/v1/store/cat", null),
        ("getTtl", "GET", "/v1/store/cat/ttl", null),
        ("setValue", "PUT", "/v1/store/cat?ttl=1h", "x"),
        ("getTtl", "GET", "/v1/store/cat/ttl", null),
        ("deleteValue", "DELETE", "/v1/store/cat", null),
        ("deleteValue", "DELETE", "/v1/store/cat", null),

        ("declareQueue", "PUT", "/v1/queues/mail", "{}"),
        ("declareQueue", "PUT", "/v1/queues/mail", "{}"),
        ("updateQueue", "PATCH", "/v1/queues/mail", """{"lease_ms":40000}"""),
        ("describeQueue", "GET", "/v1/queues/mail", null),
        ("describeQueue", "GET", "/v1/queues/nosuch", null),
        ("listQueues", "GET", "/v1/queues", null),
        ("push", "POST", "/v1/queues/mail/messages?group=g&ttl=1h", "x"),
        ("push", "POST", "/v1/queues/mail/messages?delay=1h", "x"),
        ("peek", "GET", "/v1/queues/mail/messages", null),
        ("peek", "GET", "/v1/queues/mail/messages?which=delayed", null),
        ("pull", "POST", "/v1/queues/mail/pull", ""),
        ("extend", "POST", "/v1/queues/mail/extend", """{"receipts":["RECEIPT"]}"""),
        ("nack", "POST", "/v1/queues/mail/nack", """{"receipts":["RECEIPT"],"action":"now","reason":"no"}"""),
        ("pull", "POST", "/v1/queues/mail/pull", ""),
        ("reject", "POST", "/v1/queues/mail/reject", """{"receipts":["RECEIPT"],"reason":"no"}"""),
        ("ack", "POST", "/v1/queues/mail/ack", """{"receipts":["RECEIPT"]}"""),
        ("listDead", "GET", "/v1/queues/mail/dead", null),
        ("redrive", "POST", "/v1/queues/mail/dead/redrive?max=1", ""),
        ("queueStats", "GET", "/v1/queues/mail/stats", null),
        ("pauseQueue", "POST", "/v1/queues/mail/pause", ""),
        ("resumeQueue", "POST", "/v1/queues/mail/resume", ""),
        ("purgeQueue", "DELETE", "/v1/queues/mail/messages?part=all", null),
        ("deleteQueue", "DELETE", "/v1/queues/mail", null),

        ("publish", "POST", "/v1/topics/a/b?retain&ttl=1h", "x"),
        ("getRetained", "GET", "/v1/topics/a/b", null),
        ("getRetained", "GET", "/v1/topics/a/c", null),
        ("listRetained", "GET", "/v1/retained", null),
        ("tailTopics", "GET", "/v1/tail?filter=a/b", null),

        ("createStream", "PUT", "/v1/streams/orders", """{"timestamp_bound_ms":3153600000000}"""),
        ("createStream", "PUT", "/v1/streams/orders", "{}"),
        ("updateStream", "PATCH", "/v1/streams/orders", """{"max_records":10}"""),
        ("describeStream", "GET", "/v1/streams/orders", null),
        ("append", "POST", "/v1/streams/orders/records?key=k&timestamp=1700000000000", "x"),
        ("append", "POST", "/v1/streams/orders/records?key=k&tombstone", ""),
        ("append", "POST", "/v1/streams/orders/records?expect-next=9", "x"),
        ("read", "GET", "/v1/streams/orders/records", null),
        ("listStreams", "GET", "/v1/streams", null),
        ("streamStats", "GET", "/v1/streams/orders/stats", null),
        ("tailStream", "GET", "/v1/streams/orders/tail", null),
        ("deleteStream", "DELETE", "/v1/streams/orders", null),

        ("info", "GET", "/v1/info", null),
        ("stats", "GET", "/v1/stats", null),
        ("listClients", "GET", "/v1/clients", null),
        ("endClient", "DELETE", "/v1/clients/999999", null),
        ("snapshot", "POST", "/v1/snapshot", ""),
    ];

    [Fact]
    public async Task Every_route_answers_as_the_document_says()
    {
        Assert.Equal(
            ApiRoutes.All.Select(route => route.Id).Order(StringComparer.Ordinal),
            Steps.Select(step => step.Id).Distinct().Order(StringComparer.Ordinal));
        var disk = new SimulatedDisk();
        await using TestServer server = await TestServer.StartAsync(options => ApiPeer.On(DurableServer.On(options, disk)));
        using var peer = new ApiPeer(server);
        string receipt = string.Empty;
        foreach ((string id, string method, string path, string? body) in Steps)
        {
            byte[]? bytes = body is null ? null : Encoding.UTF8.GetBytes(body.Replace("RECEIPT", receipt, StringComparison.Ordinal));
            ApiReply reply = await peer.SendAsync(method, path, bytes);
            ApiAnswer? answer = ApiRoutes.All.Single(route => route.Id == id).Answers.FirstOrDefault(one => one.Status == reply.Status);
            Assert.True(answer is not null, $"{method} {path}: {reply.Status} {reply.Text}");
            string? type = answer.Type
                ?? (ReferenceEquals(answer.Schema, ApiProblem.Schema) ? ApiProblem.ContentType : answer.Schema is null ? null : "application/json");
            Assert.Equal(type, reply.Type);
            if (answer.Schema is { } schema && reply.Type != EventStream.ContentType)
            {
                Check(schema, reply.Json, $"{method} {path}");
            }

            receipt = id == "pull" ? (string)reply.Json["messages"]![0]!["receipt"]! : receipt;
        }
    }

    [Fact]
    public async Task The_document_has_every_route_with_its_parameters()
    {
        await using TestServer server = await TestServer.StartAsync(ApiPeer.On);
        using var peer = new ApiPeer(server);
        JsonNode document = (await peer.GetAsync("/openapi.json")).Json;
        Assert.Equal("3.1.0", (string?)document["openapi"]);
        Assert.All(ApiRoutes.All, route =>
        {
            JsonNode operation = document["paths"]![route.Pattern.Replace("...", "", StringComparison.Ordinal)]![route.Method.ToLowerInvariant()]!;
            Assert.Equal(route.Id, (string?)operation["operationId"]);
            Assert.Equal(
                route.PathNames.Concat(route.Query.Select(field => field.Name)),
                operation["parameters"]!.AsArray().Select(parameter => (string)parameter!["name"]!));
            Assert.Equal(
                route.Answers.Select(answer => $"{answer.Status}").Append("default"),
                operation["responses"]!.AsObject().Select(response => response.Key));
        });
        Assert.Equal(ApiRoutes.All.Count, ApiRoutes.All.Select(route => route.Id).Distinct().Count());
    }

    private static void Check(ApiSchema schema, JsonNode? json, string at)
    {
        switch (schema)
        {
            case ApiSchema.Plain plain:
                JsonValueKind kind = json!.GetValueKind();
                Assert.True(
                    plain.Type switch
                    {
                        "string" => kind == JsonValueKind.String,
                        "integer" => kind == JsonValueKind.Number && json.AsValue().TryGetValue(out long _),
                        "number" => kind == JsonValueKind.Number,
                        "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
                        _ => kind is JsonValueKind.Number or JsonValueKind.String,
                    },
                    $"{at} is {kind}");
                break;
            case ApiSchema.Choice choice:
                Assert.True(choice.Choices.Contains((string)json!), $"{at} is {json}");
                break;
            case ApiSchema.List list:
                Assert.All(json!.AsArray(), item => Check(list.Item, item, $"{at}[]"));
                break;
            case ApiSchema.Dictionary dictionary:
                Assert.All(json!.AsObject(), field => Check(dictionary.Value, field.Value, $"{at}.{field.Key}"));
                break;
            case ApiSchema.Object of:
                Check(of, json!.AsObject(), at);
                break;
        }
    }

    private static void Check(ApiSchema.Object of, JsonObject json, string at)
    {
        var left = json.Select(field => field.Key).ToHashSet();
        foreach ((string name, ApiSchema schema) in of.Fields)
        {
            string plain = name.TrimEnd('?', '*');
            string found = name.EndsWith('*') && json.ContainsKey(plain + ApiJson.Base64Suffix) ? plain + ApiJson.Base64Suffix : plain;
            if (left.Remove(found))
            {
                Check(schema, json[found], $"{at}.{found}");
            }
            else
            {
                Assert.True(name[^1] is '?' or '*', $"{at}.{plain} is missing");
            }
        }

        Assert.True(left.Count == 0, $"{at} has {string.Join(", ", left)} too");
    }
}
