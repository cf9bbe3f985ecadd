using Nexo.Cli.Store;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Queues;

/// <summary>Pushes a message for each line, many in one request, in their order.</summary>
internal sealed class LinePusher(ClientRun run, NexoQueue<ReadOnlyMemory<byte>> queue, QueuePushOptions options)
{
    private const int BatchMessages = 1_000;
    private const int BatchBytes = 1_024 * 1_024;

    private readonly List<ReadOnlyMemory<byte>> _batch = [];
    private long _batchFirstLine;
    private int _batchBytes;
    private long _pushed;
    private long _deadLettered;

    /// <summary>Pushes all lines; the first that is refused ends it.</summary>
    public async Task<int> RunAsync(ValueInput input)
    {
        await using Stream stream = input.Open(run);
        if (stream == run.Console.Input && run.Console.InputIsTerminal)
        {
            run.Remark("reading from the terminal; Ctrl-D ends");
        }

        var lines = new LineReader(stream);
        long? length = stream.CanSeek ? stream.Length : null;
        try
        {
            await TransferProgress.ShowAsync(
                run, "pushing", length, () => (lines.BytesRead, _pushed), () => ReadAllAsync(lines));
        }
        catch (Exception failure) when (failure is NexoException or OperationCanceledException or IOException)
        {
            run.Remark($"{StoreResults.Count(_pushed, "message")} pushed before that");
            throw;
        }

        string dead = _deadLettered == 0 ? "" : $", {_deadLettered:N0} of them dead letters since the queue is full";
        return StoreResults.Number(run, "pushed", _pushed, $"{StoreResults.Count(_pushed, "message")} pushed{dead}", json =>
        {
            json.WriteString("queue", queue.Name);
            json.WriteNumber("dead_lettered", _deadLettered);
        });
    }

    private async Task ReadAllAsync(LineReader lines)
    {
        do
        {
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                // Own the bytes: the reader's change with its next read.
                Add(line.ToArray(), lines.LineNumber);
                if (_batch.Count == BatchMessages || _batchBytes >= BatchBytes)
                {
                    await PushAsync();
                }
            }

            // What a slow writer has sent so far is not held back for more.
            await PushAsync();
        }
        while (await lines.FillAsync(run.Cancel));
    }

    private void Add(byte[] line, long number)
    {
        _batchFirstLine = _batch.Count == 0 ? number : _batchFirstLine;
        _batch.Add(line);
        _batchBytes += line.Length;
    }

    private async Task PushAsync()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        IReadOnlyList<QueuePushItem> pushed =
            await queue.PushBatchAsync(_batch, options, cancellationToken: run.Cancel);
        _pushed += pushed.Count(item => item.IsPushed);
        _deadLettered += pushed.Count(item => item.Outcome == PushOutcome.DeadLettered);
        for (int i = 0; i < pushed.Count; i++)
        {
            if (!pushed[i].IsPushed)
            {
                throw Refused(pushed[i].Error, _batchFirstLine + i);
            }
        }

        _batch.Clear();
        _batchBytes = 0;
    }

    private CliFailure Refused(ErrorCode error, long line) => new(
        ExitCode.Refused,
        ClientFailures.SnakeCase($"{error}"),
        $"line {line}: the message was refused ({error}).",
        $"{StoreResults.Count(_pushed, "message")} pushed, none of the lines that have not been read")
    {
        Line = line,
        Retryable = ErrorCodes.IsRetryable(error),
    };
}
