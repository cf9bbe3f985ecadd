using Nexo.Cli.Store;
using Nexo.Client;

namespace Nexo.Cli.Keeper;

// Checks of what clients and brokers do.
internal static partial class Checks
{
    private const int NamesMax = 3;
    private const long LagMin = 1_000;

    private static CheckResult? Connections(Checkup seen)
    {
        if (!seen.IsOfServer)
        {
            return null;
        }

        string text = $"{StoreResults.Count(seen.Now.Number("connections.open"), "connection")} open";
        return seen.Grown("connections.refused") is > 0 and long refused
            ? new CheckResult(
                CheckLevel.Critical, "connections", $"{text}, {refused:N0} were refused meanwhile",
                "a pool that leaks? nexo clients list shows who is there; else raise connections.max, and the limit of open files with it")
            : new CheckResult(CheckLevel.Ok, "connections", text);
    }

    private static CheckResult DeadLetters(Checkup seen)
    {
        long dead = seen.Now.Number("queues.dead");
        long grown = seen.Grown("queues.dead_lettered");
        QueueSummary[] worst = [.. (seen.Queues ?? []).Where(queue => queue.Dead > 0).OrderByDescending(queue => queue.Dead)];
        string where = Names(worst.Select(queue => $"{queue.Name} ({queue.Dead:N0})"));
        string text = $"{StoreResults.Count(dead, "dead letter")}{where}";
        const string Look = "nexo queue dlq list QUEUE says why; nexo queue dlq redrive QUEUE when it is mended";
        return grown > 0 ? new CheckResult(CheckLevel.Warning, "dead-letters", $"{text}, {grown:N0} more since the first look", Look)
            : dead > 0 ? new CheckResult(CheckLevel.Note, "dead-letters", text, Look)
            : new CheckResult(CheckLevel.Ok, "dead-letters", "none");
    }

    private static CheckResult Groups(Checkup seen)
    {
        if (seen.Lags is not { } lags)
        {
            return new CheckResult(CheckLevel.Note, "groups", "not looked at: that needs the rule streams read *");
        }

        Dictionary<string, long> before = (seen.LagsBefore ?? []).ToDictionary(lag => lag.Name, lag => lag.Lag, StringComparer.Ordinal);
        GroupLag[] abandoned = [.. lags.Where(lag => lag is { Lag: > 0, Members: 0 }).OrderByDescending(lag => lag.Lag)];
        GroupLag[] behind =
        [
            .. lags.Where(lag => lag.Members > 0 && lag.Lag >= LagMin && lag.Lag > before.GetValueOrDefault(lag.Name, long.MaxValue))
                .OrderByDescending(lag => lag.Lag),
        ];
        if (behind.Length > 0)
        {
            return new CheckResult(
                CheckLevel.Warning, "groups", $"fall further behind{Names(behind.Select(lag => $"{lag.Name} ({lag.Lag:N0} records)"))}",
                "more members (nexo stream group show), or faster ones; what retention lets go of first is lost to them");
        }

        return abandoned.Length > 0
            ? new CheckResult(
                CheckLevel.Warning, "groups", $"nobody reads for{Names(abandoned.Select(lag => $"{lag.Name} ({lag.Lag:N0} records)"))}",
                "start its members; or delete the group (nexo stream group delete), which may hold back retention")
            : new CheckResult(CheckLevel.Ok, "groups", $"{StoreResults.Count(lags.Count, "group")}, none falls behind");
    }

    private static CheckResult Subscribers(Checkup seen)
    {
        if (seen.Grown("topics.dropped") + seen.Grown("sessions.dropped") is not (> 0 and long dropped))
        {
            return new CheckResult(CheckLevel.Ok, "subscribers", "all keep up");
        }

        TopicSubscriber[] slow = [.. seen.Subscribers.Where(one => one.Dropped > 0).OrderByDescending(one => one.Dropped)];
        string who = Names(slow.Select(one =>
            $"{(one.Client.Length > 0 ? one.Client : $"connection {one.Connection}")} on {one.FirstFilter} ({one.Dropped:N0})"));
        return new CheckResult(
            CheckLevel.Warning, "subscribers", $"{StoreResults.Count(dropped, "message")} dropped for slow ones meanwhile{who}",
            "faster subscribers, several in a shared group, or a larger outbox for bursts; nexo topics subscribers shows all");
    }

    private static CheckResult Readers(Checkup seen)
    {
        NexoConnection[] slow = [.. seen.Connections.Where(one => one.PendingBytes >= Mb).OrderByDescending(one => one.PendingBytes)];
        return slow.Length > 0
            ? new CheckResult(
                CheckLevel.Warning, "readers",
                $"do not read what they asked for{Names(slow.Select(one =>
                    $"{one.Id} {(one.Client.Length > 0 ? one.Client : one.Remote)} ({SizeText.Of(one.PendingBytes)})"))}",
                "look at these clients; they are cut after connections.send-stall, or by nexo clients kill ID")
            : new CheckResult(CheckLevel.Ok, "readers", "all read what they asked for");
    }

    private static CheckResult? StreamFiles(Checkup seen) => seen.Now.Number("streams.failed") is > 0 and long failed
        ? new CheckResult(
            CheckLevel.Critical, "stream-files", $"{StoreResults.Count(failed, "stream")} cannot write to files, and takes no records",
            "look at the disk and at the server's log, then start the server anew")
        : null;

    // What is refused is told to whoever asked; that it goes on is for the keeper.
    private static CheckResult Refusals(Checkup seen)
    {
        (string Name, string What)[] counted =
        [
            ("queues.rejected", "pushes to full or paused queues"), ("topics.refused", "publishes"),
            ("topics.binding_refused", "messages for the targets of bindings (nexo bind list)"),
            ("schedules.failed", "pushes of schedules"),
            ("mqtt.refused_messages", "messages of MQTT"), ("mqtt.refused_connects", "connects of MQTT"),
        ];
        string[] found = [.. counted.Select(one => (one.What, Count: seen.Grown(one.Name))).Where(one => one.Count > 0)
            .Select(one => $"{one.Count:N0} {one.What}")];
        // A queue with a bound refuses by design, and whoever pushes hears of it; what has no sender who waits is lost.
        bool isLost = seen.Grown("topics.binding_refused") + seen.Grown("schedules.failed") > 0;
        return found.Length > 0
            ? new CheckResult(
                isLost ? CheckLevel.Warning : CheckLevel.Note, "refusals", $"refused meanwhile: {string.Join(", ", found)}",
                "the server's log says more; nexo queue top shows full queues")
            : new CheckResult(CheckLevel.Ok, "refusals", "none meanwhile");
    }

    private static string Names(IEnumerable<string> all)
    {
        string[] names = [.. all];
        string more = names.Length > NamesMax ? $" and {names.Length - NamesMax:N0} more" : "";
        return names.Length == 0 ? "" : $": {string.Join(", ", names.Take(NamesMax))}{more}";
    }
}
