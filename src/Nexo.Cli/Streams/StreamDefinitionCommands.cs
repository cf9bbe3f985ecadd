using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary><c>create</c>, <c>update</c> and <c>show</c>.</summary>
internal static class StreamDefinitionCommands
{
    public static Command CreateCreate()
    {
        Argument<string> stream = StreamArguments.Stream();
        var definition = new StreamDefinitionOptions();
        var command = new Command("create", "Make a stream, unless it is there") { stream };
        definition.AddTo(command);
        return command
            .OnServer(async run =>
            {
                StreamCreation created = await run.Stream(stream).CreateAsync(definition.Of(run), run.Cancel);
                Print(run, created.Definition, created.Created ? "created" : "was there", created.Created);
                return ExitCode.Ok;
            })
            .WithDetails(
                "A stream that is there stays as it is. It must have the options that are given, else the command is refused; "
                + "'update' changes them. What is too old, or too much, goes in pieces of some size, from the first record on.")
            .WithExamples(
                ("With the defaults: durable, kept for ever", "nexo stream create orders"),
                ("A week of an audit log, at most 10 GB", "nexo stream create audit --max-age 7d --max-bytes 10000000000"),
                ("The last price of each share, by its key", "nexo stream create prices --compaction on"),
                ("Nothing that a group has still to read goes", "nexo stream create jobs --max-age 1d --protect-groups on"));
    }

    public static Command CreateUpdate()
    {
        Argument<string> stream = StreamArguments.Stream();
        var definition = new StreamDefinitionOptions();
        var revision = new Option<ulong?>("--if-revision")
        {
            Description = "Only if the definition has this revision",
            HelpName = "N",
        };
        var command = new Command("update", "Change options of a stream") { stream };
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
                StreamDefinition changed = await run.Stream(stream).UpdateAsync(definition.Of(run), run.Get(revision), run.Cancel);
                Print(run, changed, "changed", created: null);
                return ExitCode.Ok;
            })
            .WithDetails("Options that are not given stay as they are. On a pipe the new revision is printed.")
            .WithExamples(
                ("Keep more", "nexo stream update audit --max-age 30d"),
                ("Only if nobody else has changed it", "nexo stream update audit --max-bytes 0 --if-revision 3"));
    }

    public static Command CreateShow()
    {
        Argument<string> stream = StreamArguments.Stream();
        var command = new Command("show", "Show how a stream is defined, and which offsets it has") { stream };
        command.Aliases.Add("describe");
        return command
            .OnServer(async run =>
            {
                StreamDescription shown = await run.Stream(stream).DescribeAsync(run.Cancel);
                FactSheet sheet = Begin(shown.Name, shown.Revision)
                    .Number("first", (long)shown.First)
                    .Number("next", (long)shown.Next);
                sheet = StreamDefinitionOptions.Describe(sheet, shown.Options);
                if (shown.Options.Compaction == true)
                {
                    StreamStats stats = await run.Stream(stream).StatsAsync(run.Cancel);
                    sheet = sheet.Number("saved_bytes", stats.SavedBytes).Moment("compacted_at", stats.CompactedAt);
                }

                sheet.Write(run.Out);
                return ExitCode.Ok;
            })
            .WithDetails(
                "'first' is the offset of the first record that there is, 'next' the one that the next append gets. With compaction, "
                + "'saved_bytes' is what the files have less for it, and 'compacted_at' when it was last done.")
            .WithExamples(
                ("All that is set", "nexo stream show orders"),
                ("At which version is it?", "nexo stream show orders --json | jq .next"));
    }

    private static FactSheet Begin(string name, ulong revision) =>
        new FactSheet().Text("stream", name).Number("revision", (long)revision);

    private static void Print(ClientRun run, StreamDefinition definition, string what, bool? created) => run.Out.Result(
        $"{definition.Revision}",
        $"{run.Out.Good(what)} {run.Out.Dim($"revision {definition.Revision}")}",
        json =>
        {
            if (created is { } value)
            {
                json.WriteBoolean("created", value);
            }

            StreamDefinitionOptions.Describe(Begin(definition.Name, definition.Revision), definition.Options).WriteJson(json);
        });
}
