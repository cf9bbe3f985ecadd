using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Streams;

/// <summary>How a group is defined. What is not given is left to the server.</summary>
internal sealed class GroupOptions
{
    public static readonly (string Word, GroupMode Value)[] Modes = [("ordered", GroupMode.Ordered), ("shared", GroupMode.SharedByKey)];

    private readonly Option<GroupMode?> _mode = Parsers.Choice(
        "--mode", "One member gets all in order, or all share by key [ordered]", Modes);

    private readonly PlaceOptions _place = new("--from", "Begin here [beginning]");

    private readonly Option<long?> _deliveriesMax = Parsers.Number(
        "--max-deliveries", "Failures after which a record is a dead letter; 0: never [5]", 0, int.MaxValue);

    private readonly Option<string?> _deadLetterStream = new("--dead-letter-stream")
    {
        Description = "The stream that keeps dead letters; without one they are passed over, and counted",
        HelpName = "STREAM",
    };

    private readonly Option<TimeSpan?> _lease = Parsers.Duration("--lease", "How long a member has a record [30s]");

    private readonly Option<TimeSpan?> _backoff = Parsers.Duration(
        "--backoff", "The pause after a failure, doubled with each one up to a minute [1s]", mayBeZero: true);

    public void AddTo(Command command)
    {
        command.Add(_mode);
        _place.AddTo(command);
        Option[] shared = [_deliveriesMax, _deadLetterStream, _lease, _backoff];
        Array.ForEach(shared, command.Add);
        command.Validators.Add(result =>
        {
            bool anyShared = shared.Any(option => result.GetResult(option) is { Implicit: false });
            if (anyShared && result.GetValue(_mode) != GroupMode.SharedByKey)
            {
                result.AddError($"{string.Join(", ", shared.Select(option => option.Name))} go with --mode shared.");
            }
        });
    }

    public GroupMode Mode(CommandRun run) => run.Get(_mode) ?? GroupMode.Ordered;

    public StreamFrom? From(CommandRun run) => _place.Of(run);

    public StreamGroupOptions Of(CommandRun run) => new()
    {
        DeliveriesMax = (int?)run.Get(_deliveriesMax),
        DeadLetterStream = run.Get(_deadLetterStream),
        Lease = run.Get(_lease),
        Backoff = run.Get(_backoff),
    };

    /// <summary>Adds options to what is told of a group, which mean something in shared mode alone.</summary>
    public static FactSheet Describe(FactSheet sheet, GroupMode mode, StreamGroupOptions options) => mode != GroupMode.SharedByKey
        ? sheet
        : sheet
            .Number("max_deliveries", options.DeliveriesMax ?? 0, options.DeliveriesMax == 0 ? "no limit" : null)
            .Text("dead_letter_stream", options.DeadLetterStream ?? "", string.IsNullOrEmpty(options.DeadLetterStream) ? "none" : null)
            .Duration("lease", options.Lease)
            .Duration("backoff", options.Backoff);
}
