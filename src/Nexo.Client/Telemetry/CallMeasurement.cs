using System.Diagnostics;

namespace Nexo.Client;

/// <summary>A call's span and stopwatch; the default measures nothing.</summary>
internal readonly struct CallMeasurement
{
    private readonly long _started;
    private readonly bool _counted;
    private readonly NexoUrl? _server;

    private CallMeasurement(long started, bool counted, NexoUrl server, Activity? activity)
    {
        _started = started;
        _counted = counted;
        _server = server;
        Activity = activity;
    }

    /// <summary>The span, if one is recorded.</summary>
    public Activity? Activity { get; }

    public static CallMeasurement Start(Operation operation, NexoUrl server)
    {
        bool counted = ClientTelemetry.InFlight.Enabled;
        if (counted)
        {
            ClientTelemetry.InFlight.Add(1);
        }

        return new CallMeasurement(Stopwatch.GetTimestamp(), counted, server, StartSpan(operation, server));
    }

    /// <summary>The span of a publish.</summary>
    public static Activity? StartPublish(string topic)
    {
        Activity? span = ClientTelemetry.Source.StartActivity($"publish {topic}", ActivityKind.Producer);
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("messaging.system", "nexo");
            span.SetTag("messaging.operation.name", "publish");
            span.SetTag("messaging.operation.type", "send");
            span.SetTag("messaging.destination.name", topic);
        }

        return span;
    }

    public void Stop(Operation operation, Exception? error)
    {
        if (_server is null)
        {
            return;
        }

        string? errorType = error is null ? null : ErrorType(error);
        if (_counted)
        {
            ClientTelemetry.InFlight.Add(-1);
        }

        if (ClientTelemetry.Duration.Enabled)
        {
            var tags = new TagList
            {
                { "db.system.name", "nexo" },
                { "db.operation.name", Enum.GetName(operation.Opcode) },
                { "server.address", _server.Host ?? _server.SocketPath },
            };
            if (errorType is not null)
            {
                tags.Add("error.type", errorType);
            }

            ClientTelemetry.Duration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, tags);
        }

        StopSpan(errorType, error);
    }

    private static Activity? StartSpan(Operation operation, NexoUrl server)
    {
        Activity? caller = Activity.Current;
        string name = Enum.GetName(operation.Opcode) ?? string.Empty;
        Activity? span = operation.Destination is { } destination
            ? StartPublish(destination)
            : ClientTelemetry.Source.StartActivity(name, ActivityKind.Client);

        // The span belongs to the call, not to what the caller does next.
        Activity.Current = caller;
        if (span is { IsAllDataRequested: true })
        {
            if (operation.Destination is null)
            {
                span.SetTag("db.system.name", "nexo");
                span.SetTag("db.operation.name", name);
            }

            span.SetTag("server.address", server.Host ?? server.SocketPath);
            if (server.Host is not null)
            {
                span.SetTag("server.port", server.Port);
            }
        }

        return span;
    }

    private static string ErrorType(Exception error) =>
        error is NexoException nexo ? nexo.CodeName : error.GetType().FullName!;

    private void StopSpan(string? errorType, Exception? error)
    {
        if (Activity is null)
        {
            return;
        }

        if (errorType is not null)
        {
            Activity.SetTag("error.type", errorType);
            Activity.SetStatus(ActivityStatusCode.Error, error!.Message);
        }

        // Stopping makes the span's parent current, on a thread that has nothing to do with it.
        Activity? current = Activity.Current;
        Activity.Stop();
        Activity.Current = current;
    }
}
