using System.Diagnostics;
using Nexo.Protocol;

namespace Nexo.Server.Observability;

/// <summary>
/// Spans of the server: one for each slow operation, as a child of the one that its client told of, if it did. Nothing is spent while
/// nobody listens.
/// </summary>
internal static class ServerTelemetry
{
    public const string SourceName = "Nexo.Server";

    private static readonly ActivitySource Source = new(SourceName);

    public static void Trace(SlowOperation slow, string traceParent, DateTimeOffset endedAt, TimeSpan took)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        ActivityContext.TryParse(traceParent, null, isRemote: true, out ActivityContext parent);
        using Activity? span = Source.StartActivity(
            slow.Operation, ActivityKind.Server, parent, tags: null, links: null, startTime: endedAt - took);
        if (span is null)
        {
            return;
        }

        span.SetTag(MetricNames.MessagingSystem, "nexo");
        span.SetTag(MetricNames.Operation, slow.Operation);
        if (slow.Subject.Length > 0)
        {
            span.SetTag(MetricNames.Destination, slow.Subject);
        }

        span.SetTag("network.protocol.name", slow.Protocol.ToString().ToLowerInvariant());
        span.SetTag("client.address", slow.Remote);
        span.SetTag("user.name", slow.User);
        span.SetTag("nexo.connection.id", slow.Connection);
        span.SetTag(MetricNames.Namespace, slow.Broker.Name);
        span.SetTag("nexo.waited_for", slow.Cause == SlowCause.Disk ? "disk" : "none");
        span.SetEndTime(endedAt.UtcDateTime);
    }
}
