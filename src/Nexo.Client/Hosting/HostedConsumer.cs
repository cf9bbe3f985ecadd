using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexo.Client;

/// <summary>Consumes something for as long as the host runs; what ends it before is logged, and it begins anew.</summary>
internal abstract class HostedConsumer(NexoClient client, ILogger logger, string source) : IHostedService, IDisposable
{
    /// <summary>Handlers that look at their token have this long to end.</summary>
    protected static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cancelling = new(Timeout.InfiniteTimeSpan, client.Time);
    private Task _run = Task.CompletedTask;

    protected NexoClient Client => client;

    protected TimeProvider Time => client.Time;

    protected ILogger Logger => logger;

    /// <summary>Is cancelled when no more is to be taken.</summary>
    protected CancellationToken Stopping => _stopping.Token;

    /// <summary>Is cancelled when what runs is to end.</summary>
    protected CancellationToken Cancelling => _cancelling.Token;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _run = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Ends when all that was taken has ended or was given up; soon after <paramref name="cancellationToken"/> in any
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
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
            _cancelling.Dispose();
        }
    }

    /// <summary>Consumes until it is to stop, or cannot go on.</summary>
    protected abstract Task ConsumeAsync();

    protected Task CancelAsync() => _cancelling.CancelAsync();

    /// <summary>What runs is to end after so long.</summary>
    protected void CancelAfter(TimeSpan grace) => _cancelling.CancelAfter(grace);

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
                logger.Log(level, error, "What consumes {Source} could not go on, and tries again", source);
                await Task.Delay(RestartPause, Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
