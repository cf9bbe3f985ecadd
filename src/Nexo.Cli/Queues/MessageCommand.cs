using System.Diagnostics;
using System.Globalization;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

/// <summary>How a command ended that worked on a message.</summary>
/// <param name="ExitCode">0: it succeeded.</param>
/// <param name="Reason">Why it failed, for the message.</param>
internal sealed record CommandOutcome(int ExitCode, string Reason)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>Runs a shell command for a message, with its body on standard input.</summary>
/// <param name="run">Whose output the command writes to.</param>
/// <param name="command">For the shell.</param>
/// <param name="lease">What the message's lease is extended by.</param>
internal sealed class MessageCommand(ClientRun run, string command, TimeSpan lease)
{
    private const string Shell = "/bin/sh";

    // The server takes 4,096 bytes; a character has four at most.
    private const int ReasonCharsMax = 1_000;

    public async Task<CommandOutcome> RunAsync(QueueDelivery delivery)
    {
        using var working = new MessageProcess(run, Start(delivery), delivery, lease);
        string lastError = await working.RunAsync();
        string separator = lastError.Length > 0 ? ": " : "";
        string reason = $"exit code {working.ExitCode.ToString(CultureInfo.InvariantCulture)}{separator}{lastError}";
        return new CommandOutcome(working.ExitCode, reason[..Math.Min(reason.Length, ReasonCharsMax)]);
    }

    private Process Start(QueueDelivery delivery)
    {
        var start = new ProcessStartInfo(Shell)
        {
            ArgumentList = { "-c", command },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MESSAGE_ID"] = $"{delivery.MessageId}";
        start.Environment["MESSAGE_QUEUE"] = delivery.Queue;
        start.Environment["MESSAGE_ATTEMPT"] = $"{delivery.Attempt}";
        start.Environment["MESSAGE_PRIORITY"] = $"{delivery.Priority}";
        start.Environment["MESSAGE_GROUP"] = delivery.Group.ToString();
        start.Environment["MESSAGE_ENQUEUED_AT_MS"] = $"{delivery.EnqueuedAt.ToUnixTimeMilliseconds()}";
        return Process.Start(start) ?? throw CliFailure.Usage($"{Shell} cannot be started.");
    }
}
