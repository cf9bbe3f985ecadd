using System.CommandLine;
using Nexo.Client;

namespace Nexo.Cli.Terminal;

/// <summary>Gives commands an action that needs a server.</summary>
internal static class ServerActions
{
    /// <summary>Work on a whole prefix: it takes as long as there are keys.</summary>
    public static readonly TimeSpan LongTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Connects, runs, and explains what the client's errors mean for people.</summary>
    public static Command OnServer(
        this Command command, Func<ClientRun, Task<int>> action, TimeSpan? defaultTimeout = null)
    {
        command.SetAction((parsed, cancel) => RunAsync(parsed, action, defaultTimeout, cancel));
        return command;
    }

    /// <summary>The same, for a command that does not always need a server.</summary>
    public static async Task<int> RunAsync(
        ParseResult parsed, Func<ClientRun, Task<int>> action, TimeSpan? defaultTimeout, CancellationToken cancel)
    {
        CliSettings settings = CliSettings.Of(parsed);
        try
        {
            await using NexoClient client = await ConnectAsync(settings, defaultTimeout, cancel);
            using var run = new ClientRun(parsed, client, cancel);
            return await RunAsync(run, action);
        }
        catch (NexoException failure)
        {
            // After Ctrl-C it is how the end came about, and nothing to explain.
            cancel.ThrowIfCancellationRequested();
            throw ClientFailures.Explain(failure, settings);
        }
    }

    private static async Task<int> RunAsync(ClientRun run, Func<ClientRun, Task<int>> action)
    {
        int exitCode;
        try
        {
            exitCode = await action(run);
        }
        catch (Exception failure) when (failure is not OutputClosedException)
        {
            // What was found before the failure is worth having.
            run.Out.Flush();
            throw;
        }

        run.Out.Flush();
        return exitCode;
    }

    /// <summary>A client as the settings say; it has connected.</summary>
    public static async Task<NexoClient> ConnectAsync(
        CliSettings settings, TimeSpan? defaultTimeout, CancellationToken cancel)
    {
        TimeSpan timeout = settings.Timeout ?? defaultTimeout ?? GlobalOptions.DefaultTimeout;
        var options = new NexoClientOptions
        {
            Url = settings.Url,
            ClientName = $"{HelpFacts.ProgramName}-cli/{VersionCommand.Version}",
            User = settings.User,
            Password = settings.Password,
            Token = settings.Token,
            Namespace = settings.Namespace,
            Tls = settings.Tls,
            ConnectTimeout = settings.Timeout ?? GlobalOptions.DefaultTimeout,
            RequestTimeout = timeout,
        };
        try
        {
            return await NexoClient.ConnectAsync(options, cancel);
        }
        catch (Exception unclear) when (unclear is ArgumentException or FormatException)
        {
            // The framework appends the parameter's name, which means nothing here.
            string reason = unclear.Message.Split(" (Parameter")[0];
            throw CliFailure.Usage($"The URL '{ClientFailures.Redact(settings.Url)}' cannot be used: {reason}");
        }
    }
}
