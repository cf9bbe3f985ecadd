using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Record = Nexo.Client.StreamRecord<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream read</c>.</summary>
internal static class StreamReadCommand
{
    // What a request brings: large enough that asking costs nothing, small enough that the first record is here soon.
    private const int PageBytes = 256 * 1_024;

    public static Command Create()
    {
        Argument<string> stream = StreamArguments.Stream();
        var options = new ReadOptions();
        var command = new Command("read", "Print the records that there are") { stream };
        options.AddTo(command);
        return command
            .OnServer(run => RunAsync(run, run.Stream(stream), options))
            .WithDetails(
                "From the first record to the last; backward, from the last one to the first. Each is its value and a line's end; with "
                + "-v offset, time in ms, key and value with tabs between, and a value of several lines is refused unless --escape "
                + "makes one of it. With --json an object a record, which 'append --ndjson' takes. With --wait it waits when there is "
                + "none yet. An offset that is not there (any more) is refused, unless --clamp. Exit code 1 when there is no record.")
            .WithExamples(
                ("All of it", "nexo stream read orders"),
                ("What has become of one order", "nexo stream read orders --key order-7"),
                ("The last ten, the newest first", "nexo stream read orders --last 10 --backward -v"),
                ("One record, as it is", "nexo stream read orders --at 1234 --raw"),
                ("A day, for a program", "nexo stream read orders --from 2030-12-31 --json"),
                ("Copy a stream", "nexo stream read orders --json | nexo stream append copy --ndjson"));
    }

    private static async Task<int> RunAsync(ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, ReadOptions options)
    {
        RecordPrinter printer = options.Printer(run, stream.Name);
        long count = 0;
        await foreach (Record record in options.At(run) is { } at
            ? AtAsync(run, stream, at)
            : ReadAsync(run, stream, options))
        {
            printer.Print(record);
            count++;
        }

        if (count == 0)
        {
            run.Remark("no record");
        }

        return count > 0 ? ExitCode.Ok : ExitCode.Negative;
    }

    private static async IAsyncEnumerable<Record> ReadAsync(
        ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, ReadOptions options)
    {
        StreamReadOptions reading = options.Of(run) with { PageBytes = PageBytes };
        if (options.Wait(run) is { } wait)
        {
            // Tells where there is one, since the place may be another one by then, as the end is. What there is then is read as ever.
            StreamPage<ReadOnlyMemory<byte>> page = await stream.ReadPageAsync(reading with { Max = 1 }, wait, run.Cancel);
            if (page.Records is [{ } first] && !reading.Backward)
            {
                reading = reading with { From = StreamFrom.Offset(first.Offset) };
            }
        }

        if (!options.IsLastOfKey(run))
        {
            await foreach (Record record in stream.ReadAsync(reading, run.Cancel))
            {
                yield return record;
            }

            yield break;
        }

        // The last ones of a key are found from the end.
        List<Record> records = await stream.ReadAsync(reading, run.Cancel).ToListAsync(run.Cancel);
        long left = options.Count(run) ?? long.MaxValue;
        for (int i = records.Count - 1; i >= 0 && left > 0; i--, left--)
        {
            yield return records[i];
        }
    }

    // The next one is there when it itself was compacted away: that is not what was asked for.
    private static async IAsyncEnumerable<Record> AtAsync(
        ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, ulong offset)
    {
        var options = new StreamReadOptions { From = StreamFrom.Offset(offset), Max = 1 };
        StreamPage<ReadOnlyMemory<byte>> page;
        try
        {
            page = await stream.ReadPageAsync(options, cancellationToken: run.Cancel);
        }
        catch (NexoException failure) when (failure.Code == ErrorCode.OffsetOutOfRange)
        {
            run.Remark(failure.Message);
            yield break;
        }

        if (page.Records is [{ } record] && record.Offset == offset)
        {
            yield return record;
        }
    }
}
