using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary><c>pause</c> and <c>resume</c>.</summary>
internal static class FlowCommands
{
    public static Command CreatePause() => Create(
            "pause",
            "Hold a queue: it takes no pushes and makes no deliveries",
            "paused",
            (queue, flow, cancel) => queue.PauseAsync(flow, cancel))
        .WithDetails("It stays so over a restart, until it is resumed. What consumers have they can settle.")
        .WithExamples(
            ("Both ways", "nexo queue pause emails"),
            ("Let it fill while the workers are rebuilt", "nexo queue pause emails --deliveries"));

    public static Command CreateResume() => Create(
            "resume",
            "Let a queue go on that was paused",
            "resumed",
            (queue, flow, cancel) => queue.ResumeAsync(flow, cancel))
        .WithExamples(
            ("Both ways", "nexo queue resume emails"),
            ("Only deliveries", "nexo queue resume emails --deliveries"));

    private static Command Create(
        string word,
        string description,
        string done,
        Func<NexoQueue, QueueFlow, CancellationToken, ValueTask> change)
    {
        Argument<string> queue = QueueArguments.Queue();
        var pushes = new Option<bool>("--pushes") { Description = "Only pushes" };
        var deliveries = new Option<bool>("--deliveries") { Description = "Only deliveries" };
        var command = new Command(word, description) { queue, pushes, deliveries };
        return command.OnServer(async run =>
        {
            QueueFlow flow = (run.Get(pushes) ? QueueFlow.Pushes : QueueFlow.None)
                | (run.Get(deliveries) ? QueueFlow.Deliveries : QueueFlow.None);
            flow = flow == QueueFlow.None ? QueueFlow.Pushes | QueueFlow.Deliveries : flow;
            await change(run.Queue(queue), flow, run.Cancel);
            run.Out.Result(done, run.Out.Good(done), json =>
            {
                json.WriteString("queue", run.Get(queue));
                json.WriteString(done, QueueText.Paused(flow));
            });
            return ExitCode.Ok;
        });
    }
}
