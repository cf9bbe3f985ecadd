using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>One job: its scope, its handler, its token, and how it is settled. Never throws.</summary>
internal sealed class JobRun<TJob, THandler> : IDisposable
    where THandler : class, INexoJobHandler<TJob>
{
    private const int ReasonBytesMax = 4_096;

    private readonly QueueDelivery<TJob> _delivery;
    private readonly IServiceScopeFactory _scopes;
    private readonly NexoWorkerOptions _options;
    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _cancel;
    private bool _isRead;

    public JobRun(
        QueueDelivery<TJob> delivery,
        IServiceScopeFactory scopes,
        NexoWorkerOptions options,
        TimeProvider time,
        CancellationToken stop)
    {
        _delivery = delivery;
        _scopes = scopes;
        _options = options;
        _stop = stop;
        _timeout = new CancellationTokenSource(options.JobTimeout ?? Timeout.InfiniteTimeSpan, time);
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, stop);
        delivery.OnLost = OnLost;
    }

    public async Task RunAsync(ILogger logger)
    {
        var measurement = ProcessMeasurement.OfJob(_delivery);
        JobOutcome outcome = JobOutcome.Done;
        Exception? failure = null;
        try
        {
            if (_delivery.State != DeliveryState.Lost)
            {
                await HandleAsync().ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure = error;
            outcome = OutcomeOf(error);
        }

        outcome = _delivery.State == DeliveryState.Lost ? JobOutcome.Lost : outcome;
        try
        {
            await SettleAsync(outcome, failure).ConfigureAwait(false);
        }
        catch (NexoException error)
        {
            // It must not be kept alive: it comes again when its lease ends.
            _delivery.Source.Forget(_delivery);
            outcome = JobOutcome.Lost;
            failure ??= error;
        }

        Log(logger, outcome, failure);
        measurement.Stop(Enum.GetName(outcome), failure);
    }

    public void Dispose()
    {
        _delivery.OnLost = null;
        _cancel.Dispose();
        _timeout.Dispose();
    }

    private static string Cut(string reason)
    {
        if (Encoding.UTF8.GetByteCount(reason) <= ReasonBytesMax)
        {
            return reason;
        }

        // The end of the last whole character that fits.
        Span<byte> bytes = stackalloc byte[ReasonBytesMax];
        Encoding.UTF8.GetEncoder().Convert(reason, bytes, flush: false, out int chars, out _, out _);
        return reason[..chars];
    }

    private async Task HandleAsync()
    {
        TJob job = _delivery.Body;
        _isRead = true;
        AsyncServiceScope scope = _scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
            await handler.HandleAsync(job, new NexoJobContext(_delivery), _cancel.Token).ConfigureAwait(false);
        }
    }

    private JobOutcome OutcomeOf(Exception error) => error switch
    {
        NexoRejectException => JobOutcome.Rejected,

        // The job itself; what its handler could not read elsewhere may be readable next time.
        NexoException { Code: ClientErrorCode.ValueUnreadable } when !_isRead => JobOutcome.Rejected,
        OperationCanceledException when _stop.IsCancellationRequested => JobOutcome.Released,
        _ => JobOutcome.Failed,
    };

    private ValueTask SettleAsync(JobOutcome outcome, Exception? failure) => outcome switch
    {
        JobOutcome.Done => _delivery.AckAsync(CancellationToken.None),
        JobOutcome.Rejected => _delivery.DeadLetterAsync(Cut(failure!.Message), CancellationToken.None),
        JobOutcome.Released => _delivery.ReleaseAsync(CancellationToken.None),
        JobOutcome.Failed => _delivery.NackAsync(null, Cut(ReasonOf(failure!)), CancellationToken.None),
        _ => ValueTask.CompletedTask,
    };

    private string ReasonOf(Exception failure) => failure is OperationCanceledException && _timeout.IsCancellationRequested
        ? $"The job took longer than {_options.JobTimeout}."
        : $"{failure.GetType().FullName}: {failure.Message}";

    private void Log(ILogger logger, JobOutcome outcome, Exception? failure)
    {
        switch (outcome)
        {
            case JobOutcome.Failed:
                logger.LogWarning(
                    failure, "Message {MessageId} of queue {Queue} failed at attempt {Attempt}",
                    _delivery.MessageId, _delivery.Queue, _delivery.Attempt);
                break;
            case JobOutcome.Rejected:
                logger.LogError(
                    failure, "Message {MessageId} of queue {Queue} is a dead letter: no attempt can succeed",
                    _delivery.MessageId, _delivery.Queue);
                break;
            case JobOutcome.Lost:
                logger.LogWarning(
                    failure, "Message {MessageId} of queue {Queue} could not be settled: it comes again",
                    _delivery.MessageId, _delivery.Queue);
                break;
            default:
                break;
        }
    }

    /// <summary>Called by a thread that must not run foreign code.</summary>
    private void OnLost(QueueDelivery delivery)
    {
        try
        {
            _ = _cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended at the same moment.
        }
    }
}

/// <summary>How a job ended.</summary>
internal enum JobOutcome
{
    Done,
    Failed,
    Rejected,
    Released,
    Lost,
}
