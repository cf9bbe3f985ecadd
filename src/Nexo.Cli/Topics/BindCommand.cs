using System.CommandLine;
using System.CommandLine.Parsing;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Topics;

/// <summary><c>nexo bind</c>: topics that feed queues and streams.</summary>
internal static class BindCommand
{
    private static readonly (string Word, BindingTarget Value)[] Targets =
    [
        ("queue", BindingTarget.Queue), ("stream", BindingTarget.Stream),
    ];

    public static Command Create()
    {
        Argument<string> filter = TopicArguments.Filter();
        var to = new Option<string>("--to")
        {
            Description = "What is fed: queue:NAME or stream:NAME",
            HelpName = "TARGET",
            Required = true,
        };
        to.Validators.Add(CheckTarget);
        var name = new Option<string?>("--name")
        {
            Description = "The binding's name [TARGET:FILTER]",
            HelpName = "NAME",
        };
        var keyByTopic = new Option<bool>("--key-by-topic")
        {
            Description = "The topic is the message's group in the queue, or the record's key in the stream",
        };
        var command = new Command("bind", "Feed a queue or a stream from topics, inside the server")
        {
            filter, to, name, keyByTopic, CreateList(), CreateShow(), CreateDelete(),
        };
        return command
            .OnServer(async run =>
            {
                (BindingTarget kind, string target) = TargetOf(run.Get(to)!);
                string called = run.Get(name) ?? $"{run.Get(to)}:{run.Get(filter)}";
                var binding = new TopicBinding(called, run.Get(filter), kind, target)
                {
                    KeyByTopic = run.Get(keyByTopic),
                };
                bool created = await run.Client.Topics.Bindings.SetAsync(binding, run.Cancel);
                run.Out.Result(called, $"{run.Out.Good(created ? "bound" : "was bound")} {run.Out.Dim(called)}", json =>
                {
                    json.WriteBoolean("created", created);
                    Describe(binding).WriteJson(json);
                });
                return ExitCode.Ok;
            })
            .WithDetails(
                "Every message that is published to the topics from then on is pushed to the queue, which is made by the first if it is "
                + "not there, or appended to the stream, which must be there; its publisher's confirm waits for that as the queue's own "
                + "would. The binding lasts until it is deleted. Prints its name. Another definition under the same name is refused.")
            .WithExamples(
                ("Orders to workers", "nexo bind 'orders/#' --to queue:orders"),
                ("Keep all that sensors say, by sensor", "nexo bind 'sensors/+' --to stream:readings --key-by-topic"),
                ("What is bound", "nexo bind list"),
                ("No more", "nexo bind delete 'queue:orders:orders/#'"));
    }

    private static Command CreateList()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only bindings whose names begin with this");
        var command = new Command("list", "List bindings, and what went through them") { prefix };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                List<TopicBindingSummary> bindings = await run.Client.Topics.Bindings
                    .ListAsync(run.Parsed.GetValue(prefix) ?? "", run.Cancel)
                    .ToListAsync(run.Cancel);
                Print(run, bindings);
                return ExitCode.Ok;
            })
            .WithDetails(
                "On a pipe one a line: name, filter, target, messages taken and refused since the server's start, with tabs between.")
            .WithExamples(
                ("All of them", "nexo bind list"),
                ("Those whose target has refused messages", "nexo bind list --json | jq -r 'select(.refused > 0).name'"));
    }

    private static Command CreateShow()
    {
        Argument<string> name = Name();
        var command = new Command("show", "Show how a binding is defined") { name };
        command.Aliases.Add("describe");
        return command
            .OnServer(async run =>
            {
                if (await run.Client.Topics.Bindings.DescribeAsync(run.Get(name), run.Cancel) is not { } binding)
                {
                    if (run.Out.Json)
                    {
                        run.Out.Object(json =>
                        {
                            json.WriteString("name", run.Get(name));
                            json.WriteBoolean("found", false);
                        });
                    }

                    return Missing(run);
                }

                Describe(binding).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithDetails("Exit code 1 when there is none of this name.")
            .WithExamples(("One of them", "nexo bind show 'queue:orders:orders/#'"));
    }

    private static Command CreateDelete()
    {
        Argument<string> name = Name();
        var command = new Command("delete", "End a binding; what is in its queue or stream stays there") { name };
        command.Aliases.Add("rm");
        return command
            .OnServer(async run =>
            {
                bool deleted = await run.Client.Topics.Bindings.DeleteAsync(run.Get(name), run.Cancel);
                if (!deleted && !run.Out.Json)
                {
                    return Missing(run);
                }

                run.Out.Result("1", run.Out.Good("deleted"), json =>
                {
                    json.WriteString("name", run.Get(name));
                    json.WriteBoolean("deleted", deleted);
                });
                return deleted ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails("Exit code 1 when there was none of this name.")
            .WithExamples(("No more", "nexo bind delete 'queue:orders:orders/#'"));
    }

    private static Argument<string> Name() => new("NAME") { Description = "The binding's name, as list shows it" };

    private static int Missing(ClientRun run)
    {
        run.Remark("there is no such binding");
        return ExitCode.Negative;
    }

    private static void CheckTarget(OptionResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!Targets.Any(target => text.StartsWith($"{target.Word}:", StringComparison.Ordinal)) || text.EndsWith(':'))
        {
            result.AddError($"--to needs queue:NAME or stream:NAME; got '{text}'.");
        }
    }

    private static (BindingTarget Kind, string Name) TargetOf(string text)
    {
        string[] parts = text.Split(':', 2);
        return (Targets.Single(target => target.Word == parts[0]).Value, parts[1]);
    }

    private static string TargetText(BindingTarget kind, string name) => $"{QueueText.WordOf(Targets, kind)}:{name}";

    private static FactSheet Describe(TopicBinding binding) => new FactSheet()
        .Text("name", binding.Name)
        .Text("filter", binding.Filter)
        .Text("target", TargetText(binding.Kind, binding.Target))
        .Flag("key_by_topic", binding.KeyByTopic);

    private static void Print(ClientRun run, List<TopicBindingSummary> bindings)
    {
        if (run.Out.ForPeople)
        {
            Table table = Tables.Create("name", "filter", "target", "taken", "refused").AlignNumbers(from: 3);
            foreach (TopicBindingSummary binding in bindings)
            {
                string[] cells =
                [
                    binding.Name, binding.Filter, TargetText(binding.Kind, binding.Target), $"{binding.Taken:N0}", $"{binding.Refused:N0}",
                ];
                table.AddRow([.. cells.Select(cell => new Text(EscapedText.Show(MessageText.Bytes(cell).Span)))]);
            }

            run.Out.Render(console => console.Write(table));
            return;
        }

        foreach (TopicBindingSummary binding in bindings)
        {
            string target = TargetText(binding.Kind, binding.Target);
            if (run.Out.Json)
            {
                run.Out.Object(json => new FactSheet()
                    .Text("name", binding.Name)
                    .Text("filter", binding.Filter)
                    .Text("target", target)
                    .Number("taken", binding.Taken)
                    .Number("refused", binding.Refused)
                    .WriteJson(json));
                continue;
            }

            string[] fields = [binding.Name, binding.Filter, target, $"{binding.Taken}", $"{binding.Refused}"];
            run.Out.Items([.. fields.Select(MessageText.Bytes)]);
        }
    }
}
