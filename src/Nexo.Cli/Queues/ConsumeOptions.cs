using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Queues;

/// <summary>The options of <c>consume</c> and how they become its settings.</summary>
internal sealed class ConsumeOptions
{
    private const int PrefetchMax = 100_000;
    private const int DefaultPrefetch = 32;

    private readonly Option<long?> _count = Parsers.Number(
        "--count", "Stop after so many; 0 is all that are there [1; no end with --follow]", 0);

    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Wait for more, until Ctrl-C" };

    private readonly Option<TimeSpan?> _wait = Parsers.Duration("--wait", "Wait so long for a first message");

    private readonly Option<bool> _ack = new("--ack")
    {
        Description = "Ack each message once it is printed; so it is unless told otherwise",
    };

    private readonly Option<bool> _giveBack = new("--no-ack") { Description = "Only look: give them back when this ends" };

    private readonly Option<bool> _nack = new("--nack") { Description = "Nack them: they come again, or are dead letters" };

    private readonly Option<bool> _deadLetter = new("--dead-letter") { Description = "Make them dead letters" };

    private readonly Option<string?> _reason = new("--reason")
    {
        Description = "Why, with --nack or --dead-letter",
        HelpName = "TEXT",
    };

    private readonly Option<TimeSpan?> _delay = Parsers.Duration(
        "--delay", "When those that are nacked come again [as the queue says]", mayBeZero: true);

    private readonly Option<string?> _exec = new("--exec")
    {
        Description = "Run this in a shell for each, its body on standard input; acked if it succeeds, else nacked",
        HelpName = "COMMAND",
    };

    private readonly Option<bool> _raw = new("--raw") { Description = "Print bodies as they are, with nothing between them" };

    private readonly Option<long?> _prefetch = Parsers.Number(
        "--prefetch", $"Messages that may be here at once [{DefaultPrefetch}; 1 with --exec]", 1, PrefetchMax);

    private readonly Option<TimeSpan?> _lease = Parsers.Duration("--lease", "How long they are ours [as the queue says]");

    public ConsumeOptions() => _count.Aliases.Add("-n");

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _count, _follow, _wait, _ack, _giveBack, _nack, _deadLetter, _reason, _delay, _exec, _raw, _prefetch, _lease,
        ];
        Array.ForEach(all, command.Add);
        command.Validators.Add(result =>
        {
            Option[] settlings = [_ack, _giveBack, _nack, _deadLetter, _exec];
            if (settlings.Count(option => result.GetResult(option) is { Implicit: false }) > 1)
            {
                result.AddError("Give at most one of --ack, --no-ack, --nack, --dead-letter and --exec.");
            }

            if (result.GetResult(_reason) is not null && !result.GetValue(_nack) && !result.GetValue(_deadLetter))
            {
                result.AddError("--reason goes with --nack or --dead-letter.");
            }

            if (result.GetResult(_delay) is not null && !result.GetValue(_nack) && result.GetResult(_exec) is null)
            {
                result.AddError("--delay goes with --nack or --exec.");
            }
        });
    }

    public ConsumeSettings Of(CommandRun run)
    {
        bool follow = run.Get(_follow);
        string? exec = run.Get(_exec);
        return new ConsumeSettings
        {
            CountMax = (run.Get(_count) ?? (follow ? 0 : 1)) is > 0 and long count ? count : long.MaxValue,
            Follow = follow,
            Wait = run.Get(_wait),
            Settling = run.Get(_nack) ? ConsumeSettling.Nack
                : run.Get(_deadLetter) ? ConsumeSettling.DeadLetter
                : run.Get(_giveBack) ? ConsumeSettling.GiveBack
                : ConsumeSettling.Ack,
            Reason = run.Get(_reason),
            Delay = run.Get(_delay),
            Exec = exec,
            Raw = run.Get(_raw),
            Prefetch = (int)(run.Get(_prefetch) ?? (exec is null ? DefaultPrefetch : 1)),
            Lease = run.Get(_lease),
        };
    }
}
