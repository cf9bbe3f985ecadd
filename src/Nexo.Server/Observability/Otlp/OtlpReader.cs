using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Nexo.Server.Observability;

/// <summary>Collects and pushes, on a thread of its own, and tells when that does not work, and when it does again.</summary>
internal sealed partial class OtlpReader(
    BaseExporter<Metric> exporter, int intervalMs, int timeoutMs, NexoMetrics metrics, Uri endpoint, ILogger log)
    : PeriodicExportingMetricReader(exporter, intervalMs, timeoutMs)
{
    private readonly ILogger _log = log;
    private bool _hasFailed;

    protected override bool OnCollect(int timeoutMilliseconds)
    {
        metrics.ReplayHistograms();
        bool isDone = base.OnCollect(timeoutMilliseconds);
        if (isDone == _hasFailed)
        {
            _hasFailed = !isDone;
            if (isDone)
            {
                LogWorks(endpoint);
            }
            else
            {
                LogFails(endpoint);
            }
        }

        return isDone;
    }

    [LoggerMessage(1, LogLevel.Warning, "metrics could not be pushed to {Endpoint}; they are tried again, and this is said once")]
    private partial void LogFails(Uri endpoint);

    [LoggerMessage(2, LogLevel.Information, "metrics are pushed to {Endpoint} again")]
    private partial void LogWorks(Uri endpoint);
}
