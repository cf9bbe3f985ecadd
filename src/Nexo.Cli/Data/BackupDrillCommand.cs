using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Server;

namespace Nexo.Cli.Data;

/// <summary><c>nexo backup drill</c>: without a server.</summary>
internal static class BackupDrillCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("FROM") { Description = "A backup, or a directory of backups: its newest" };
        var scratch = new Option<string?>("--scratch")
        {
            Description = "Where it is restored to for the time being [beside it]",
            HelpName = "DIR",
        };
        var command = new Command("drill", "Prove a backup by opening it") { from, scratch };
        return command
            .OnRun(async run =>
            {
                string file = Find(Path.GetFullPath(run.Get(from)));
                string place = Path.GetFullPath(run.Get(scratch) ?? Path.GetDirectoryName(file)!);
                if (!Directory.Exists(place))
                {
                    throw CliFailure.Usage($"there is no directory '{place}'");
                }

                BackupProof proof = await Spinner.ShowAsync(
                    run, "opening", BackupDrill.RunAsync(file, place, like: null, run.Console.Time, run.Cancel));
                Describe(file, proof).Write(run.Out);
                if (!proof.IsWhole)
                {
                    run.Remark("a server would not start on it: use another backup, and find out what this one has met with");
                }

                return proof.IsWhole ? ExitCode.Ok : ExitCode.Negative;
            })
            .WithoutServer()
            .WithDetails(
                "Restores it to a directory of its own, opens that as a server would, reads all that is in it, and takes the directory "
                + "away again: needs as much disk and memory as the data. Tells how much is in it, digests of the file and of what is in "
                + "it, and how long a server would take to start on it. Exit code 1: it does not open.")
            .WithExamples(
                ("The newest one of last night", "nexo backup drill /backups"),
                ("In a script", "nexo backup drill /backups/nexo-20300131T030000Z.backup --json | jq .problem"));
    }

    private static FactSheet Describe(string file, BackupProof proof)
    {
        var facts = new FactSheet()
            .Text("file", file)
            .Flag("opens", proof.IsWhole)
            .Text("problem", proof.Problem)
            .Number("bytes", proof.Bytes)
            .Text("sha256", proof.FileSha256)
            .Moment("created_at", proof.CreatedAt);
        if (!proof.IsWhole)
        {
            return facts;
        }

        BackupContents contents = proof.Contents;
        return facts
            .Number("entries", contents.Entries)
            .Number("queues", contents.Queues)
            .Number("messages", contents.Messages)
            .Number("streams", contents.Streams)
            .Number("records", contents.Records)
            .Number("retained", contents.Retained)
            .Number("bindings", contents.Bindings)
            .Number("sessions", contents.Sessions)
            .Number("schedules", contents.Schedules)
            .Text("content_digest", proof.ContentDigest)
            .Duration("start", proof.StartTook)
            .Duration("took", proof.Took);
    }

    private static string Find(string path)
    {
        if (File.Exists(path))
        {
            return path;
        }

        if (!Directory.Exists(path))
        {
            throw CliFailure.Usage($"there is no '{path}'");
        }

        return new DirectoryInfo(path).EnumerateFiles("*.backup").MaxBy(file => file.LastWriteTimeUtc)?.FullName
            ?? throw CliFailure.Usage($"'{path}' has no file *.backup");
    }
}
