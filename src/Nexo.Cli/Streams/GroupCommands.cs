using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Spectre.Console;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream group</c>: the consumer groups of a stream.</summary>
internal static class GroupCommands
{
    public static Command Create()
    {
        var command = new Command("group", "The consumer groups of a stream: list, show, create, seek, delete, consume")
        {
            CreateList(), CreateShow(), CreateCreate(), GroupSeekCommand.Create(), CreateDelete(), GroupConsumeCommand.Create(),
        };
        return command.WithExamples(
            ("Make one that is worked on in parallel", "nexo stream group create orders billing --mode shared"),
            ("Work on what comes", "nexo stream group consume orders billing --follow"),
            ("How far behind is it?", "nexo stream group list orders"));
    }

    public static StreamGroup<ReadOnlyMemory<byte>> Group(this ClientRun run, Argument<string> stream, Argument<string> group) =>
        run.Stream(stream).Group(run.Get(group));

    private static Command CreateList()
    {
        Argument<string> stream = StreamArguments.Stream();
        var command = new Command("list", "List the groups of a stream, and how far behind they are") { stream };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                Print(run, await run.Stream(stream).ListGroupsAsync(run.Cancel).ToListAsync(run.Cancel));
                return ExitCode.Ok;
            })
            .WithDetails("On a pipe one a line: name, mode, position, lag, and members, with tabs between.")
            .WithExamples(
                ("All of them", "nexo stream group list orders"),
                ("Those that lag", "nexo stream group list orders --json | jq -r 'select(.lag > 1000).group'"));
    }

    private static Command CreateShow()
    {
        Argument<string> stream = StreamArguments.Stream();
        Argument<string> group = StreamArguments.Group();
        var command = new Command("show", "Show a group, its lag and its members") { stream, group };
        command.Aliases.Add("describe");
        return command
            .OnServer(async run =>
            {
                Print(run, run.Get(stream), await run.Group(stream, group).DescribeAsync(run.Cancel));
                return ExitCode.Ok;
            })
            .WithDetails(
                "'position' is the offset of the first record that is not done, 'lag' how many from there on are not; 'epoch' counts "
                + "up when another member becomes active, and at a seek.")
            .WithExamples(
                ("All that is known", "nexo stream group show orders billing"),
                ("Who are its members?", "nexo stream group show orders billing --json | jq -r '.members[].name'"));
    }

    private static Command CreateCreate()
    {
        Argument<string> stream = StreamArguments.Stream();
        Argument<string> group = StreamArguments.Group();
        var options = new GroupOptions();
        var command = new Command("create", "Make a group, unless it is there") { stream, group };
        options.AddTo(command);
        return command
            .OnServer(async run =>
            {
                GroupMode mode = options.Mode(run);
                StreamGroupCreation created = await run.Group(stream, group)
                    .CreateAsync(mode, options.From(run), options.Of(run), run.Cancel);
                string done = created.Created ? "created" : "was there";
                run.Out.Result(
                    $"{created.Position}", $"{run.Out.Good(done)} {run.Out.Dim($"at offset {created.Position}")}", json =>
                    {
                        json.WriteBoolean("created", created.Created);
                        FactSheet sheet = new FactSheet()
                            .Text("stream", run.Get(stream))
                            .Text("group", run.Get(group))
                            .Text("mode", QueueText.WordOf(GroupOptions.Modes, mode))
                            .Number("position", (long)created.Position);
                        GroupOptions.Describe(sheet, mode, created.Options).WriteJson(json);
                    });
                return ExitCode.Ok;
            })
            .WithDetails(
                "A group is a durable position in the stream, at which its members go on together. Ordered: one of them gets all records "
                + "in their order, and another one takes over when it goes. Shared: all get records, of each key one at a time; a record "
                + "that fails comes again, and is a dead letter in the end. A group that is there stays as it is, and where it is. Prints "
                + "its position.")
            .WithExamples(
                ("From the first record on, in order", "nexo stream group create orders audit"),
                ("What comes from now on, by many", "nexo stream group create orders billing --mode shared --from end"),
                ("Keep what fails", "nexo stream group create orders billing --mode shared --dead-letter-stream failed"));
    }

    private static Command CreateDelete()
    {
        Argument<string> stream = StreamArguments.Stream();
        Argument<string> group = StreamArguments.Group();
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("delete", "Delete a group; the records stay") { stream, group, yes };
        command.Aliases.Add("rm");
        return command
            .OnServer(async run =>
            {
                bool asks = !run.Get(yes) && Confirmation.IsWanted(run);
                if (asks && !await Confirmation.AskAsync(run, $"Forget where '{run.Get(group)}' is in '{run.Get(stream)}'?"))
                {
                    return RemovalCommands.NotDone(run);
                }

                bool deleted = await run.Group(stream, group).DeleteAsync(run.Cancel);
                run.Out.Result(deleted ? "1" : "0", deleted ? run.Out.Good("deleted") : "there is no such group", json =>
                {
                    json.WriteString("stream", run.Get(stream));
                    json.WriteString("group", run.Get(group));
                    json.WriteBoolean("deleted", deleted);
                });
                return deleted ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithDetails("Its members are ended. Asks first on a terminal. Exit code 1 when there was none.")
            .WithExamples(("In a script", "nexo stream group delete orders billing --yes"));
    }

    private static void Print(ClientRun run, List<StreamGroupSummary> groups)
    {
        Table table = Tables.Create("group", "mode", "position", "lag", "members").AlignNumbers(from: 2);
        foreach (StreamGroupSummary group in groups)
        {
            string mode = QueueText.WordOf(GroupOptions.Modes, group.Mode);
            if (run.Out.Json)
            {
                run.Out.Object(json =>
                {
                    json.WriteString("group", group.Name);
                    json.WriteString("mode", mode);
                    json.WriteNumber("position", group.Position);
                    json.WriteNumber("lag", group.Lag);
                    json.WriteNumber("members", group.Members);
                });
            }
            else if (run.Out.ForPeople)
            {
                string name = run.Out.Shown(MessageText.Bytes(group.Name).Span);
                string[] cells = [name, mode, $"{group.Position}", $"{group.Lag:N0}", $"{group.Members:N0}"];
                table.AddRow([.. cells.Select(cell => new Text(cell))]);
            }
            else
            {
                string[] fields = [group.Name, mode, $"{group.Position}", $"{group.Lag}", $"{group.Members}"];
                run.Out.Items([.. fields.Select(MessageText.Bytes)]);
            }
        }

        if (run.Out.ForPeople)
        {
            run.Out.Render(console => console.Write(table));
        }
    }

    private static void Print(ClientRun run, string stream, StreamGroupDescription group)
    {
        FactSheet sheet = new FactSheet()
            .Text("stream", stream)
            .Text("group", group.Name)
            .Text("mode", QueueText.WordOf(GroupOptions.Modes, group.Mode))
            .Number("epoch", (long)group.Epoch)
            .Number("position", (long)group.Position)
            .Number("lag", group.Lag)
            .Number("dead_letters", group.DeadLetters);
        GroupOptions.Describe(sheet, group.Mode, group.Options);
        if (!run.Out.Json)
        {
            foreach (StreamGroupMember member in group.Members)
            {
                string heard = QueueText.Age(member.HeardAt, run.Console.Time.GetUtcNow());
                string name = run.Out.Shown(MessageText.Bytes(member.Name).Span);
                sheet.Text($"member_{member.Id}", $"{name}, {State(member)}, {member.InFlight} in flight, heard {heard} ago");
            }

            sheet.Write(run.Out);
            return;
        }

        run.Out.Object(json =>
        {
            sheet.WriteJson(json);
            json.WriteStartArray("members");
            foreach (StreamGroupMember member in group.Members)
            {
                json.WriteStartObject();
                json.WriteNumber("member", member.Id);
                json.WriteString("name", member.Name);
                json.WriteString("state", State(member));
                json.WriteNumber("in_flight", member.InFlight);
                json.WriteNumber("joined_at_ms", member.JoinedAt.ToUnixTimeMilliseconds());
                json.WriteNumber("heard_at_ms", member.HeardAt.ToUnixTimeMilliseconds());
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static string State(StreamGroupMember member) => ClientFailures.SnakeCase($"{member.State}");
}
