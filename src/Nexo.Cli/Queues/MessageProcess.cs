using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>A process that works on a message: gets its body, and has the message's lease extended while it runs.</summary>
internal sealed class MessageProcess(ClientRun run, Process process, QueueDelivery delivery, TimeSpan lease) : IDisposable
{
    private readonly PipedProcess _process = new(run, process);

    /// <summary>Once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Waits for its end.</summary>
    /// <returns>The last line that it wrote as an error; may be empty.</returns>
    public async Task<string> RunAsync()
    {
        Task serving = _process.RunAsync(delivery.RawBody, run.Console.Output);
        await Task.WhenAll(serving, _process.OrStopAsync(KeepLeaseAsync(serving)));
        return _process.LastError;
    }

    public void Dispose() => _process.Dispose();

    private async Task KeepLeaseAsync(Task serving)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_process.Stopping);
        while (await Task.WhenAny(serving, Task.Delay(lease / 3, run.Console.Time, over.Token)) != serving)
        {
            _process.Stopping.ThrowIfCancellationRequested();
            try
            {
                await delivery.ExtendAsync(lease, _process.Stopping);
            }
            catch (NexoException failure) when (failure.Code == ErrorCode.LeaseLost)
            {
                // What the process does cannot be undone; settling will say the same.
                return;
            }
            catch (NexoException)
            {
                // The server may answer again before the lease is over; if not, settling will say so.
            }
        }

        await over.CancelAsync();
    }
}
