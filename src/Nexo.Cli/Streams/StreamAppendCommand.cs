using System.CommandLine;
using Nexo.Cli.Store;
using Nexo.Cli.Terminal;
using Nexo.Client;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream append</c>.</summary>
internal static class StreamAppendCommand
{
    public static Command Create()
    {
        Argument<string> stream = StreamArguments.Stream();
        var options = new AppendOptions();
        var command = new Command("append", "Append a record, or many") { stream };
        options.AddTo(command);
        return command
            .OnServer(async run => options.IsLines(run)
                ? await new LineAppender(run, run.Stream(stream), options).RunAsync()
                : await AppendAsync(run, run.Stream(stream), options))
            .WithDetails(
                "Returns when the record is as durable as the stream is defined, and prints its offset; of lines, how many there were, "
                + "in batches each of which is there as a whole or not at all. The first line that is refused ends it; those before it "
                + "stay. With --expect lines are appended only as long as nobody else appends between them. Exit code 1, and the offset "
                + "that is next, when what was expected does not hold.")
            .WithExamples(
                ("A record, after those of its key", "nexo stream append orders '{\"state\":\"paid\"}' --key order-7"),
                ("Every line of a log", "nexo stream append logs --lines --file /var/log/dpkg.log"),
                ("Objects by a field of theirs", "nexo stream append orders --key-field customer --file orders.ndjson"),
                ("What comes, as it comes", "tail -f app.log | nexo stream append logs --lines"),
                ("Only if it is still the next one", "nexo stream append order-7 shipped --expect 3"),
                ("Forget a key", "nexo stream append prices --key ACME --tombstone"));
    }

    private static async Task<int> AppendAsync(
        ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, AppendOptions options)
    {
        ReadOnlyMemory<byte> value = options.IsTombstone(run) ? default : await options.Value.ReadAsync(run);
        StreamAppendResult appended = await stream.AppendAsync(value, options.One(run), run.Cancel);
        return appended.Conflict is { } conflict ? Refused(run, stream.Name, conflict) : Print(run, stream.Name, appended);
    }

    /// <summary>What was expected does not hold.</summary>
    public static int Refused(ClientRun run, string stream, StreamConflict conflict, long appended = 0)
    {
        if (run.Out.Json)
        {
            run.Out.Object(json =>
            {
                json.WriteString("stream", stream);
                json.WriteNumber("appended", appended);
                json.WriteBoolean("conflict", true);
                json.WriteNumber("next", conflict.Next);
                json.WriteNumber("key_version", conflict.KeyVersion);
            });
        }

        string before = appended == 0 ? "not appended" : $"{StoreResults.Count(appended, "record")} appended, then no more";
        string version = conflict.KeyVersion == 0 ? "" : $", and the key has version {conflict.KeyVersion}";
        run.Remark($"{before}: the next offset is {conflict.Next}{version}");
        return ExitCode.Negative;
    }

    private static int Print(ClientRun run, string stream, in StreamAppendResult appended)
    {
        ulong offset = appended.Offset.GetValueOrDefault();
        ulong keyVersion = appended.KeyVersion;
        long timestamp = appended.Timestamp.GetValueOrDefault().ToUnixTimeMilliseconds();
        run.Out.Result($"{offset}", $"{run.Out.Good("appended")} {run.Out.Dim($"offset {offset}")}", json =>
        {
            json.WriteString("stream", stream);
            json.WriteNumber("appended", 1);
            json.WriteNumber("offset", offset);
            json.WriteNumber("key_version", keyVersion);
            json.WriteNumber("timestamp_ms", timestamp);
        });
        return ExitCode.Ok;
    }
}
