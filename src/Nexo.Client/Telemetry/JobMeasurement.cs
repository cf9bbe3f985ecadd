using System.Diagnostics;

namespace Nexo.Client;

/// <summary>A job's span and stopwatch. The span is a child of the one that pushed the message.</summary>
internal readonly struct JobMeasurement
{
    private readonly QueueDelivery _delivery;
    private readonly Activity? _span;
    private readonly long _started;
    private readonly bool _counted;

    private JobMeasurement(QueueDelivery delivery, Activity? span, bool counted)
    {
        _delivery = delivery;
        _span = span;
        _counted = counted;
        _started = Stopwatch.GetTimestamp();
    }

    public static JobMeasurement Start(QueueDelivery delivery)
    {
        bool counted = ClientTelemetry.JobsRunning.Enabled;
        if (counted)
        {
            ClientTelemetry.JobsRunning.Add(1, Destination(delivery));
        }

        Activity? span = ClientTelemetry.Source.HasListeners()
            ? ClientTelemetry.Source.StartActivity(
                $"process {delivery.Queue}", ActivityKind.Consumer, delivery.TraceContext)
            : null;
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("messaging.system", "nexo");
            span.SetTag("messaging.operation.type", "process");
            span.SetTag("messaging.destination.name", delivery.Queue);
            span.SetTag("messaging.message.id", delivery.MessageId);
            span.SetTag("nexo.message.attempt", delivery.Attempt);
        }

        return new JobMeasurement(delivery, span, counted);
    }

    public void Stop(JobOutcome outcome, Exception? failure)
    {
        if (_counted)
        {
            ClientTelemetry.JobsRunning.Add(-1, Destination(_delivery));
        }

        string? errorType = failure is NexoException nexo ? nexo.CodeName : failure?.GetType().FullName;
        if (ClientTelemetry.JobDuration.Enabled)
        {
            var tags = new TagList
            {
                { "messaging.system", "nexo" },
                Destination(_delivery),
                { "nexo.job.outcome", Enum.GetName(outcome) },
            };
            if (errorType is not null)
            {
                tags.Add("error.type", errorType);
            }

            ClientTelemetry.JobDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, tags);
        }

        if (_span is not null)
        {
            if (errorType is not null)
            {
                _span.SetTag("error.type", errorType);
                _span.SetStatus(ActivityStatusCode.Error, failure!.Message);
            }

            _span.Dispose();
        }
    }

    private static KeyValuePair<string, object?> Destination(QueueDelivery delivery) =>
        new("messaging.destination.name", delivery.Queue);
}
