using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli;

/// <summary>
/// <c>nexo health</c>: whether the server serves, for health checks of containers and the like. It needs no credentials, and no
/// certificate: a server that asks for them is alive.
/// </summary>
internal static class HealthCommand
{
    public static Command Create()
    {
        var command = new Command("health", "Say whether the server serves: exit code 0, or 1");
        command.OnRun(async run =>
        {
            CliSettings settings = CliSettings.Of(run.Parsed);
            string? obstacle = await FindObstacleAsync(settings, run.Cancel);
            run.Out.Result(
                obstacle ?? "serves",
                obstacle ?? "serves",
                json =>
                {
                    json.WriteBoolean("serves", obstacle is null);
                    json.WriteString("obstacle", obstacle);
                });
            return obstacle is null ? ExitCode.Ok : ExitCode.Negative;
        });
        return command
            .WithDetails(
                "It says hello, as every client does, and waits for the answer, up to --timeout. No credentials are needed, and of a "
                + "server that is reached with TLS only it is enough that it says so; with nexos:// and --tls-ca all of it is tried. "
                + "While the server reads its data back it does not serve; /readyz of the HTTP port says how far it is.")
            .WithExamples(("In a Dockerfile", "HEALTHCHECK CMD [\"nexo\", \"health\", \"--timeout\", \"2s\"]"));
    }

    private static async Task<string?> FindObstacleAsync(CliSettings settings, CancellationToken cancel)
    {
        try
        {
            await using NexoClient client = await ServerActions.ConnectAsync(settings, defaultTimeout: null, cancel);
            await client.PingAsync(cancel);
            return null;
        }
        catch (NexoException answer) when (answer.Code
            is ErrorCode.AuthenticationRequired or ErrorCode.AuthenticationFailed or ErrorCode.AuthenticationThrottled
            or ErrorCode.TlsRequired)
        {
            return null;
        }
        catch (NexoException failure)
        {
            cancel.ThrowIfCancellationRequested();
            return ClientFailures.Explain(failure, settings).Message;
        }
    }
}
