namespace Nexo.Server;

/// <summary>How OTLP is spoken.</summary>
public enum OtlpProtocol
{
    /// <summary>Protobuf over HTTP.</summary>
    Http,

    /// <summary>gRPC.</summary>
    Grpc,
}

/// <summary>Where metrics and traces are pushed to. What is not set is taken from OpenTelemetry's own variables (OTEL_…).</summary>
public sealed record OtlpOptions
{
    /// <summary>The collector; null: that of OTEL_EXPORTER_OTLP_ENDPOINT, and without that nothing is pushed.</summary>
    public string? Endpoint { get; init; }

    public OtlpProtocol Protocol { get; init; } = OtlpProtocol.Http;

    /// <summary>From one push of metrics to the next.</summary>
    public int IntervalMs { get; init; } = 10_000;

    /// <summary>NAME=VALUE, comma-separated; null: none.</summary>
    public string? Headers { get; init; }

    /// <summary>Without the headers: they may hold a key.</summary>
    public override string ToString() => $"OtlpOptions {{ Endpoint = {Endpoint}, Protocol = {Protocol}, IntervalMs = {IntervalMs} }}";
}
