using System.CommandLine;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Store;

internal static class DumpCommand
{
    public static Command Create()
    {
        var prefix = new Option<string>("--prefix")
        {
            Description = "Only keys that begin with this",
            HelpName = "PREFIX",
            DefaultValueFactory = _ => "",
        };
        var command = new Command("dump", "Write entries as NDJSON, for 'nexo store load'") { prefix };
        return command
            .OnServer(async run =>
            {
                byte[] bytes = BytesArguments.Decode(run.Parsed, run.Parsed.GetValue(prefix)!, "prefix");
                long written = 0;
                var dump = new StoreDump(run.Store, run.Console.Time, run.Cancel);

                // On a terminal the lines themselves are the progress.
                bool silent = run.Console.OutputIsTerminal;
                long? total = silent || !Progress.IsWanted(run) ? null : await run.Store.CountAsync(bytes, run.Cancel);
                async Task WriteAllAsync()
                {
                    await foreach (StoreRecord record in dump.ReadAsync(bytes))
                    {
                        run.Out.Object(json => RecordWriter.Write(json, record));
                        written++;
                    }
                }

                await (silent
                    ? WriteAllAsync()
                    : TransferProgress.ShowAsync(run, "dumping", total, () => (written, written), WriteAllAsync));
                run.Remark($"{StoreResults.Count(written, "entry", "entries")} written");
                return ExitCode.Ok;
            })
            .WithDetails(
                "Values, hashes and expiries, in no order. Bytes that are not UTF-8 are written as base64, under names "
                + "that end in _base64. Entries may change while they are read; each is read whole.")
            .WithExamples(
                ("Save everything", "nexo store dump > backup.ndjson"),
                (
                    "Copy a prefix to another server",
                    "nexo store dump --prefix user: | nexo store load --url nexo://other"));
    }
}
