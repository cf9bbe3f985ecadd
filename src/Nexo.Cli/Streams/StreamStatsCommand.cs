using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

internal static class StreamStatsCommand
{
    public static Command Create()
    {
        Argument<string?> stream = new("STREAM")
        {
            Description = "The stream's name; without one, all streams together",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("stats", "Show the figures of a stream, or of all together") { stream };
        return command
            .OnServer(async run =>
            {
                string? name = run.Parsed.GetValue(stream);
                StreamStats stats = name is null
                    ? await run.Client.Streams.StatsAsync(run.Cancel)
                    : await run.Client.Stream(name).StatsAsync(run.Cancel);
                Describe(name, stats).Write(run.Out);
                return ExitCode.Ok;
            })
            .WithDetails("Totals count since the server's start, rates are those of the last ten seconds or so.")
            .WithExamples(
                ("All figures", "nexo stream stats orders"),
                ("How much is there on disk?", "nexo stream stats --json | jq .bytes"));
    }

    private static FactSheet Describe(string? name, StreamStats stats)
    {
        FactSheet sheet = name is null
            ? new FactSheet().Number("streams", stats.Streams)
            : new FactSheet().Text("stream", name);
        return sheet
            .Number("records", stats.Records)
            .Number("bytes", stats.Bytes)
            .Number("segments", stats.Segments)
            .Number("pending_bytes", stats.PendingBytes)
            .Number("readers", stats.Readers)
            .Number("groups", stats.Groups)
            .Number("producers", stats.Producers)
            .Number("keys", stats.Keys)
            .Rate("appended_per_second", stats.AppendedPerSecond)
            .Rate("read_per_second", stats.ReadPerSecond)
            .Number("appended", stats.Appended)
            .Number("appended_bytes", stats.AppendedBytes)
            .Number("read", stats.Read)
            .Number("read_bytes", stats.ReadBytes)
            .Number("duplicates", stats.Duplicates)
            .Number("conflicts", stats.Conflicts)
            .Number("trimmed", stats.Trimmed)
            .Number("compacted", stats.Compacted)
            .Number("saved_bytes", stats.SavedBytes);
    }
}
