using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

internal static class StatsCommand
{
    public static Command Create()
    {
        Argument<string> queue = QueueArguments.Queue();
        var command = new Command("stats", "Show the figures of a queue") { queue };
        return command
            .OnServer(async run =>
            {
                Describe(run.Get(queue), await run.Queue(queue).StatsAsync(run.Cancel)).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithDetails("Totals count since the server's start, rates are those of the last ten seconds or so.")
            .WithExamples(
                ("All figures", "nexo queue stats emails"),
                ("How far are the consumers behind?", "nexo queue stats emails --json | jq .oldest_age_ms"));
    }

    public static FactSheet Describe(string queue, QueueStats stats) => new FactSheet()
        .Text("queue", queue)
        .Number("ready", stats.Ready)
        .Number("leased", stats.Leased)
        .Number("delayed", stats.Delayed)
        .Number("dead", stats.Dead)
        .Duration("oldest_age", stats.OldestAge)
        .Number("consumers", stats.Consumers)
        .Number("groups", stats.Groups)
        .Text("paused", QueueText.Paused(stats.Paused))
        .Rate("pushed_per_second", stats.PushedPerSecond)
        .Rate("delivered_per_second", stats.DeliveredPerSecond)
        .Rate("acked_per_second", stats.AckedPerSecond)
        .Number("message_bytes", stats.MessageBytes)
        .Number("memory_bytes", stats.MemoryBytes)
        .Number("disk_bytes", stats.DiskBytes)
        .Number("pushed", stats.Pushed)
        .Number("duplicates", stats.Duplicates)
        .Number("rejected", stats.Rejected)
        .Number("delivered", stats.Delivered)
        .Number("redelivered", stats.Redelivered)
        .Number("acked", stats.Acked)
        .Number("nacked", stats.Nacked)
        .Number("leases_expired", stats.LeasesExpired)
        .Number("dead_lettered", stats.DeadLettered)
        .Number("expired", stats.Expired);
}
