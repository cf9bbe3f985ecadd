using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Data;

/// <summary><c>nexo snapshot</c>.</summary>
internal static class SnapshotCommand
{
    public static Command Create() => new Command("snapshot", "Have the server write a snapshot now")
        .OnServer(
            async run =>
            {
                NexoSnapshot snapshot = await Spinner.ShowAsync(
                    run, "writing", run.Client.Admin.SnapshotAsync(run.Cancel).AsTask());
                return StoreResults.Number(
                    run,
                    "bytes",
                    snapshot.Bytes,
                    $"{StoreResults.Count(snapshot.Bytes, "byte")}, up to record {snapshot.Position:N0} of the log",
                    json => json.WriteNumber("position", snapshot.Position));
            },
            ServerActions.LongTimeout)
        .WithDetails(
            "Returns when it is on disk, and prints its size in bytes. The server writes snapshots by itself; this is for "
            + "a shorter recovery before a planned restart.")
        .WithExamples(("Before a restart", "nexo snapshot && systemctl restart nexo"));
}
