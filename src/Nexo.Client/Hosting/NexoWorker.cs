using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>Takes the jobs of one queue, a bounded number at once, for as long as the host runs.</summary>
internal sealed class NexoWorker<TJob, THandler> : IHostedService, IDisposable
    where THandler : class, INexoJobHandler<TJob>
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    // Handlers that look at their token have this long to end before their jobs are given back under them.
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cancelling = new();
    private readonly IServiceScopeFactory _scopes;
    private readonly ILogger _logger;
    private readonly NexoWorkerOptions _options;
    private readonly NexoQueue<TJob> _queue;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _slots;
    private Task _run = Task.CompletedTask;

    public NexoWorker(
        NexoClient client, IServiceScopeFactory scopes, ILogger logger, string queue, NexoWorkerOptions options)
    {
        _scopes = scopes;
        _logger = logger;
        _options = options;
        _queue = client.Queue<TJob>(queue);
        _time = client.Time;
        _slots = new SemaphoreSlim(options.Concurrency, options.Concurrency);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _run = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Ends when all jobs have ended or were given back; soon after <paramref name="cancellationToken"/> in any
    /// case.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration hurry = cancellationToken.UnsafeRegister(
            static state => _ = ((CancellationTokenSource)state!).CancelAsync(), _cancelling);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _cancelling.Dispose();
        _slots.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ConsumeAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (NexoException error) when (error.Code == ClientErrorCode.ClientClosed)
            {
                // The program is ending without having stopped its host.
                return;
            }
            catch (Exception error)
            {
                LogLevel level = error is NexoException { Retryable: true } ? LogLevel.Warning : LogLevel.Error;
                _logger.Log(level, error, "The worker of queue {Queue} could not consume, and tries again", _queue.Name);
                await Task.Delay(RestartPause, _time, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConsumeAsync()
    {
        if (_options.Declare is { } definition)
        {
            await _queue.DeclareAsync(definition, _stopping.Token).ConfigureAwait(false);
        }

        QueueConsumption<TJob> consumption = await QueueConsumption<TJob>.OpenAsync(
            _queue,
            new QueueConsumeOptions
            {
                Prefetch = _options.Prefetch ?? (2 * _options.Concurrency),
                Lease = _options.Lease,
                KeepLeases = true,
            },
            _stopping.Token).ConfigureAwait(false);
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
            await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
            QueueDelivery<TJob>? delivery;
            try
            {
                while (!consumption.TryTake(out delivery))
                {
                    await consumption.WaitAsync(_stopping.Token).ConfigureAwait(false);
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
            using var job = new JobRun<TJob, THandler>(delivery, _scopes, _options, _time, _cancelling.Token);
            await job.RunAsync(_logger).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Lets running jobs end within the grace, then cancels them.</summary>
    private async Task DrainAsync()
    {
        using (var grace = new CancellationTokenSource(_options.Grace, _time))
        using (var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, _cancelling.Token))
        {
            if (await HaveEndedAsync(either.Token).ConfigureAwait(false))
            {
                return;
            }
        }

        if (_stopping.IsCancellationRequested)
        {
            await _cancelling.CancelAsync().ConfigureAwait(false);
        }

        using var rest = new CancellationTokenSource(CancelGrace, _time);
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
