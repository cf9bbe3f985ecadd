using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream group seek</c>.</summary>
internal static class GroupSeekCommand
{
    public static Command Create()
    {
        Argument<string> stream = StreamArguments.Stream();
        Argument<string> group = StreamArguments.Group();
        var place = new PlaceOptions("--to", "Where it goes on");
        var clamp = new Option<bool>("--clamp")
        {
            Description = "An offset that is not there (any more) stands for the nearest one",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what it would do" };
        var command = new Command("seek", "Have a group go on at another place") { stream, group };
        place.AddTo(command, required: true);
        command.Add(clamp);
        command.Add(dryRun);
        return command
            .OnServer(
                async run =>
                {
                    StreamSeekResult sought = await run.Group(stream, group)
                        .SeekAsync(place.Of(run)!.Value, run.Get(dryRun), run.Get(clamp), run.Cancel);
                    string would = run.Get(dryRun) ? "would go" : "goes";
                    string replayed = StoreResults.Count(sought.Replayed, "record");
                    run.Out.Result(
                        $"{sought.Replayed}",
                        $"{would} from {sought.Before} to {sought.After}; {replayed} that were done come again",
                        json =>
                        {
                            json.WriteString("stream", run.Get(stream));
                            json.WriteString("group", run.Get(group));
                            json.WriteBoolean("dry_run", run.Get(dryRun));
                            json.WriteNumber("before", sought.Before);
                            json.WriteNumber("after", sought.After);
                            json.WriteNumber("replayed", sought.Replayed);
                            json.WriteNumber("epoch", sought.Epoch);
                        });
                    return ExitCode.Ok;
                },
                ServerActions.LongTimeout)
            .WithDetails(
                "All records before the place are done then, and none behind it is. Members stay, and go on from there; what they have "
                + "by then is theirs no more. Prints how many records that were done come again.")
            .WithExamples(
                ("How much would the last hour be?", "nexo stream group seek orders billing --since 1h --dry-run"),
                ("All of it again", "nexo stream group seek orders billing --to beginning"),
                ("Pass over what there is", "nexo stream group seek orders billing --to end"));
    }
}
