using System.ComponentModel;
using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>
/// A process that works on a message: gets its body, has what it writes passed on, and the message's lease extended while it
/// runs. It does not outlive this run; what it leaves behind on purpose may, and is not waited for.
/// </summary>
internal sealed class MessageProcess : IDisposable
{
    // What it wrote is in its pipes when it ends: they are read to their end in no time, unless somebody else holds them.
    private static readonly TimeSpan PipesGrace = TimeSpan.FromSeconds(1);

    private readonly ClientRun _run;
    private readonly Process _process;
    private readonly QueueDelivery _delivery;
    private readonly TimeSpan _lease;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _pipes;
    private string _lastError = "";

    public MessageProcess(ClientRun run, Process process, QueueDelivery delivery, TimeSpan lease)
    {
        _run = run;
        _process = process;
        _delivery = delivery;
        _lease = lease;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);
        _pipes = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
    }

    /// <summary>Once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Waits for its end.</summary>
    /// <returns>The last line that it wrote as an error; may be empty.</returns>
    public async Task<string> RunAsync()
    {
        await using CancellationTokenRegistration ending = _stop.Token.Register(End);
        Task serving = OrStopAsync(ServeAsync());
        await Task.WhenAll(serving, OrStopAsync(KeepLeaseAsync(serving)));
        return _lastError;
    }

    public void Dispose()
    {
        _process.Dispose();
        _pipes.Dispose();
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

    /// <summary>Serves its pipes until it has ended.</summary>
    private async Task ServeAsync()
    {
        Task pipes = Task.WhenAll(
            OrStopAsync(UntilLetGoAsync(WriteBodyAsync())),
            OrStopAsync(UntilLetGoAsync(CopyOutputAsync())),
            OrStopAsync(UntilLetGoAsync(CopyErrorsAsync())));
        try
        {
            await _process.WaitForExitAsync(_stop.Token);
            await pipes.WaitAsync(PipesGrace, _run.Console.Time);
        }
        catch (TimeoutException)
        {
            // It has left another process behind that holds them, as one that starts a daemon does.
            await _pipes.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // What went wrong with a pipe tells more than that it was stopped for it.
            await pipes;
            throw;
        }

        await pipes;
    }

    private async Task UntilLetGoAsync(Task copy)
    {
        try
        {
            await copy.WaitAsync(_pipes.Token);
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            // See ServeAsync.
        }
    }

    private Task CopyOutputAsync() => _process.StandardOutput.BaseStream.CopyToAsync(_run.Console.Output, _pipes.Token);

    private async Task CopyErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync(_pipes.Token) is { } line)
        {
            await _run.Console.Error.WriteLineAsync(line);
            _lastError = line.Length == 0 ? _lastError : line;
        }
    }

    private async Task WriteBodyAsync()
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(_delivery.RawBody, _pipes.Token);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read all of its input, as head does not.
        }
    }

    private async Task KeepLeaseAsync(Task serving)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        while (await Task.WhenAny(serving, Task.Delay(_lease / 3, _run.Console.Time, over.Token)) != serving)
        {
            _stop.Token.ThrowIfCancellationRequested();
            try
            {
                await _delivery.ExtendAsync(_lease, _stop.Token);
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

    private void End()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself, or some of what it started has, or may not be ended by us.
        }
    }
}
