using System.Diagnostics;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Topics;

/// <summary>A shell command that answers a request: gets its body, and what it writes is the reply.</summary>
internal sealed class ReplyProcess : IDisposable
{
    private const string Shell = "/bin/sh";

    private readonly PipedProcess _process;
    private readonly ReadOnlyMemory<byte> _request;

    public ReplyProcess(ClientRun run, string command, TopicMessage<ReadOnlyMemory<byte>> request)
    {
        _request = request.RawBody;
        var start = new ProcessStartInfo(Shell)
        {
            ArgumentList = { "-c", command },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MESSAGE_TOPIC"] = request.Topic;
        _process = new PipedProcess(
            run, Process.Start(start) ?? throw CliFailure.Usage($"{Shell} cannot be started."));
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public async Task<(int ExitCode, byte[] Reply)> RunAsync()
    {
        using var reply = new MemoryStream();
        await _process.RunAsync(_request, reply);
        return (_process.ExitCode, reply.ToArray());
    }

    public void Dispose() => _process.Dispose();
}
