using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>Takes the jobs of one queue, a bounded number at once, for as long as the host runs.</summary>
internal sealed class NexoWorker<TJob, THandler> : HostedConsumer
    where THandler : class, INexoJobHandler<TJob>
{
    private readonly IServiceScopeFactory _scopes;
    private readonly NexoWorkerOptions _options;
    private readonly NexoQueue<TJob> _queue;
    private readonly SemaphoreSlim _slots;

    public NexoWorker(
        NexoClient client, IServiceScopeFactory scopes, ILogger logger, string queue, NexoWorkerOptions options)
        : base(client, logger, $"queue '{queue}'")
    {
        _scopes = scopes;
        _options = options;
        _queue = client.Queue<TJob>(queue);
        _slots = new SemaphoreSlim(options.Concurrency, options.Concurrency);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _slots.Dispose();
    }

    protected override async Task ConsumeAsync()
    {
        if (_options.Declare is { } definition)
        {
            await _queue.DeclareAsync(definition, Stopping).ConfigureAwait(false);
        }

        QueueConsumption<TJob> consumption = await QueueConsumption<TJob>.OpenAsync(
            _queue,
            new QueueConsumeOptions
            {
                Prefetch = _options.Prefetch ?? (2 * _options.Concurrency),
                Lease = _options.Lease,
                KeepLeases = true,
            },
            Stopping).ConfigureAwait(false);
        await using (consumption.ConfigureAwait(false))
        {
            try
            {
                await TakeAsync(consumption).ConfigureAwait(false);
            }
            finally
            {
                await consumption.StopAsync().ConfigureAwait(false);
                await DrainAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task TakeAsync(QueueConsumption<TJob> consumption)
    {
        while (true)
        {
            // A job is taken when there is a place for it to run: until then it waits, and can still be given back.
            await _slots.WaitAsync(Stopping).ConfigureAwait(false);
            QueueDelivery<TJob>? delivery;
            try
            {
                while (!consumption.TryTake(out delivery))
                {
                    await consumption.WaitAsync(Stopping).ConfigureAwait(false);
                }
            }
            catch
            {
                _slots.Release();
                throw;
            }

            _ = RunJobAsync(delivery);
        }
    }

    private async Task RunJobAsync(QueueDelivery<TJob> delivery)
    {
        // Off the taking loop at once: a handler may work for long before it awaits.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var job = new JobRun<TJob, THandler>(delivery, _scopes, _options, Time, Cancelling);
            await job.RunAsync(Logger).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Lets running jobs end within the grace, then cancels them.</summary>
    private async Task DrainAsync()
    {
        using (var grace = new CancellationTokenSource(_options.Grace, Time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, Cancelling))
        {
            if (await HaveEndedAsync(either.Token).ConfigureAwait(false))
            {
                return;
            }
        }

        if (Stopping.IsCancellationRequested)
        {
            await CancelAsync().ConfigureAwait(false);
        }

        using var rest = new CancellationTokenSource(CancelGrace, Time);
        await HaveEndedAsync(rest.Token).ConfigureAwait(false);
    }

    /// <summary>True when no job runs any more; false when the token was cancelled first.</summary>
    private async Task<bool> HaveEndedAsync(CancellationToken cancel)
    {
        int taken = 0;
        try
        {
            for (; taken < _options.Concurrency; taken++)
            {
                await _slots.WaitAsync(cancel).ConfigureAwait(false);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            if (taken > 0)
            {
                _slots.Release(taken);
            }
        }
    }
}
