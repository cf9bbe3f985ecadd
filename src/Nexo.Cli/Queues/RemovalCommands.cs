using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary><c>purge</c> and <c>delete</c>.</summary>
internal static class RemovalCommands
{
    public static Command CreatePurge()
    {
        Argument<string> queue = QueueArguments.Queue();
        var ready = new Option<bool>("--ready") { Description = "Those that wait for a consumer" };
        var delayed = new Option<bool>("--delayed") { Description = "Those whose time has not come" };
        var dead = new Option<bool>("--dead") { Description = "Dead letters" };
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("purge", "Remove the messages of a queue") { queue, ready, delayed, dead, yes };
        return command
            .OnServer(
                run =>
                {
                    PurgeParts parts = (run.Get(ready) ? PurgeParts.Ready : PurgeParts.None)
                        | (run.Get(delayed) ? PurgeParts.Delayed : PurgeParts.None)
                        | (run.Get(dead) ? PurgeParts.Dead : PurgeParts.None);
                    return PurgeAsync(
                        run, queue, parts == PurgeParts.None ? PurgeParts.Ready | PurgeParts.Delayed : parts, run.Get(yes));
                },
                ServerActions.LongTimeout)
            .WithDetails(
                "Ready and delayed ones unless it is said otherwise; what consumers have stays theirs. Asks first on a "
                + "terminal. Prints how many were removed; 0 is no failure.")
            .WithExamples(
                ("Begin anew, in a script", "nexo queue purge emails --yes"),
                ("Only what is scheduled for later", "nexo queue purge emails --delayed"));
    }

    public static Command CreateDelete()
    {
        Argument<string> queue = QueueArguments.Queue();
        var ifEmpty = new Option<bool>("--if-empty") { Description = "Only if there is no message, dead letters included" };
        var ifUnused = new Option<bool>("--if-unused") { Description = "Only if it has no consumer" };
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("delete", "Delete a queue with all that is in it") { queue, ifEmpty, ifUnused, yes };
        command.Aliases.Add("rm");
        return command
            .OnServer(
                async run =>
                {
                    QueueDeleteConditions conditions =
                        (run.Get(ifEmpty) ? QueueDeleteConditions.IfEmpty : QueueDeleteConditions.None)
                        | (run.Get(ifUnused) ? QueueDeleteConditions.IfUnused : QueueDeleteConditions.None);
                    if (!run.Get(yes) && !run.Get(ifEmpty) && !await ConfirmAsync(run, queue))
                    {
                        return NotDone(run);
                    }

                    return Removed(run, queue, await run.Queue(queue).DeleteAsync(conditions, run.Cancel), "with ");
                },
                ServerActions.LongTimeout)
            .WithDetails(
                "Its consumers are ended. Asks first on a terminal, unless --if-empty is given. Prints how many messages went "
                + "with it.")
            .WithExamples(
                ("In a script", "nexo queue delete emails --yes"),
                ("Only if nobody misses it", "nexo queue delete emails --if-empty --if-unused"));
    }

    /// <summary>Removes parts of a queue, after a yes.</summary>
    public static async Task<int> PurgeAsync(ClientRun run, Argument<string> queue, PurgeParts parts, bool yes)
    {
        if (!yes && !await ConfirmPurgeAsync(run, queue, parts))
        {
            return NotDone(run);
        }

        return Removed(
            run,
            queue,
            await Spinner.ShowAsync(run, "removing", run.Queue(queue).PurgeAsync(parts, run.Cancel).AsTask()),
            "removed: ");
    }

    public static int NotDone(ClientRun run)
    {
        run.Remark("nothing was removed");
        return ExitCode.Negative;
    }

    private static int Removed(ClientRun run, Argument<string> queue, long count, string before) => StoreResults.Number(
        run,
        "removed",
        count,
        $"{before}{StoreResults.Count(count, "message")}",
        json => json.WriteString("queue", run.Get(queue)));

    private static async Task<bool> ConfirmPurgeAsync(ClientRun run, Argument<string> queue, PurgeParts parts)
    {
        if (!Confirmation.IsWanted(run))
        {
            return true;
        }

        QueueStats stats = await run.Queue(queue).StatsAsync(run.Cancel);
        long count = ((parts & PurgeParts.Ready) == 0 ? 0 : stats.Ready)
            + ((parts & PurgeParts.Delayed) == 0 ? 0 : stats.Delayed)
            + ((parts & PurgeParts.Dead) == 0 ? 0 : stats.Dead);
        return await Confirmation.AskAsync(
            run, $"Remove {StoreResults.Count(count, "message")} of '{run.Get(queue)}'?");
    }

    private static async Task<bool> ConfirmAsync(ClientRun run, Argument<string> queue)
    {
        if (!Confirmation.IsWanted(run))
        {
            return true;
        }

        QueueStats stats = await run.Queue(queue).StatsAsync(run.Cancel);
        long count = stats.Ready + stats.Leased + stats.Delayed + stats.Dead;
        return await Confirmation.AskAsync(
            run, $"Delete '{run.Get(queue)}' with {StoreResults.Count(count, "message")}?");
    }
}
