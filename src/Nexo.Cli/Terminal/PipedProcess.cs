using System.ComponentModel;
using System.Diagnostics;

namespace Nexo.Cli.Terminal;

/// <summary>
/// A process that was started for something: gets its input, has what it writes passed on, and does not outlive this run. What it
/// leaves behind on purpose may, and is not waited for.
/// </summary>
internal sealed class PipedProcess : IDisposable
{
    // What it wrote is in its pipes when it ends: they are read to their end in no time, unless somebody else holds them.
    private static readonly TimeSpan PipesGrace = TimeSpan.FromSeconds(1);

    private const int CopyBytes = 16 * 1_024;

    private readonly CliConsole _console;
    private readonly Process _process;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _pipes;

    public PipedProcess(CommandRun run, Process process)
    {
        _console = run.Console;
        _process = process;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);
        _pipes = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
    }

    /// <summary>It is to end, since this run does or something went wrong on our side.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last line that it wrote as an error; may be empty.</summary>
    public string LastError { get; private set; } = "";

    /// <summary>Serves its pipes until it has ended.</summary>
    public async Task RunAsync(ReadOnlyMemory<byte> input, Stream output)
    {
        await using CancellationTokenRegistration ending = _stop.Token.Register(End);
        await OrStopAsync(ServeAsync(input, output));
    }

    /// <summary>What goes wrong on our side must not leave the process behind, blocked on a pipe that nobody reads.</summary>
    public async Task OrStopAsync(Task task)
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

    public void Dispose()
    {
        _process.Dispose();
        _pipes.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(ReadOnlyMemory<byte> input, Stream output)
    {
        Task pipes = Task.WhenAll(
            OrStopAsync(UntilLetGoAsync(WriteInputAsync(input))),
            OrStopAsync(UntilLetGoAsync(CopyOutputAsync(output))),
            OrStopAsync(UntilLetGoAsync(CopyErrorsAsync())));
        try
        {
            await _process.WaitForExitAsync(_stop.Token);
            await pipes.WaitAsync(PipesGrace, _console.Time);
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

    private async Task CopyOutputAsync(Stream output)
    {
        byte[] buffer = new byte[CopyBytes];
        while (await _process.StandardOutput.BaseStream.ReadAsync(buffer, _pipes.Token) is > 0 and int read)
        {
            // A read may come back when nobody waits for it any more.
            _pipes.Token.ThrowIfCancellationRequested();
            await output.WriteAsync(buffer.AsMemory(0, read), _pipes.Token);
        }
    }

    private async Task CopyErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync(_pipes.Token) is { } line)
        {
            await _console.Error.WriteLineAsync(line);
            LastError = line.Length == 0 ? LastError : line;
        }
    }

    private async Task WriteInputAsync(ReadOnlyMemory<byte> input)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(input, _pipes.Token);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read all of its input, as head does not.
        }
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
