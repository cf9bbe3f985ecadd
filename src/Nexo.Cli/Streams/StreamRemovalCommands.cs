using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Streams;

/// <summary><c>trim</c> and <c>delete</c>.</summary>
internal static class StreamRemovalCommands
{
    public static Command CreateTrim()
    {
        Argument<string> stream = StreamArguments.Stream();
        Option<long?> offset = Parsers.Number("--before", "Records before this offset go", 0);
        Option<TimeSpan?> age = Parsers.Duration("--older-than", "Records that are older than this go");
        Option<DateTimeOffset?> time = Parsers.Moment("--before-time", "Records before the first one of this moment or a later one go");
        Option<long?> records = Parsers.Number("--keep", "All but the last so many records go", 0);
        Option<long?> bytes = Parsers.Number("--keep-bytes", "All but the last so many bytes go, roughly", 0);
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("trim", "Let the first records of a stream go") { stream, offset, age, time, records, bytes, yes };
        Option[] ways = [offset, age, time, records, bytes];
        command.Validators.Add(result =>
        {
            if (ways.Count(way => result.GetResult(way) is { Implicit: false }) != 1)
            {
                result.AddError($"Give one of {string.Join(", ", ways[..^1].Select(way => way.Name))} and {ways[^1].Name}.");
            }
        });
        return command
            .OnServer(
                async run =>
                {
                    bool asks = !run.Get(yes) && Confirmation.IsWanted(run);
                    if (asks && !await Confirmation.AskAsync(run, $"Let records of '{run.Get(stream)}' go for good?"))
                    {
                        return RemovalCommands.NotDone(run);
                    }

                    ulong first = await TrimAsync(run.Stream(stream));
                    return StoreResults.Number(
                        run,
                        "first",
                        (long)first,
                        $"{run.Out.Good("trimmed")} {run.Out.Dim($"the first record that stays is {first}")}",
                        json => json.WriteString("stream", run.Get(stream)));

                    ValueTask<ulong> TrimAsync(NexoStream named) =>
                        run.Get(offset) is { } before ? named.TrimBeforeAsync((ulong)before, run.Cancel)
                        : run.Get(age) is { } old ? named.TrimBeforeAsync(PlaceText.Before(run.Console.Time.GetUtcNow(), old), run.Cancel)
                        : run.Get(time) is { } moment ? named.TrimBeforeAsync(moment, run.Cancel)
                        : run.Get(records) is { } kept ? named.TrimToLastAsync(TrimBy.Records, (ulong)kept, run.Cancel)
                        : named.TrimToLastAsync(TrimBy.Bytes, (ulong)run.Get(bytes)!.Value, run.Cancel);
                },
                ServerActions.LongTimeout)
            .WithDetails(
                "At once, also what groups have not done. Offsets stay: none is given twice. Asks first on a terminal. Prints the offset "
                + "of the first record that stays.")
            .WithExamples(
                ("What is before an offset", "nexo stream trim orders --before 1234"),
                ("All but the last million", "nexo stream trim orders --keep 1000000 --yes"),
                ("What is older than a month", "nexo stream trim audit --older-than 30d"));
    }

    public static Command CreateDelete()
    {
        Argument<string> stream = StreamArguments.Stream();
        var ifUnused = new Option<bool>("--if-unused") { Description = "Only if it has neither a reader nor a group" };
        Option<bool> yes = QueueArguments.Yes();
        var command = new Command("delete", "Delete a stream with its records and groups") { stream, ifUnused, yes };
        command.Aliases.Add("rm");
        return command
            .OnServer(
                async run =>
                {
                    if (!run.Get(yes) && !await ConfirmAsync(run, run.Stream(stream)))
                    {
                        return RemovalCommands.NotDone(run);
                    }

                    StreamDeleteConditions conditions =
                        run.Get(ifUnused) ? StreamDeleteConditions.IfUnused : StreamDeleteConditions.None;
                    long removed = await run.Stream(stream).DeleteAsync(conditions, run.Cancel);
                    return StoreResults.Number(
                        run,
                        "removed",
                        removed,
                        $"{run.Out.Good("deleted")} with {StoreResults.Count(removed, "record")}",
                        json => json.WriteString("stream", run.Get(stream)));
                },
                ServerActions.LongTimeout)
            .WithDetails("Its readers are ended. Asks first on a terminal. Prints how many records went with it.")
            .WithExamples(
                ("In a script", "nexo stream delete orders --yes"),
                ("Only if nobody misses it", "nexo stream delete orders --if-unused --yes"));
    }

    private static async Task<bool> ConfirmAsync(ClientRun run, NexoStream stream)
    {
        if (!Confirmation.IsWanted(run))
        {
            return true;
        }

        StreamDescription shown = await stream.DescribeAsync(run.Cancel);
        return await Confirmation.AskAsync(
            run, $"Delete '{stream.Name}' with {StoreResults.Count((long)(shown.Next - shown.First), "record")}?");
    }
}
