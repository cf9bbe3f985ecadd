namespace Nexo.EndToEnd.Tests.Http;

/// <summary>A request of the HTTP API, and the rules that it needs, all of them; none: whoever has logged in may.</summary>
internal sealed record HttpNeed(string Id, string Method, string Path, string? Body, params string[] Rules)
{
    public override string ToString() => $"{Id} {Path}";
}

/// <summary>What each route needs, written down a second time.</summary>
internal static class HttpNeeds
{
    private const string Receipts = """{"receipts":["1-0000000000000001"]}""";

    public static IReadOnlyList<HttpNeed> All { get; } =
    [
        new("listKeys", "GET", "/v1/store?prefix=user:", null, "store read user:*"),
        new("listKeys", "GET", "/v1/store", null, "store read *"),
        new("getValue", "GET", "/v1/store/cat", null, "store read cat"),
        new("getValue", "GET", "/v1/store/a%2Fb", null, "store read a/b"),
        new("getValue", "GET", "/v1/store/Y2F0?key-encoding=base64url", null, "store read cat"),
        new("getValue", "HEAD", "/v1/store/cat", null, "store read cat"),
        new("setValue", "PUT", "/v1/store/cat", "x", "store write cat"),
        new("deleteValue", "DELETE", "/v1/store/cat", null, "store write cat"),
        new("getTtl", "GET", "/v1/store/cat/ttl", null, "store read cat"),

        new("listQueues", "GET", "/v1/queues?prefix=mail", null, "queue read mail*"),
        new("listQueues", "GET", "/v1/queues", null, "queue read *"),
        new("declareQueue", "PUT", "/v1/queues/mail", "{}", "queue manage mail"),
        new("declareQueue", "PUT", "/v1/queues/mail", """{"dead_letter_queue":"failed"}""", "queue manage mail", "queue write failed"),
        new("describeQueue", "GET", "/v1/queues/mail", null, "queue read mail"),
        new("updateQueue", "PATCH", "/v1/queues/mail", "{}", "queue manage mail"),
        new("deleteQueue", "DELETE", "/v1/queues/mail", null, "queue manage mail"),
        new("queueStats", "GET", "/v1/queues/mail/stats", null, "queue read mail"),
        new("pauseQueue", "POST", "/v1/queues/mail/pause", "", "queue manage mail"),
        new("resumeQueue", "POST", "/v1/queues/mail/resume", "", "queue manage mail"),
        new("purgeQueue", "DELETE", "/v1/queues/mail/messages", null, "queue manage mail"),
        new("push", "POST", "/v1/queues/mail/messages", "x", "queue write mail"),
        new("peek", "GET", "/v1/queues/mail/messages", null, "queue read mail"),
        new("listDead", "GET", "/v1/queues/mail/dead", null, "queue read mail"),
        new("redrive", "POST", "/v1/queues/mail/dead/redrive", "", "queue manage mail"),
        new("pull", "POST", "/v1/queues/mail/pull", "", "queue consume mail"),
        new("ack", "POST", "/v1/queues/mail/ack", Receipts, "queue consume mail"),
        new("nack", "POST", "/v1/queues/mail/nack", Receipts, "queue consume mail"),
        new("reject", "POST", "/v1/queues/mail/reject", Receipts, "queue consume mail"),
        new("extend", "POST", "/v1/queues/mail/extend", Receipts, "queue consume mail"),

        new("publish", "POST", "/v1/topics/news/today", "x", "topics write news/today"),
        new("publish", "POST", "/v1/topics/news%2Ftoday?retain", "", "topics write news/today"),
        new("getRetained", "GET", "/v1/topics/news/today", null, "topics read news/today"),
        new("listRetained", "GET", "/v1/retained?filter=news/%23", null, "topics read news/#"),
        new("listRetained", "GET", "/v1/retained", null, "topics read #"),

        new("listStreams", "GET", "/v1/streams?prefix=ord", null, "streams read ord*"),
        new("listStreams", "GET", "/v1/streams", null, "streams read *"),
        new("createStream", "PUT", "/v1/streams/orders", "{}", "streams manage orders"),
        new("describeStream", "GET", "/v1/streams/orders", null, "streams read orders"),
        new("updateStream", "PATCH", "/v1/streams/orders", "{}", "streams manage orders"),
        new("deleteStream", "DELETE", "/v1/streams/orders", null, "streams manage orders"),
        new("streamStats", "GET", "/v1/streams/orders/stats", null, "streams read orders"),
        new("append", "POST", "/v1/streams/orders/records", "x", "streams write orders"),
        new("read", "GET", "/v1/streams/orders/records", null, "streams read orders"),

        new("tailTopics", "GET", "/v1/tail?filter=news/%23", null, "topics read news/#"),
        new("tailTopics", "GET", "/v1/tail?filter=a&filter=b/%2B", null, "topics read a", "topics read b/+"),
        new("tailStream", "GET", "/v1/streams/orders/tail", null, "streams read orders"),

        new("info", "GET", "/v1/info", null),
        new("stats", "GET", "/v1/stats", null, "admin read"),
        new("listClients", "GET", "/v1/clients", null, "admin read"),
        new("endClient", "DELETE", "/v1/clients/999999", null, "admin manage"),
        new("snapshot", "POST", "/v1/snapshot", "", "admin manage"),
    ];
}
