using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>
/// A process that works on a message: gets its body, has what it writes passed on, and the message's lease extended while it
/// runs. It does not outlive this run.
/// </summary>
internal sealed class MessageProcess(ClientRun run, Process process, QueueDelivery delivery, TimeSpan lease) : IDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);

    /// <summary>Once it has ended.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Waits for its end.</summary>
    /// <returns>The last line that it wrote as an error; may be empty.</returns>
    public async Task<string> RunAsync()
    {
        await using CancellationTokenRegistration ending = _stop.Token.Register(End);
        Task exit = process.WaitForExitAsync(_stop.Token);
        Task<string> errors = CopyErrorsAsync();
        await Task.WhenAll(
            OrStopAsync(exit),
            OrStopAsync(KeepLeaseAsync(exit)),
            OrStopAsync(WriteBodyAsync()),
            OrStopAsync(process.StandardOutput.BaseStream.CopyToAsync(run.Console.Output, _stop.Token)),
            OrStopAsync(errors));
        return await errors;
    }

    public void Dispose()
    {
        process.Dispose();
        _stop.Dispose();
    }

    // What goes wrong on our side must not leave the process behind, blocked on a pipe that nobody reads.
    private async Task OrStopAsync(Task task)
    {
        try
        {
            await task;
        }
        catch
        {
            await _stop.CancelAsync();
            throw;
        }
    }

    private async Task<string> CopyErrorsAsync()
    {
        string last = "";
        while (await process.StandardError.ReadLineAsync(_stop.Token) is { } line)
        {
            await run.Console.Error.WriteLineAsync(line);
            last = line.Length == 0 ? last : line;
        }

        return last;
    }

    private async Task WriteBodyAsync()
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(delivery.RawBody, _stop.Token);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read all of its input, as head does not.
        }
    }

    private async Task KeepLeaseAsync(Task exit)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        while (await Task.WhenAny(exit, Task.Delay(lease / 3, run.Console.Time, over.Token)) != exit)
        {
            _stop.Token.ThrowIfCancellationRequested();
            try
            {
                await delivery.ExtendAsync(lease, _stop.Token);
            }
            catch (NexoException failure) when (failure.Code == ErrorCode.LeaseLost)
            {
                // What the process does cannot be undone; settling will say the same.
                return;
            }
        }

        await over.CancelAsync();
    }

    private void End()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
