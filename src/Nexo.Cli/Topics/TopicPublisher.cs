using System.Text;
using Nexo.Cli.Store;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Topics;

/// <summary>Publishes many messages to a topic in their order: confirmed, many in one request, or not.</summary>
internal sealed class TopicPublisher(ClientRun run, string topic, TopicPublishOptions options, bool confirms)
{
    private const int BatchMessages = 1_000;
    private const int BatchBytes = 1_024 * 1_024;

    private readonly List<TopicPublication<ReadOnlyMemory<byte>>> _batch = [];
    private readonly int _bytesBesidesBody = Encoding.UTF8.GetByteCount(topic)
        + (options.Headers ?? []).Sum(header => Encoding.UTF8.GetByteCount(header.Key) + Encoding.UTF8.GetByteCount(header.Value));

    private long _batchFirst;
    private int _batchBytes;
    private volatile TopicPublishFailedEventArgs? _failed;

    public string Topic => topic;

    /// <summary>True: it is known what the messages have reached.</summary>
    public bool Confirms => confirms;

    /// <summary>Messages that were published, or sent where nobody confirms.</summary>
    public long Published { get; private set; }

    /// <summary>Subscriptions that they go to, summed.</summary>
    public long Receivers { get; private set; }

    /// <summary>Targets of bindings that have taken them, summed.</summary>
    public long Bindings { get; private set; }

    public Task PublishManyAsync(ReadOnlyMemory<byte> body, long count) => WatchAsync(async () =>
    {
        for (long i = 1; i <= count; i++)
        {
            await AddAsync(body, i);
        }

        await FlushAsync();
    });

    /// <summary>Publishes all lines; the first that is refused ends it.</summary>
    public async Task PublishLinesAsync(ValueInput input)
    {
        await using Stream stream = input.Open(run);
        if (stream == run.Console.Input && run.Console.InputIsTerminal)
        {
            run.Remark("reading from the terminal; Ctrl-D ends");
        }

        var lines = new LineReader(stream);
        long? length = stream.CanSeek ? stream.Length : null;
        await WatchAsync(() => TransferProgress.ShowAsync(
            run, "publishing", length, () => (lines.BytesRead, Published), () => ReadAllAsync(lines)));
    }

    private async Task ReadAllAsync(LineReader lines)
    {
        do
        {
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                // Own the bytes: the reader's change with its next read.
                await AddAsync(confirms ? line.ToArray() : line, lines.LineNumber);
            }

            // What a slow writer has sent so far is not held back for more.
            await FlushAsync();
        }
        while (await lines.FillAsync(run.Cancel));
    }

    private async ValueTask AddAsync(ReadOnlyMemory<byte> body, long number)
    {
        if (!confirms)
        {
            await run.Client.Topics.PostAsync(topic, body, options, run.Cancel);
            Published++;
            ThrowIfRefused();
            return;
        }

        // Before one that would make the request larger than it should be: each fits by itself.
        int bytes = _bytesBesidesBody + body.Length;
        if (_batchBytes + bytes > BatchBytes)
        {
            await FlushAsync();
        }

        _batchFirst = _batch.Count == 0 ? number : _batchFirst;
        _batch.Add(new TopicPublication<ReadOnlyMemory<byte>>(topic, body, options));
        _batchBytes += bytes;
        if (_batch.Count == BatchMessages)
        {
            await FlushAsync();
        }
    }

    private async ValueTask FlushAsync()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        IReadOnlyList<TopicPublishItem> published = await run.Client.Topics.PublishBatchAsync(_batch, run.Cancel);
        Published += published.Count(item => item.IsPublished);
        Receivers += published.Sum(item => (long)item.Receivers);
        Bindings += published.Sum(item => (long)item.Bindings);
        for (int i = 0; i < published.Count; i++)
        {
            if (!published[i].IsPublished)
            {
                throw Refused(published[i].Error, _batchFirst + i);
            }
        }

        _batch.Clear();
        _batchBytes = 0;
    }

    private async Task WatchAsync(Func<Task> publish)
    {
        void Fail(object? sender, TopicPublishFailedEventArgs failed) => _failed ??= failed;
        run.Client.Topics.PublishFailed += Fail;
        try
        {
            await publish();
            if (!confirms)
            {
                await run.Client.Topics.FlushAsync(run.Cancel);
                ThrowIfRefused();
            }
        }
        catch (Exception failure) when (failure is NexoException or OperationCanceledException or IOException)
        {
            run.Remark($"{StoreResults.Count(Published, "message")} published before that");
            throw;
        }
        finally
        {
            run.Client.Topics.PublishFailed -= Fail;
        }
    }

    private void ThrowIfRefused()
    {
        if (_failed is { } failed)
        {
            throw failed.Error;
        }
    }

    private CliFailure Refused(ErrorCode error, long number) => new(
        ExitCode.Refused,
        ClientFailures.SnakeCase($"{error}"),
        $"message {number} was refused ({error}).",
        ClientFailures.Hint(error) ?? $"{StoreResults.Count(Published, "message")} published, none behind those of its request")
    {
        Line = number,
        Retryable = ErrorCodes.IsRetryable(error),
    };
}
