using System.CommandLine;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Record = Nexo.Client.StreamRecord<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary><c>nexo stream tail</c>.</summary>
internal static class StreamTailCommand
{
    public static Command Create()
    {
        Argument<string> stream = StreamArguments.Stream();
        var place = new PlaceOptions("--from", "Begin here [end]");
        Option<string?> key = StreamArguments.Key("Only records with this key");
        Option<long?> count = Parsers.Number("--count", "Stop after so many records [no end]", 1);
        count.Aliases.Add("-n");
        var clamp = new Option<bool>("--clamp")
        {
            Description = "Go on with what is there when an offset is not, or what comes next has gone meanwhile",
        };
        var print = new PrintOptions();
        var command = new Command("tail", "Print records as they are appended") { stream };
        place.AddTo(command);
        Option[] others = [key, count, clamp];
        Array.ForEach(others, command.Add);
        print.AddTo(command);
        return command
            .OnServer(run => RunAsync(
                run,
                run.Stream(stream),
                new StreamTailOptions
                {
                    From = place.Of(run),
                    Key = run.Key(key) ?? NexoKey.Empty,
                    Clamp = run.Get(clamp),
                },
                print.Of(run, run.Get(stream)),
                run.Get(count) ?? long.MaxValue))
            .WithDetails(
                "Until Ctrl-C, or --count. A connection that is lost is bridged: nothing is missed, and nothing comes twice. Printed as "
                + "'read' does. It ends when what comes next has gone meanwhile, because the stream keeps no more, unless --clamp.")
            .WithExamples(
                ("What comes from now on", "nexo stream tail orders"),
                ("And what came in the last ten minutes", "nexo stream tail orders --since 10m"),
                ("One customer's, after the last hundred of all", "nexo stream tail orders --key customer-7 --last 100"),
                ("Wait for the next one", "nexo stream tail jobs --count 1 --json"),
                ("Go on where a program has stopped", "nexo stream tail orders --from 1235 --json"));
    }

    private static async Task<int> RunAsync(
        ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, StreamTailOptions options, RecordPrinter printer, long left)
    {
        run.Remark("waiting for records; Ctrl-C ends");
        TellLosses(run);
        try
        {
            await PrintAsync(run, stream, options, printer, left);
        }
        catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested)
        {
            // Ctrl-C ends it as it is meant to.
        }

        return ExitCode.Ok;
    }

    private static async Task PrintAsync(
        ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, StreamTailOptions options, RecordPrinter printer, long left)
    {
        IAsyncEnumerator<Record> records = stream.TailAsync(options, run.Cancel).GetAsyncEnumerator(run.Cancel);
        await using (records)
        {
            while (true)
            {
                ValueTask<bool> next = records.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    // Many that are here are written at once; who waits for the next one sees all before it.
                    run.Out.Flush();
                }

                await next;
                printer.Print(records.Current);
                if (--left == 0)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Silence may last for hours: who looks at it is to know whether it still listens.</summary>
    public static void TellLosses(ClientRun run) => run.Client.StateChanged += (_, change) => Tell(run, change.Current);

    private static void Tell(ClientRun run, NexoConnectionState state)
    {
        if (state == NexoConnectionState.Connecting)
        {
            run.Remark("the connection is lost; trying again");
        }
        else if (state == NexoConnectionState.Connected)
        {
            run.Remark("connected again");
        }
    }
}
