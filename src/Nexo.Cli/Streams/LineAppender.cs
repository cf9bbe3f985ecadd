using System.Threading.Channels;
using Nexo.Cli.Store;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Message = Nexo.Client.StreamMessage<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Streams;

/// <summary>
/// Appends a record for each line, in their order. Batches are as large as what was read while the one before was on its way to
/// disk: one line of somebody who types, thousands of a file.
/// </summary>
internal sealed class LineAppender(ClientRun run, NexoStream<ReadOnlyMemory<byte>> stream, AppendOptions options)
{
    private const int BatchRecords = 16_384;
    private const int BatchBytes = 1_024 * 1_024;

    // Refusals that are one record's fault, and not that of its neighbours.
    private static readonly ErrorCode[] OfOneRecord =
        [ErrorCode.ValueTooLarge, ErrorCode.KeyInvalid, ErrorCode.TimestampOutOfRange, ErrorCode.FrameTooLarge];

    private readonly Channel<LineBatch> _ready = Channel.CreateBounded<LineBatch>(1);
    private readonly IRecordLines _parser = options.Lines(run);

    // One batch of lines is one of its batches, so that it is refused as a whole.
    private readonly StreamProducer<ReadOnlyMemory<byte>>? _producer = options.Expected(run) is not null
        ? null
        : stream.CreateProducer(new StreamProducerOptions
        {
            Linger = TimeSpan.FromMinutes(1),
            BatchRecords = 65_536,
            BatchBytes = 8 * BatchBytes,
            BufferBytes = 64 * BatchBytes,
            BatchesInFlight = 1,
        });

    private readonly long _startedAt = run.Console.Time.GetTimestamp();
    private LineBatch _gathered = new();
    private ulong? _expected = options.Expected(run);
    private long _appended;
    private long _bytes;
    private ulong? _first;
    private StreamConflict? _conflict;

    public async Task<int> RunAsync()
    {
        await using Stream input = options.Value.Open(run);
        if (input == run.Console.Input && run.Console.InputIsTerminal)
        {
            run.Remark("reading from the terminal; Ctrl-D ends");
        }

        var lines = new LineReader(input);
        long? length = input.CanSeek ? input.Length : null;
        try
        {
            await TransferProgress.ShowAsync(
                run, "appending", length, () => (lines.BytesRead, Interlocked.Read(ref _appended)), () => AppendAllAsync(lines));
        }
        catch (Exception failure)
            when (failure is NexoException or OperationCanceledException or IOException or CliFailure or InvalidDataException)
        {
            run.Remark($"{StoreResults.Count(_appended, "record")} appended before that");
            throw;
        }

        return _conflict is { } conflict
            ? StreamAppendCommand.Refused(run, stream.Name, conflict, _appended)
            : Summarize();
    }

