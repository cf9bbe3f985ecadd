using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Nexo.Server.Hosting;

/// <summary>
/// SIGTERM or SIGINT stops the server gracefully; a second one is left to the system, which ends it at once. SIGHUP has it read anew what
/// can be.
/// </summary>
internal sealed partial class SignalLifetime(
    IHostApplicationLifetime application, ReloadService reload, ILogger<SignalLifetime> log) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }

        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangUp));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = Interlocked.Increment(ref _signals) == 1;
        if (context.Cancel)
        {
            LogStopping(context.Signal);

            // Stopping runs callbacks of others: not on the thread that hears the next signal.
            ThreadPool.UnsafeQueueUserWorkItem(static lifetime => lifetime.StopApplication(), application, false);
        }
    }

    private void OnHangUp(PosixSignalContext context)
    {
        context.Cancel = true;
        ThreadPool.UnsafeQueueUserWorkItem(static reload => reload.ReloadAll(), reload, false);
    }

    [LoggerMessage(1, LogLevel.Information, "{Signal}: stopping; a second signal ends the process at once")]
    private partial void LogStopping(PosixSignal signal);
}

/// <summary>For a server inside another program, such as a test: signals belong to that program.</summary>
internal sealed class HostedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
