using System.Diagnostics;

namespace Nexo.Client;

/// <summary>The span and the stopwatch of what is done about a message. The span is a child of the one that sent it.</summary>
internal readonly struct ProcessMeasurement
{
    private readonly KeyValuePair<string, object?> _destination;
    private readonly Activity? _span;
    private readonly long _started;
    private readonly bool _counted;

    private ProcessMeasurement(KeyValuePair<string, object?> destination, Activity? span, bool counted)
    {
        _destination = destination;
        _span = span;
        _counted = counted;
        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>A job of a worker.</summary>
    public static ProcessMeasurement OfJob(QueueDelivery delivery)
    {
        KeyValuePair<string, object?> destination = new("messaging.destination.name", delivery.Queue);
        bool counted = ClientTelemetry.JobsRunning.Enabled;
        if (counted)
        {
            ClientTelemetry.JobsRunning.Add(1, destination);
        }

        Activity? span = ClientTelemetry.Source.HasListeners() ? StartSpan(delivery.Queue, delivery.TraceContext) : null;
        if (span is { IsAllDataRequested: true })
        {
            SetDestination(span, delivery.Queue);
            span.SetTag("messaging.message.id", delivery.MessageId);
            span.SetTag("nexo.message.attempt", delivery.Attempt);
        }

        return new ProcessMeasurement(destination, span, counted);
    }

    /// <summary>A message that a subscription's handler gets. Topics can be many: it is counted under the subscription's
    /// filter.</summary>
    public static ProcessMeasurement OfMessage<T>(string filter, in TopicMessage<T> message)
    {
        Activity? span = ClientTelemetry.Source.HasListeners() ? StartSpan(filter, message.TraceContext) : null;
        if (span is { IsAllDataRequested: true })
        {
            SetDestination(span, message.Topic);
            span.SetTag("messaging.destination.template", filter);
        }

        return new ProcessMeasurement(new("messaging.destination.template", filter), span, counted: false);
    }

    /// <summary>A record that a consumer of a group handles.</summary>
    public static ProcessMeasurement OfRecord(StreamDelivery delivery, ActivityContext trace)
    {
        Activity? span = ClientTelemetry.Source.HasListeners() ? StartSpan(delivery.Stream, trace) : null;
        if (span is { IsAllDataRequested: true })
        {
            SetDestination(span, delivery.Stream);
            span.SetTag("messaging.consumer.group.name", delivery.Group);
            span.SetTag("messaging.message.id", delivery.Offset);
            span.SetTag("nexo.message.attempt", delivery.Attempt);
        }

        return new ProcessMeasurement(new("messaging.destination.name", delivery.Stream), span, counted: false);
    }

    /// <param name="outcome">How a job or a record ended; null for what is neither.</param>
    /// <param name="failure">Why it failed, if it did.</param>
    public void Stop(string? outcome, Exception? failure)
    {
        if (_counted)
        {
            ClientTelemetry.JobsRunning.Add(-1, _destination);
        }

        string? errorType = failure is NexoException nexo ? nexo.CodeName : failure?.GetType().FullName;
        if (ClientTelemetry.ProcessDuration.Enabled)
        {
            var tags = new TagList { { "messaging.system", "nexo" }, _destination };
            if (outcome is not null)
            {
                tags.Add("nexo.job.outcome", outcome);
            }

            if (errorType is not null)
            {
                tags.Add("error.type", errorType);
            }

            ClientTelemetry.ProcessDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, tags);
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

    private static Activity? StartSpan(string name, ActivityContext parent) =>
        ClientTelemetry.Source.StartActivity($"process {name}", ActivityKind.Consumer, parent);

    private static void SetDestination(Activity span, string destination)
    {
        span.SetTag("messaging.system", "nexo");
        span.SetTag("messaging.operation.name", "process");
        span.SetTag("messaging.operation.type", "process");
        span.SetTag("messaging.destination.name", destination);
    }
}
