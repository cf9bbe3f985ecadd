using System.ComponentModel;
using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary>A shell command that answers a request: gets its body, and what it writes is the reply. It does not outlive this
/// run.</summary>
internal sealed class ReplyProcess : IDisposable
{
    private const string Shell = "/bin/sh";

    private readonly ClientRun _run;
    private readonly Process _process;
    private readonly ReadOnlyMemory<byte> _request;

    public ReplyProcess(ClientRun run, string command, TopicMessage<ReadOnlyMemory<byte>> request)
    {
        _run = run;
        _request = request.RawBody;
        var start = new ProcessStartInfo(Shell)
        {
            ArgumentList = { "-c", command },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MESSAGE_TOPIC"] = request.Topic;
        _process = Process.Start(start) ?? throw CliFailure.Usage($"{Shell} cannot be started.");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public async Task<(int ExitCode, byte[] Reply)> RunAsync()
    {
        await using CancellationTokenRegistration ending = _run.Cancel.Register(End);
        using var reply = new MemoryStream();
        await Task.WhenAll(
            WriteRequestAsync(),
            _process.StandardOutput.BaseStream.CopyToAsync(reply, _run.Cancel),
            CopyErrorsAsync());
        await _process.WaitForExitAsync(_run.Cancel);
        return (_process.ExitCode, reply.ToArray());
    }

    public void Dispose() => _process.Dispose();

    private async Task WriteRequestAsync()
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(_request, _run.Cancel);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read all of its input, as head does not.
        }
    }

    private async Task CopyErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync(_run.Cancel) is { } line)
        {
            await _run.Console.Error.WriteLineAsync(line);
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
