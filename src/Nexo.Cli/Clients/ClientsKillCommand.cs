using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Clients;

/// <summary><c>nexo clients kill</c>.</summary>
internal static class ClientsKillCommand
{
    public static Command Create()
    {
        var ids = new Argument<ulong[]>("ID")
        {
            Description = "Numbers of connections, as nexo clients list shows them",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var filter = new ClientFilter();
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("kill", "End connections") { ids, yes };
        foreach (Option option in filter.All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            bool hasFilter = filter.All.Any(option => result.GetResult(option) is not null);
            bool hasIds = result.GetResult(ids) is { Tokens.Count: > 0 };
            if (hasFilter == hasIds)
            {
                result.AddError("Give either numbers, or which connections are meant (--user, --client, --address, --protocol).");
            }
        });
        return command
            .OnServer(run => KillAsync(run, run.Parsed.GetValue(ids) ?? [], filter, run.Get(yes)))
            .WithDetails(
                "Who is ended is told so, if its protocol has words for that, and may connect again: to keep somebody out, remove the "
                + "user. Never ends the connection that it is asked over. Asks first on a terminal, unless numbers are given. Prints how "
                + "many were ended; exit code 1: none was.")
            .WithExamples(
                ("One of them", "nexo clients kill 42"),
                ("All of a user, in a script", "nexo clients kill --user sensor --yes"),
                ("Those of one machine", "nexo clients kill --address 10.0.0.7:"));
    }

    private static async Task<int> KillAsync(ClientRun run, ulong[] ids, ClientFilter filter, bool yes)
    {
        if (ids.Length == 0)
        {
            List<NexoConnection> found = await filter.FindAsync(run);
            ids = [.. found.Where(one => !one.IsOwn).Select(one => one.Id)];
            if (ids.Length > 0 && !yes && Confirmation.IsWanted(run)
                && !await Confirmation.AskAsync(run, $"End {StoreResults.Count(ids.Length, "connection")}?"))
            {
                run.Remark("nothing was ended");
                return ExitCode.Negative;
            }
        }

        long ended = 0;
        foreach (ulong id in ids)
        {
            ended += await run.Client.Admin.DisconnectAsync(id, run.Cancel) ? 1 : 0;
        }

        StoreResults.Number(run, "ended", ended, $"{StoreResults.Count(ended, "connection")} ended");
        return ended > 0 ? ExitCode.Ok : ExitCode.Negative;
    }
}
