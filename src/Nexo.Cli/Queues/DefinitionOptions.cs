using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>The options of a queue's definition. What is not given is left to the server.</summary>
internal sealed class DefinitionOptions
{
    private readonly Option<TimeSpan?> _lease = Parsers.Duration(
        "--lease", "How long a consumer has a message before it goes to another [30s]");

    private readonly Option<long?> _deliveriesMax = Parsers.Number(
        "--max-deliveries", "Failures after which a message is a dead letter; 0: never [5]", 0, int.MaxValue);

    private readonly Option<BackoffKind?> _backoff = Parsers.Choice(
        "--backoff", "How the pause after a failure grows [exponential]", QueueText.Backoffs);

    private readonly Option<TimeSpan?> _backoffDelay = Parsers.Duration(
        "--backoff-delay", "The first pause after a failure [1s]", mayBeZero: true);

    private readonly Option<TimeSpan?> _backoffDelayMax = Parsers.Duration(
        "--backoff-max", "The longest pause after a failure [1m]", mayBeZero: true);

    private readonly Option<string?> _deadLetterQueue = new("--dead-letter-queue")
    {
        Description = "The queue that keeps the dead letters; '' is this one",
        HelpName = "QUEUE",
    };

    private readonly Option<TimeSpan?> _messageTtl = Parsers.Duration(
        "--message-ttl", "How long messages live that do not say so themselves; 0s: for ever", mayBeZero: true);

    private readonly Option<long?> _messagesMax = Parsers.Number(
        "--max-messages", "Most messages, dead letters not counted; 0: no limit", 0);

    private readonly Option<long?> _bytesMax = Parsers.Number("--max-bytes", "Most bytes of messages; 0: no limit", 0);

    private readonly Option<FullQueueAction?> _whenFull = Parsers.Choice(
        "--when-full", "What becomes of a push when it is full [reject]", QueueText.WhenFull);

    private readonly Option<TimeSpan?> _dedupWindow = Parsers.Duration(
        "--dedup-window", "How long dedup ids are remembered; 0s: not at all [5m]", mayBeZero: true);

    private readonly Option<Durability?> _durability = StoreOptions.Durability(
        "What pushes and settlements wait for: memory, interval, or fsync, the disk [fsync]");

    private readonly Option<long?> _priorities = Parsers.Number(
        "--priorities", "How many priorities there are: 0 to one less, the highest first [10]", 1, 256);

    private readonly Option<long?> _groupInFlight = Parsers.Number(
        "--group-in-flight", "Messages of one group that consumers may have at once; 0: no limit [1]", 0, int.MaxValue);

    private readonly Option<long?> _groupRate = Parsers.Number(
        "--group-rate", "Deliveries of one group in a second; 0: no limit", 0, int.MaxValue);

    private readonly Option<TimeSpan?> _unused = Parsers.Duration(
        "--delete-unused", "Delete the queue when nobody has used it for so long; 0s: never", mayBeZero: true);

    private IReadOnlyList<Option> All =>
    [
        _lease, _deliveriesMax, _backoff, _backoffDelay, _backoffDelayMax, _deadLetterQueue, _messageTtl, _messagesMax,
        _bytesMax, _whenFull, _dedupWindow, _durability, _priorities, _groupInFlight, _groupRate, _unused,
    ];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    public bool AnyGiven(CommandResult result) => All.Any(option => result.GetResult(option) is { Implicit: false });

    public QueueOptions Of(CommandRun run) => new()
    {
        Lease = run.Get(_lease),
        DeliveriesMax = (int?)run.Get(_deliveriesMax),
        Backoff = run.Get(_backoff),
        BackoffDelay = run.Get(_backoffDelay),
        BackoffDelayMax = run.Get(_backoffDelayMax),
        DeadLetterQueue = run.Get(_deadLetterQueue),
        MessageTtl = run.Get(_messageTtl),
        MessagesMax = run.Get(_messagesMax),
        BytesMax = run.Get(_bytesMax),
        WhenFull = run.Get(_whenFull),
        DedupWindow = run.Get(_dedupWindow),
        Durability = run.Get(_durability),
        Priorities = (int?)run.Get(_priorities),
        GroupInFlightMax = (int?)run.Get(_groupInFlight),
        GroupPerSecondMax = (int?)run.Get(_groupRate),
        UnusedFor = run.Get(_unused),
    };

    /// <summary>A definition, by the words that these options take.</summary>
    public static FactSheet Describe(QueueDefinition definition)
    {
        QueueOptions options = definition.Options;
        FactSheet sheet = new FactSheet()
            .Text("queue", definition.Name)
            .Number("revision", (long)definition.Revision)
            .Duration("lease", options.Lease)
            .Number("max_deliveries", options.DeliveriesMax ?? 0, options.DeliveriesMax == 0 ? "no limit" : null)
            .Text("backoff", QueueText.WordOf(QueueText.Backoffs, options.Backoff ?? BackoffKind.None))
            .Duration("backoff_delay", options.BackoffDelay)
            .Duration("backoff_max", options.BackoffDelayMax)
            .Text(
                "dead_letter_queue",
                options.DeadLetterQueue ?? "",
                string.IsNullOrEmpty(options.DeadLetterQueue) ? "this one" : null)
            .Duration("message_ttl", options.MessageTtl, "for ever")
            .Number("max_messages", options.MessagesMax ?? 0, options.MessagesMax == 0 ? "no limit" : null)
            .Number("max_bytes", options.BytesMax ?? 0, options.BytesMax == 0 ? "no limit" : null)
            .Text("when_full", QueueText.WordOf(QueueText.WhenFull, options.WhenFull ?? FullQueueAction.Reject));
        return sheet
            .Duration("dedup_window", options.DedupWindow, "not remembered")
            .Text("durability", QueueText.WordOf(QueueText.Durabilities, options.Durability ?? Durability.ServerDefault))
            .Number("priorities", options.Priorities ?? 0)
            .Number("group_in_flight", options.GroupInFlightMax ?? 0, options.GroupInFlightMax == 0 ? "no limit" : null)
            .Number("group_rate", options.GroupPerSecondMax ?? 0, options.GroupPerSecondMax == 0 ? "no limit" : null)
            .Duration("delete_unused", options.UnusedFor, "never");
    }
}
