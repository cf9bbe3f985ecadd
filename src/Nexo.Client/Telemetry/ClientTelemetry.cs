using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Nexo.Client;

/// <summary>The names under which the client can be traced and measured. Nothing is spent while nobody
/// listens.</summary>
public static class ClientTelemetry
{
    /// <summary>The name of the <see cref="ActivitySource"/>; one client span per call (a producer span of what sends), and one
    /// consumer span per job of a worker and per message of a handler.</summary>
    public const string ActivitySourceName = "Nexo.Client";

    /// <summary>The name of the <see cref="Meter"/>: <c>db.client.operation.duration</c> (seconds),
    /// <c>nexo.client.in_flight</c> and <c>nexo.client.reconnects</c>; of workers and handlers <c>messaging.process.duration</c>
    /// (seconds), of workers <c>nexo.worker.jobs_running</c>.</summary>
    public const string MeterName = "Nexo.Client";

    private static readonly Meter Meter = new(MeterName);

    internal static ActivitySource Source { get; } = new(ActivitySourceName);

    internal static Histogram<double> Duration { get; } = Meter.CreateHistogram<double>(
        "db.client.operation.duration", "s", "Duration of calls, from the caller's request to its answer.");

    internal static UpDownCounter<long> InFlight { get; } = Meter.CreateUpDownCounter<long>(
        "nexo.client.in_flight", "{call}", "Calls that have not ended.");

    internal static Counter<long> Reconnects { get; } = Meter.CreateCounter<long>(
        "nexo.client.reconnects", "{connection}", "Connections made after the first one.");

    internal static Histogram<double> ProcessDuration { get; } = Meter.CreateHistogram<double>(
        "messaging.process.duration",
        "s",
        "Duration of what is done about a message: of a job until it is settled, of a handler until it ends.");

    internal static UpDownCounter<long> JobsRunning { get; } = Meter.CreateUpDownCounter<long>(
        "nexo.worker.jobs_running", "{job}", "Jobs that have not ended.");

    internal static bool Enabled => Duration.Enabled || InFlight.Enabled || Source.HasListeners();
}
