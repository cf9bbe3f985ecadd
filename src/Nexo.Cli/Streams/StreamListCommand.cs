using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Spectre.Console;

namespace Nexo.Cli.Streams;

internal static class StreamListCommand
{
    public static Command Create()
    {
        Argument<string?> prefix = QueueArguments.Prefix("Only streams whose names begin with this");
        Option<long> limit =
            Parsers.Count("--limit", "Stop after so many streams; 0 is no limit", minimum: 0, defaultValue: 0);
        limit.Aliases.Add("-n");
        var command = new Command("list", "List streams and how much is in them") { prefix, limit };
        command.Aliases.Add("ls");
        return command
            .OnServer(async run =>
            {
                IAsyncEnumerable<StreamSummary> streams =
                    run.Client.Streams.ListAsync(run.Parsed.GetValue(prefix) ?? "", run.Cancel);
                int count = (int)Math.Min(run.Get(limit) is > 0 and long given ? given : int.MaxValue, int.MaxValue);
                Print(run.Out, await streams.Take(count).ToListAsync(run.Cancel));
                return ExitCode.Ok;
            })
            .WithDetails(
                "On a pipe one stream a line: name, offset of the first record, offset of the next one, and bytes, with tabs between.")
            .WithExamples(
                ("All of them", "nexo stream list"),
                ("The largest", "nexo stream list | sort -t \"$(printf '\\t')\" -k4 -nr | head -1"));
    }

    private static void Print(CliOutput output, List<StreamSummary> streams)
    {
        if (output.ForPeople)
        {
            Table table = Tables.Create("stream", "records", "first", "next", "bytes").AlignNumbers(from: 1);
            foreach (StreamSummary stream in streams)
            {
                string[] cells =
                [
                    output.Shown(MessageText.Bytes(stream.Name).Span),
                    $"{stream.Next - stream.First:N0}",
                    $"{stream.First}",
                    $"{stream.Next}",
                    $"{stream.Bytes:N0}",
                ];
                table.AddRow([.. cells.Select(cell => new Text(cell))]);
            }

            output.Render(console => console.Write(table));
            return;
        }

        foreach (StreamSummary stream in streams)
        {
            if (output.Json)
            {
                output.Object(json =>
                {
                    json.WriteString("stream", stream.Name);
                    json.WriteNumber("first", stream.First);
                    json.WriteNumber("next", stream.Next);
                    json.WriteNumber("bytes", stream.Bytes);
                });
                continue;
            }

            string[] fields = [stream.Name, $"{stream.First}", $"{stream.Next}", $"{stream.Bytes}"];
            output.Items([.. fields.Select(MessageText.Bytes)]);
        }
    }
}
