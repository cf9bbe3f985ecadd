using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Queues;

/// <summary><c>declare</c>, <c>update</c> and <c>show</c>.</summary>
internal static class DefinitionCommands
{
    public static Command CreateDeclare()
    {
        Argument<string> queue = QueueArguments.Queue();
        var definition = new DefinitionOptions();
        var command = new Command("declare", "Make a queue, unless it is there") { queue };
        definition.AddTo(command);
        return command
            .OnServer(async run =>
            {
                QueueDeclaration declared = await run.Queue(queue).DeclareAsync(definition.Of(run), run.Cancel);
                Print(run, declared.Definition, declared.Created ? "created" : "was there", declared.Created);
                return ExitCode.Ok;
            })
            .WithDetails(
                "A queue that is there stays as it is. It must have the options that are given, else the command is refused; "
                + "'update' changes them.")
            .WithExamples(
                ("With the defaults: durable, retried five times, then a dead letter", "nexo queue declare emails"),
                ("Three tries a minute apart", "nexo queue declare sync --max-deliveries 3 --backoff fixed --backoff-delay 1m"),
                ("One message of a customer at a time, ten a second", "nexo queue declare calls --group-rate 10"),
                ("Fast and forgetful", "nexo queue declare hits --durability memory --max-messages 1000000"));
    }

    public static Command CreateUpdate()
    {
        Argument<string> queue = QueueArguments.Queue();
        var definition = new DefinitionOptions();
        var revision = new Option<ulong?>("--if-revision")
        {
            Description = "Only if the definition has this revision",
            HelpName = "N",
        };
        var command = new Command("update", "Change options of a queue") { queue };
        definition.AddTo(command);
        command.Add(revision);
        command.Validators.Add(result =>
        {
            if (!definition.AnyGiven(result))
            {
                result.AddError("There is nothing to change: give at least one option.");
            }
        });
        return command
            .OnServer(async run =>
            {
                QueueDefinition changed =
                    await run.Queue(queue).UpdateAsync(definition.Of(run), run.Get(revision), run.Cancel);
                Print(run, changed, "changed", created: null);
                return ExitCode.Ok;
            })
            .WithDetails("Options that are not given stay as they are. On a pipe the new revision is printed.")
            .WithExamples(
                ("Give consumers more time", "nexo queue update emails --lease 5m"),
                ("Only if nobody else has changed it", "nexo queue update emails --max-deliveries 10 --if-revision 3"));
    }

    public static Command CreateShow()
    {
        Argument<string> queue = QueueArguments.Queue();
        var command = new Command("show", "Show how a queue is defined") { queue };
        command.Aliases.Add("describe");
        return command
            .OnServer(async run =>
            {
                DefinitionOptions.Describe(await run.Queue(queue).DescribeAsync(run.Cancel)).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithExamples(
                ("All of its options", "nexo queue show emails"),
                ("For a program", "nexo queue show emails --json"));
    }

    private static void Print(ClientRun run, QueueDefinition definition, string what, bool? created)
    {
        run.Out.Result(
            $"{definition.Revision}",
            $"{run.Out.Good(what)} {run.Out.Dim($"revision {definition.Revision}")}",
            json =>
            {
                if (created is { } value)
                {
                    json.WriteBoolean("created", value);
                }

                DefinitionOptions.Describe(definition).WriteJson(json);
            });
    }
}
