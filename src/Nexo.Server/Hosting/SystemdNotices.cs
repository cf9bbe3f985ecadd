using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Nexo.Server.Brokers;

namespace Nexo.Server.Hosting;

/// <summary>
/// Tells systemd, if it has started the server as a service of type <c>notify</c>, when it serves, that a long recovery
/// goes on, that it stops, and, where the unit has a watchdog, that it still answers (sd_notify(3), sd_watchdog_enabled(3)).
/// </summary>
internal sealed partial class SystemdNotices(
    ISystemdNotifier systemd, BrokerSet brokers, SelfProbe probe, TimeProvider time, ILogger<SystemdNotices> log)
    : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan RecoveryNoticeEvery = TimeSpan.FromSeconds(5);

    // How much longer systemd is to wait, from each notice on.
    private const string MoreTime = "EXTEND_TIMEOUT_USEC=30000000";

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = RunAsync(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        systemd.Notify(ServiceState.Stopping);
        await _stop.CancelAsync();
        await _running;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stop.Dispose();

    /// <summary>How often systemd wants to hear from this process; null: never.</summary>
    internal static TimeSpan? WatchdogPeriod(string? microseconds, string? processId) =>
        long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long us) && us > 0
        && (processId is null || processId == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(us)
            : null;

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (!await WaitUntilReadyAsync(stop))
            {
                return;
            }

            systemd.Notify(new ServiceState("READY=1\nSTATUS=serving"));
            TimeSpan? period = WatchdogPeriod(
                Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"));
            if (period is { } every)
            {
                await FeedWatchdogAsync(every / 3, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (ServerStartException)
        {
            // Told by who started it; the process is about to end.
        }
    }

    private async Task<bool> WaitUntilReadyAsync(CancellationToken stop)
    {
        Task<bool> ready = brokers.WhenReadyAsync();
        while (await Task.WhenAny(ready, Task.Delay(RecoveryNoticeEvery, time, stop)) != ready)
        {
            stop.ThrowIfCancellationRequested();
            systemd.Notify(new ServiceState($"{MoreTime}\nSTATUS={brokers.Obstacle}"));
        }

        return await ready;
    }

    private async Task FeedWatchdogAsync(TimeSpan every, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(every, time);
        do
        {
            if (await probe.AnswersAsync(every, stop))
            {
                systemd.Notify(new ServiceState("WATCHDOG=1"));
            }
            else
            {
                LogSilent(every.TotalMilliseconds);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    [LoggerMessage(1, LogLevel.Error, "The server's own port did not answer within {Milliseconds} ms: systemd's watchdog is not fed")]
    private partial void LogSilent(double milliseconds);
}
