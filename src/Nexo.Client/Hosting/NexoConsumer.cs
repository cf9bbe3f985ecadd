using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>Has the records of a group handled for as long as the host runs.</summary>
internal sealed class NexoConsumer<T, THandler>(
    NexoClient client, IServiceScopeFactory scopes, ILogger logger, string stream, string group, NexoConsumerOptions options)
    : HostedConsumer(client, logger, $"group '{group}' of stream '{stream}'")
    where THandler : class, INexoRecordHandler<T>
{
    private const int ReasonCharsMax = 1_024;

    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromMinutes(1);

    private readonly CommitLine _commits = new(logger);
    private readonly SemaphoreSlim _slots = new(options.Concurrency, options.Concurrency);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _slots.Dispose();
    }

    protected override async Task ConsumeAsync()
    {
        using CancellationTokenRegistration grace = Stopping.UnsafeRegister(
            static state => ((NexoConsumer<T, THandler>)state!).OnStopping(), this);
        StreamMember<T> member = await JoinAsync().ConfigureAwait(false);
        await using (member.ConfigureAwait(false))
        {
            try
            {
                await foreach (StreamDelivery<T> delivery in member.ReadAllAsync(Stopping).ConfigureAwait(false))
                {
                    await TakeAsync(delivery).ConfigureAwait(false);
                }
            }
            finally
            {
                await DrainAsync().ConfigureAwait(false);
            }
        }
    }

    private void OnStopping() => CancelAfter(options.Grace);

    private async Task<StreamMember<T>> JoinAsync()
    {
        NexoStream<T> records = Client.Stream<T>(stream);
        if (options.CreateStream is { } definition)
        {
            await records.CreateAsync(definition, Stopping).ConfigureAwait(false);
        }

        StreamGroup<T> consumers = records.Group(group);
        if (options.CreateGroup is { } mode)
        {
            await consumers.CreateAsync(mode, options.From, options.Group, Stopping).ConfigureAwait(false);
        }

        return await consumers.JoinAsync(options.Join, Stopping).ConfigureAwait(false);
    }

    private async Task TakeAsync(StreamDelivery<T> delivery)
    {
        await _slots.WaitAsync(Stopping).ConfigureAwait(false);
        Task handling = Task.Run(
            async () =>
            {
                try
                {
                    await (delivery.IsOrdered ? HandleInOrderAsync(delivery) : HandleSharedAsync(delivery)).ConfigureAwait(false);
                }
                finally
                {
                    _slots.Release();
                }
            },
            CancellationToken.None);
        if (delivery.IsOrdered)
        {
            await handling.WaitAsync(Cancelling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until it is done, or is not this member's any more.</summary>
    private async Task HandleInOrderAsync(StreamDelivery<T> delivery)
    {
        TimeSpan delay = options.RetryDelay;
        while (!Cancelling.IsCancellationRequested && !delivery.Opening.IsLost && delivery.Epoch >= delivery.Opening.Epoch)
        {
            Exception? failure = await HandleAsync(delivery).ConfigureAwait(false);
            if (failure is null || IsRejection(failure))
            {
                Log(delivery, failure);
                _commits.Done(delivery);
                return;
            }

            Log(delivery, failure);
            if (delivery.Lost.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(delay, Time, Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Stopping.IsCancellationRequested)
            {
                return;
            }

            delay = TimeSpan.FromTicks(Math.Min(2 * delay.Ticks, RetryDelayMax.Ticks));
        }
    }

    private async Task HandleSharedAsync(StreamDelivery<T> delivery)
    {
        Exception? failure = await HandleAsync(delivery).ConfigureAwait(false);
        Log(delivery, failure);
        if (delivery.Lost.IsCancellationRequested)
        {
            // Nothing that is said about it would be taken.
            return;
        }

        try
        {
            await (failure switch
            {
                null => delivery.AckAsync().AsTask(),
                OperationCanceledException when Cancelling.IsCancellationRequested => delivery.ReleaseAsync().AsTask(),
                _ when IsRejection(failure) => delivery.DeadLetterAsync(ReasonOf(failure)).AsTask(),
                _ => delivery.NackAsync(null, ReasonOf(failure)).AsTask(),
            }).ConfigureAwait(false);
        }
        catch (NexoException error)
        {
            Logger.LogWarning(
                error, "Record {Offset} of stream {Stream} could not be settled: it comes again", delivery.Offset, stream);
        }
    }

    /// <summary>Returns why it failed, if it did.</summary>
    private async Task<Exception?> HandleAsync(StreamDelivery<T> delivery)
    {
        var measurement = ProcessMeasurement.OfRecord(delivery, delivery.Record.TraceContext);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelling, delivery.Lost);
        Exception? failure = null;
        try
        {
            // One that cannot be read fails here.
            _ = delivery.Value;
            AsyncServiceScope scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
                await handler.HandleAsync(delivery.Record, cancel.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure = error;
        }

        JobOutcome outcome = delivery.Lost.IsCancellationRequested ? JobOutcome.Lost
            : failure is null ? JobOutcome.Done
            : JobOutcome.Failed;
        measurement.Stop(Enum.GetName(outcome), failure);
        return failure;
    }

    private static bool IsRejection(Exception failure) =>
        failure is NexoRejectException or NexoException { Code: ClientErrorCode.ValueUnreadable };

    private static string ReasonOf(Exception failure)
    {
        string reason = failure is NexoRejectException ? failure.Message : $"{failure.GetType().FullName}: {failure.Message}";
        return reason.Length <= ReasonCharsMax ? reason : reason[..ReasonCharsMax];
    }

    private void Log(StreamDelivery<T> delivery, Exception? failure)
    {
        if (delivery.Lost.IsCancellationRequested)
        {
            Logger.LogWarning(
                failure, "Record {Offset} of stream {Stream} is another member's of group {Group} by now: it comes again",
                delivery.Offset, stream, group);
        }
        else if (failure is not null && !Cancelling.IsCancellationRequested)
        {
            Logger.Log(
                IsRejection(failure) ? LogLevel.Error : LogLevel.Warning, failure,
                "Record {Offset} of stream {Stream} could not be handled for group {Group}", delivery.Offset, stream, group);
        }
    }

    /// <summary>Lets what runs end within the grace, and commits what was done.</summary>
    private async Task DrainAsync()
    {
        int taken = 0;
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(Cancelling);
        try
        {
            for (; taken < options.Concurrency; taken++)
            {
                await _slots.WaitAsync(rest.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // What was cancelled has a moment left to give back what it had.
            await Task.Delay(CancelGrace, Time).ConfigureAwait(false);
        }

        if (taken > 0)
        {
            _slots.Release(taken);
        }

        await _commits.FlushAsync().ConfigureAwait(false);
    }
}
