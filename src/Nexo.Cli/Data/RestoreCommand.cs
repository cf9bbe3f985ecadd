using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Server.Brokers;
using Nexo.Storage;

namespace Nexo.Cli.Data;

/// <summary><c>nexo restore</c>: without a server.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("FILE") { Description = "A file that nexo backup wrote" };
        from.Validators.Add(result => Files.RequireThere(result, string.Empty));
        var data = new Option<string>("--data")
        {
            Description = "The data directory to make; empty, or not there yet",
            HelpName = "DIR",
            Required = true,
        };
        var space = new Option<string?>("--namespace")
        {
            Description = "The namespace that it is to be, in a directory of its own below DIR [the default one]",
            HelpName = "NAME",
        };
        var command = new Command("restore", "Make a data directory of a backup") { from, data, space };
        return command
            .OnRun(async run =>
            {
                string target = TargetOf(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Get(data)!)), run.Get(space));
                SnapshotReport made = await Spinner.ShowAsync(
                    run, "restoring", Task.Run(() => RestoreAsync(run, Path.GetFullPath(run.Get(from)), target)));
                return StoreResults.Number(
                    run,
                    "records",
                    made.Records,
                    $"{StoreResults.Count(made.Records, "record")} in {target}: start a server on it with --data "
                        + run.Get(data),
                    json =>
                    {
                        json.WriteString("data", target);
                        json.WriteNumber("bytes", made.Bytes);
                    });
            })
            .WithoutServer()
            .WithDetails(
                "The backup is checked first, and the copy afterwards. The directory gets its name only when it is complete, so "
                + "a restore that was interrupted leaves nothing that a server would start on.")
            .WithExamples(
                (
                    "Bring a server back",
                    "nexo restore /backups/nexo-2030-01-31.backup --data /var/lib/nexo && nexo serve --data /var/lib/nexo"),
                ("A namespace of it", "nexo restore /backups/shop-2030-01-31.backup --data /var/lib/nexo --namespace shop"));
    }

    private static string TargetOf(string data, string? space) => space is null or Namespaces.Default ? data
        : Namespaces.FaultOf(space) is { } fault ? throw CliFailure.Usage($"'{space}' cannot be a namespace: {fault}.")
        : Path.Combine(data, DataDirectory.NamespacesDirectory, space);

    private static async Task<SnapshotReport> RestoreAsync(CommandRun run, string file, string target)
    {
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw CliFailure.Usage($"'{target}' is not empty", "choose another directory, or move that one away");
        }

        string parent = Path.GetDirectoryName(target)
            ?? throw CliFailure.Usage($"'{target}' cannot be a data directory");
        string unfinished = $"{target}.restoring-{Environment.ProcessId}";
        try
        {
            new RealDisk(parent).CreateDirectory(string.Empty);
            using IDiskFile backup = new RealDisk(Path.GetDirectoryName(file)!).Open(
                Path.GetFileName(file), forWriting: false);
            SnapshotReport report = await Restoration.RunAsync(
                backup, new RealDisk(unfinished), run.Console.Time, new NoticeLines(run));
            if (!report.Ok)
            {
                throw new CliFailure(
                    ExitCode.Negative,
                    "damaged",
                    $"'{file}' is not a whole backup: {report.Reason} at offset {report.Offset}",
                    "use another one; nothing was written");
            }

            // An empty directory stands in the way of a rename on some systems.
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(unfinished, target);
            new RealDisk(parent).SyncDirectory(string.Empty);
            return report;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCode.Usage, "io", refused.Message, null, refused);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }
}
