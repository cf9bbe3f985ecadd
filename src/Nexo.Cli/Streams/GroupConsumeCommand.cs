using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream group consume</c>.</summary>
internal static class GroupConsumeCommand
{
    private const int PrefetchMax = 100_000;

    public static Command Create()
    {
        Argument<string> stream = StreamArguments.Stream();
        Argument<string> group = StreamArguments.Group();
        Option<long?> count = Parsers.Number("--count", "Stop after so many; 0 is all that are there [1; no end with --follow]", 0);
        count.Aliases.Add("-n");
        var follow = new Option<bool>("--follow", "-f") { Description = "Wait for more, until Ctrl-C" };
        Option<TimeSpan?> wait = Parsers.Duration("--wait", "Wait so long for a first record");
        var giveBack = new Option<bool>("--no-ack") { Description = "Only look: they are not done" };
        var nack = new Option<bool>("--nack") { Description = "They have failed: they come again, or are dead letters" };
        var deadLetter = new Option<bool>("--dead-letter") { Description = "Make them dead letters" };
        var reason = new Option<string?>("--reason") { Description = "Why, with --nack or --dead-letter", HelpName = "TEXT" };
        Option<TimeSpan?> delay = Parsers.Duration("--delay", "When those that failed come again [as the group says]", mayBeZero: true);
        Option<TimeSpan?> lease = Parsers.Duration("--lease", "How long they are ours [as the group says]");
        Option<TimeSpan?> session = Parsers.Duration("--session", "How long we are a member without a sign of life [30s]");
        var name = new Option<string?>("--name") { Description = "What this member is called, for people", HelpName = "NAME" };
        Option<long> prefetch = Parsers.Count("--prefetch", "Records that may be here at once [64]", minimum: 1, defaultValue: 64);
        var print = new PrintOptions();
        var command = new Command("consume", "Take records as a member of a group, print them, and say that they are done")
        {
            stream, group, count, follow, wait, giveBack, nack, deadLetter, reason, delay, lease, session, name, prefetch,
        };
        print.AddTo(command);
        command.Validators.Add(result =>
        {
            if (((Option<bool>[])[giveBack, nack, deadLetter]).Count(result.GetValue) > 1)
            {
                result.AddError("Give at most one of --no-ack, --nack and --dead-letter.");
            }

            if (result.GetResult(reason) is not null && !result.GetValue(nack) && !result.GetValue(deadLetter))
            {
                result.AddError("--reason goes with --nack or --dead-letter.");
            }

            if (result.GetResult(delay) is not null && !result.GetValue(nack))
            {
                result.AddError("--delay goes with --nack.");
            }
        });
        return command
            .OnServer(run => new GroupConsumeSession(run, run.Group(stream, group), print.Of(run, run.Get(stream)))
            {
                CountMax = (run.Get(count) ?? (run.Get(follow) ? 0 : 1)) is > 0 and long given ? given : long.MaxValue,
                Follow = run.Get(follow),
                Wait = run.Get(wait),
                Reason = run.Get(reason),
                Delay = run.Get(delay),
                Settling = run.Get(nack) ? ConsumeSettling.Nack
                    : run.Get(deadLetter) ? ConsumeSettling.DeadLetter
                    : run.Get(giveBack) ? ConsumeSettling.GiveBack
                    : ConsumeSettling.Ack,
                Joining = new StreamJoinOptions
                {
                    Lease = run.Get(lease),
                    SessionTimeout = run.Get(session) ?? new StreamJoinOptions().SessionTimeout,
                    Name = run.Get(name),
                    Prefetch = (int)Math.Min(run.Get(prefetch), PrefetchMax),
                },
            }.RunAsync())
            .WithDetails(
                "A record is done after it was printed: in an ordered group all before it are, too; in a shared one it is acked by itself. "
                + "In an ordered group there is nothing for this as long as another member is the active one; with --follow it stands by. "
                + "Printed as 'read' does. Exit code 1 when there was no record, or one was another member's by then.")
            .WithExamples(
                ("Take one", "nexo stream group consume orders billing"),
                ("All that are there, with all that is known of them", "nexo stream group consume orders billing --count 0 --json"),
                ("What comes, until Ctrl-C", "nexo stream group consume orders billing --follow --name worker-1"),
                ("Look at the next ones", "nexo stream group consume orders billing --count 5 --no-ack -v"),
                ("Have one tried again in an hour", "nexo stream group consume orders billing --nack --delay 1h"));
    }
}
