namespace Nexo.Server.Settings;

// What is told of the server.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> Observability()
    {
        yield return new Setting<int>("log.repeats-max", SettingKinds.Integer(0, 1_000_000),
            o => o.Log.RepeatsMax, (o, v) => o with { Log = o.Log with { RepeatsMax = v } },
            "Lines of one kind that are written in a second; of more only the number is; 0: no limit");
        yield return new Setting<int>("slow.threshold", SettingKinds.Duration(0, Hour),
            o => o.Slow.ThresholdMs, (o, v) => o with { Slow = o.Slow with { ThresholdMs = v } },
            "How long an operation takes that is logged as slow, kept for nexo slow, and traced; 0: none is");
        yield return new Setting<int>("metrics.objects-max", SettingKinds.Integer(0, 100_000),
            o => o.Metrics.ObjectsMax, (o, v) => o with { Metrics = o.Metrics with { ObjectsMax = v } },
            "Queues, streams and groups, each, that have metrics of their own; those of the others are told as one sum");
        yield return new Setting<string?>("otlp.endpoint", SettingKinds.Endpoint,
            o => o.Otlp.Endpoint, (o, v) => o with { Otlp = o.Otlp with { Endpoint = v } },
            "Collector that metrics and spans are pushed to by OTLP; nothing: that of OTEL_EXPORTER_OTLP_ENDPOINT, if there is one");
        yield return new Setting<OtlpProtocol>("otlp.protocol",
            SettingKinds.Choice([("http", OtlpProtocol.Http), ("grpc", OtlpProtocol.Grpc)]),
            o => o.Otlp.Protocol, (o, v) => o with { Otlp = o.Otlp with { Protocol = v } },
            "How otlp.endpoint is spoken to: protobuf over HTTP, or gRPC");
        yield return new Setting<int>("otlp.interval", SettingKinds.Duration(Second, Hour),
            o => o.Otlp.IntervalMs, (o, v) => o with { Otlp = o.Otlp with { IntervalMs = v } },
            "From one push of metrics to the next");
        yield return new Setting<string?>("otlp.headers", SettingKinds.HeaderList,
            o => o.Otlp.Headers, (o, v) => o with { Otlp = o.Otlp with { Headers = v } },
            "What is sent with each push, as NAME=VALUE, comma-separated, such as a key of the collector")
        {
            IsSecret = true,
            Mask = headers => headers is null ? string.Empty : "(hidden)",
        };
    }
}