    private async Task AppendAllAsync(LineReader lines)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancel);
        Task gathering = GatherAsync(lines, over.Token);
        try
        {
            await foreach (LineBatch batch in _ready.Reader.ReadAllAsync(run.Cancel))
            {
                await AppendAsync(batch, 0, batch.Count);
                if (_conflict is not null)
                {
                    return;
                }
            }
        }
        finally
        {
            // What is read behind a refusal is not wanted; what went wrong with reading came through the channel.
            await over.CancelAsync();
            await gathering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Task disposing = _producer?.DisposeAsync().AsTask() ?? Task.CompletedTask;
            if (!run.Cancel.IsCancellationRequested)
            {
                await disposing;
            }

            // Else it may try for minutes to bring what it has to a server that is away; it ends with the client.
        }
    }

    private async Task GatherAsync(LineReader lines, CancellationToken cancel)
    {
        Exception? failure = null;
        try
        {
            await ReadAsync(lines, cancel);
        }
        catch (BadRecordException bad)
        {
            failure = BadLine(lines.LineNumber, bad);
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            failure = broken;
        }

        // Lines before the one that is at fault are appended all the same.
        if (_gathered.Count > 0)
        {
            await _ready.Writer.WriteAsync(_gathered, cancel);
        }

        _ready.Writer.Complete(failure);
    }

    private async Task ReadAsync(LineReader lines, CancellationToken cancel)
    {
        bool isFirst = true;
        do
        {
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                if (_gathered.Count == BatchRecords || (_gathered.Count > 0 && _gathered.Bytes + line.Length > BatchBytes))
                {
                    await _ready.Writer.WriteAsync(_gathered, cancel);
                    _gathered = new LineBatch();
                }

                Add(isFirst && line.Span.StartsWith("\uFEFF"u8) ? line.Span[3..] : line.Span, lines.LineNumber);
                isFirst = false;
            }
        }
        while (await FillAsync(lines, cancel));
    }

    /// <summary>Reads on; what a slow writer has sent so far is not held back for more.</summary>
    private async Task<bool> FillAsync(LineReader lines, CancellationToken cancel)
    {
        Task<bool> filling = lines.FillAsync(cancel).AsTask();
        while (!filling.IsCompleted && _gathered.Count > 0)
        {
            if (_ready.Writer.TryWrite(_gathered))
            {
                _gathered = new LineBatch();
                break;
            }

            await Task.WhenAny(filling, _ready.Writer.WaitToWriteAsync(cancel).AsTask());
        }

        return await filling;
    }

    private void Add(ReadOnlySpan<byte> line, long number)
    {
        // An empty line is a record like any other, but no object.
        if (_parser is PlainLines || !line.Trim(" \t\r"u8).IsEmpty)
        {
            _gathered.Add(_parser.Parse(line), number);
        }
    }

    private async Task AppendAsync(LineBatch batch, int start, int count)
    {
        StreamAppendResult result;
        try
        {
            result = await SendAsync(batch.Range(start, count));
        }
        catch (NexoException refused) when (OfOneRecord.Contains(refused.Code))
        {
            if (count == 1)
            {
                throw Refused(refused, batch.LineOf(start));
            }

            // Nothing of it is there: find the one, and append those before it.
            await AppendAsync(batch, start, count / 2);
            if (_conflict is null)
            {
                await AppendAsync(batch, start + (count / 2), count - (count / 2));
            }

            return;
        }

        _conflict = result.Conflict;
        if (_conflict is null)
        {
            _first ??= result.Offset;
            _expected += (ulong)count;
            _bytes += batch.Range(start, count).Sum(message => (long)message.Value.Length);
            Interlocked.Add(ref _appended, count);
        }
    }

    /// <summary>Appends all or none. A lost connection is bridged, unless something is expected: whether it holds is known only
    /// once then.</summary>
    private async Task<StreamAppendResult> SendAsync(IReadOnlyCollection<Message> messages)
    {
        if (_producer is null)
        {
            return await stream.AppendBatchAsync(messages, new StreamBatchOptions { ExpectedNext = _expected }, run.Cancel);
        }

        ValueTask<StreamAppendResult>? first = null;
        foreach (Message message in messages)
        {
            ValueTask<StreamAppendResult> posted = await _producer.PostAsync(message.Value, message.Options, run.Cancel);
            first ??= posted;
        }

        await _producer.FlushAsync(run.Cancel);
        return await first!.Value;
    }

    private int Summarize()
    {
        TimeSpan elapsed = run.Console.Time.GetElapsedTime(_startedAt);
        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        string rate = $"in {elapsed.TotalSeconds:N2}s, {_appended / seconds:N0}/s, {_bytes / seconds / 1_000_000:N1} MB/s";
        return StoreResults.Number(
            run, "appended", _appended, $"{StoreResults.Count(_appended, "record")} appended {run.Out.Dim(rate)}", json =>
            {
                json.WriteString("stream", stream.Name);
                json.WriteNumber("bytes", _bytes);
                json.WriteNumber("seconds", Math.Round(elapsed.TotalSeconds, 3));
                if (_first is { } first)
                {
                    json.WriteNumber("offset", first);
                }
            });
    }

    private CliFailure BadLine(long line, BadRecordException bad) =>
        new(ExitCode.Usage, "bad_line", $"line {line}: {bad.Message}", "the lines before it were appended") { Line = line };

    private CliFailure Refused(NexoException refused, long line) => new(
        ExitCode.Refused,
        ClientFailures.SnakeCase(refused.CodeName),
        $"line {line}: {refused.Message}",
        ClientFailures.Hint(refused.Code) ?? $"{StoreResults.Count(_appended, "record")} appended, all that were before it",
        refused)
    {
        Line = line,
    };
}

/// <summary>Records on their way, and which lines they were.</summary>
internal sealed class LineBatch
{
    private const int RecordOverhead = 32;

    private readonly List<Message> _messages = [];
    private readonly List<long> _lines = [];

    public int Count => _messages.Count;

    /// <summary>What they take up on their way, roughly.</summary>
    public long Bytes { get; private set; }

    public void Add(Message message, long line)
    {
        _messages.Add(message);
        _lines.Add(line);
        Bytes += RecordOverhead
            + message.Value.Length
            + (message.Options.Key?.ByteCount ?? 0)
            + (message.Options.Headers?.Sum(header => 3 * (header.Key.Length + header.Value.Length)) ?? 0);
    }

    public long LineOf(int index) => _lines[index];

    public IReadOnlyCollection<Message> Range(int start, int count) =>
        start == 0 && count == _messages.Count ? _messages : _messages.GetRange(start, count);
}
