using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nexo.Server.Connections;
using Nexo.Server.Native;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nexo.Server.Observability;

/// <summary>
/// Pushes the metrics, and the spans of slow operations, by OTLP. It is there only where it is asked for: without it nothing of
/// OpenTelemetry is loaded.
/// </summary>
internal sealed class OtlpExport(
    NexoServerOptions options, NexoMetrics metrics, ClientConnections clients, ILogger<OtlpExport> log) : IHostedService, IDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string DisabledVariable = "OTEL_SDK_DISABLED";
    private const int TimeoutMsMax = 10_000;
    private const int StopMsMax = 2_000;

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    /// <summary>Whether the settings, or OpenTelemetry's own variables, ask for it.</summary>
    public static bool IsWanted(NexoServerOptions options) =>
        (options.Otlp.Endpoint is not null || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable)))
        && !string.Equals(Environment.GetEnvironmentVariable(DisabledVariable), "true", StringComparison.OrdinalIgnoreCase);

    [SuppressMessage("Reliability", "CA2000", Justification = "The providers dispose of what they are given.")]
    public Task StartAsync(CancellationToken cancellationToken)
    {
        ResourceBuilder resource = ResourceBuilder.CreateEmpty()
            .AddService("nexo", serviceVersion: ServerFacts.Version, serviceInstanceId: clients.ServerId.ToString())
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        OtlpExporterOptions toMetrics = OptionsOf("v1/metrics");
        OtlpExporterOptions toTraces = OptionsOf("v1/traces");
        int interval = options.Otlp.IntervalMs;
        var reader = new OtlpReader(
            new OtlpMetricExporter(toMetrics), interval, Math.Min(interval, TimeoutMsMax), metrics, toMetrics.Endpoint, log);
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(MetricNames.Meter)
            .AddReader(reader)
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(ServerTelemetry.SourceName)
            .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(toTraces)))
            .Build();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The last figures leave, if the collector takes them at once: the stop is not for it to hold up.
        Task metricsEnd = Task.Run(() => _metrics?.Shutdown(StopMsMax), CancellationToken.None);
        Task tracesEnd = Task.Run(() => _traces?.Shutdown(StopMsMax), CancellationToken.None);
        await Task.WhenAll(metricsEnd, tracesEnd).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private OtlpExporterOptions OptionsOf(string path)
    {
        // It has read the variables.
        var exporter = new OtlpExporterOptions();
        OtlpOptions otlp = options.Otlp;
        if (otlp.Headers is not null)
        {
            exporter.Headers = otlp.Headers;
        }

        if (otlp.Endpoint is null)
        {
            return exporter;
        }

        bool isHttp = otlp.Protocol == OtlpProtocol.Http;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = new Uri(isHttp ? $"{otlp.Endpoint.TrimEnd('/')}/{path}" : otlp.Endpoint);
        return exporter;
    }
}
