using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Storage;

namespace Nexo.Cli.Data;

/// <summary><c>nexo backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var to = new Argument<string>("TO") { Description = "The file to write; it must not be there yet" };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var command = new Command("backup", "Copy all that a running server keeps into one file")
        {
            to, force, BackupDrillCommand.Create(),
        };
        return command
            .OnServer(
                async run =>
                {
                    string path = Path.GetFullPath(run.Get(to));
                    if (Directory.Exists(path) || !Directory.Exists(Path.GetDirectoryName(path)))
                    {
                        throw CliFailure.Usage(Directory.Exists(path)
                            ? $"'{path}' is a directory: name the file in it"
                            : $"there is no directory '{Path.GetDirectoryName(path)}'");
                    }

                    if (File.Exists(path) && !run.Get(force))
                    {
                        throw CliFailure.Usage($"'{path}' is there already", "choose another name, or give --force");
                    }

                    SnapshotReport written = await WriteAsync(run, path);
                    return StoreResults.Number(
                        run,
                        "bytes",
                        written.Bytes,
                        $"{StoreResults.Count(written.Bytes, "byte")}, {StoreResults.Count(written.Records, "record")}; verified",
                        json =>
                        {
                            json.WriteString("file", path);
                            json.WriteNumber("records", written.Records);
                        });
                },
                ServerActions.LongTimeout)
            .WithDetails(
                "The server goes on working. The file is consistent as of its end, was read back and checked, and is for "
                + "'nexo restore'. It gets its name only when it is complete and on disk.")
            .WithExamples(
                ("Every night", "nexo backup /backups/nexo-$(date +%F).backup"),
                ("Prove that it can be restored", "nexo backup drill /backups/nexo-2030-01-31.backup"));
    }

    private static async Task<SnapshotReport> WriteAsync(ClientRun run, string path)
    {
        string unfinished = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            long bytes = 0;
            await using (FileStream file = Create(unfinished))
            {
                var progress = new ByteCount(count => Volatile.Write(ref bytes, count));
                await TransferProgress.ShowAsync(
                    run,
                    "copying bytes:",
                    null,
                    () => (Volatile.Read(ref bytes), Volatile.Read(ref bytes)),
                    async () => await run.Client.Admin.BackupAsync(file, progress, run.Cancel));
                await file.FlushAsync(run.Cancel);
                RandomAccess.FlushToDisk(file.SafeFileHandle);
            }

            SnapshotReport report = await Spinner.ShowAsync(run, "verifying", Task.Run(() => Verify(unfinished)));
            if (!report.Ok)
            {
                throw new CliFailure(
                    ExitCode.Negative,
                    "damaged",
                    $"what was written is not what was sent: {report.Reason} at offset {report.Offset}",
                    "look at the disk, and try again");
            }

            var disk = new RealDisk(Path.GetDirectoryName(path)!);
            disk.Rename(Path.GetFileName(unfinished), Path.GetFileName(path));
            disk.SyncDirectory(string.Empty);
            return report;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static SnapshotReport Verify(string path) =>
        SnapshotReader.Verify(new RealDisk(Path.GetDirectoryName(path)!), Path.GetFileName(path));

    // What it holds is as secret as what the server keeps.
    private static FileStream Create(string path)
    {
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 256 * 1_024,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return new FileStream(path, options);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw CliFailure.Usage($"Cannot write '{path}': {refused.Message}");
        }
    }

    private sealed class ByteCount(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
