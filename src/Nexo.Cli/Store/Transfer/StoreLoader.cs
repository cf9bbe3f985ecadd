using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Store.Transfer;

/// <summary>A line that was not stored, and why.</summary>
internal sealed record LoadError(long Line, string Reason, ErrorCode Code);

/// <summary>
/// Stores records over one connection with many requests on their way. Neighbouring values without an expiry share a
/// request; requests go out in the order of the lines, so the last line of a key wins.
/// </summary>
internal sealed class StoreLoader(NexoStore store, Action<LoadError> report, CancellationToken cancel)
{
    private const int BatchItemsMax = 256;
    private const int BatchBytesMax = 256 * 1_024;
    private const int HashRequestBytesMax = 1_024 * 1_024;
    private const int InFlightRequestsMax = 64;
    private const long InFlightBytesMax = 32 * 1_024 * 1_024;

    private readonly Queue<(Task<Outcome> Request, long Bytes)> _inFlight = new();
    private readonly List<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>> _batch = new(BatchItemsMax);
    private readonly List<long> _batchLines = new(BatchItemsMax);
    private long _batchBytes;
    private long _inFlightBytes;

    /// <summary>Records that the server has stored.</summary>
    public long Stored { get; private set; }

    /// <summary>Records that it has not.</summary>
    public long Failed { get; private set; }

    /// <summary>Sends a record, now or with the ones that follow.</summary>
    public async ValueTask AddAsync(StoreRecord record, long line)
    {
        if (record.Hash is null && record.TtlMs is null && record.ExpiresAtMs is null)
        {
            _batch.Add(new(record.Key, record.Value));
            _batchLines.Add(line);
            _batchBytes += record.Key.Length + record.Value.Length;
            if (_batch.Count >= BatchItemsMax || _batchBytes >= BatchBytesMax)
            {
                await SendBatchAsync();
            }

            return;
        }

        // A value of the same key may wait in the batch: it was first.
        await SendBatchAsync();
        long bytes = record.Key.Length
            + (record.Hash?.Sum(pair => (long)pair.Key.Length + pair.Value.Length) ?? record.Value.Length);
        await TrackAsync(record.Hash is null ? StoreValueAsync(record, line) : StoreHashAsync(record, line), bytes);
    }

    /// <summary>Sends what waits and takes every answer.</summary>
    public async Task FinishAsync()
    {
        await SendBatchAsync();
        await DrainAsync(0, 0);
    }

    /// <summary>After a failure: waits for what is still on its way and counts what was stored.</summary>
    public async Task SettleAsync()
    {
        while (_inFlight.TryDequeue(out (Task<Outcome> Request, long Bytes) sent))
        {
            await ((Task)sent.Request).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (sent.Request.IsCompletedSuccessfully)
            {
                Count(await sent.Request);
            }
        }
    }

    private async ValueTask SendBatchAsync()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        // The client encodes a request before it returns, but the answer is matched with the lines later.
        long[] lines = [.. _batchLines];
        ValueTask<IReadOnlyList<StoreSetItem>> request =
            store.SetManyBytesAsync(_batch, cancellationToken: cancel);
        long bytes = _batchBytes;
        _batch.Clear();
        _batchLines.Clear();
        _batchBytes = 0;
        await TrackAsync(BatchAsync(request, lines), bytes);
    }

    private static async Task<Outcome> BatchAsync(ValueTask<IReadOnlyList<StoreSetItem>> request, long[] lines)
    {
        IReadOnlyList<StoreSetItem> items = await request;
        LoadError[] errors =
        [
            .. lines.Zip(items)
                .Where(pair => !pair.Second.Stored)
                .Select(pair => new LoadError(pair.First, $"{pair.Second.Error}", pair.Second.Error)),
        ];
        return new Outcome(lines.Length - errors.Length, errors);
    }

    private Task<Outcome> StoreValueAsync(StoreRecord record, long line)
    {
        var options = new StoreSetOptions { Ttl = Ttl(record), ExpiresAt = ExpiresAt(record) };
        return OneAsync(store.SetBytesAsync(record.Key, record.Value, options, cancel).AsTask(), line);
    }

    // Delete first: the hash is then what the line says, not a mixture with what was there. All requests leave before
    // the first answer is awaited, so what follows on the connection comes after all of them.
    private Task<Outcome> StoreHashAsync(StoreRecord record, long line)
    {
        NexoKey key = record.Key;
        var requests = new List<Task> { store.DeleteAsync(key, cancellationToken: cancel).AsTask() };
        foreach (List<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>> part in Parts(record.Hash!))
        {
            requests.Add(store.HashSetBytesAsync(key, part, cancel).AsTask());
        }

        if (Ttl(record) is { } ttl)
        {
            requests.Add(store.ExpireAsync(key, ttl, cancel).AsTask());
        }
        else if (ExpiresAt(record) is { } at)
        {
            requests.Add(store.ExpireAsync(key, at, cancel).AsTask());
        }

        return OneAsync(Task.WhenAll(requests), line);
    }

    private static async Task<Outcome> OneAsync(Task request, long line)
    {
        try
        {
            await request;
            return new Outcome(1, []);
        }
        catch (NexoException refused) when (IsAboutOneRecord(refused.Code))
        {
            return new Outcome(0, [new LoadError(line, refused.Message, refused.Code)]);
        }
    }

    private async ValueTask TrackAsync(Task<Outcome> request, long bytes)
    {
        _inFlight.Enqueue((request, bytes));
        _inFlightBytes += bytes;
        await DrainAsync(InFlightRequestsMax, InFlightBytesMax);
    }

    // Answers are counted here alone, in the order of the lines: they arrive on threads of the client's.
    private async ValueTask DrainAsync(int requestsMax, long bytesMax)
    {
        while (_inFlight.Count > requestsMax || (_inFlight.Count > 0 && _inFlightBytes > bytesMax))
        {
            (Task<Outcome> request, long bytes) = _inFlight.Dequeue();
            _inFlightBytes -= bytes;
            Count(await request);
        }
    }

    private void Count(Outcome outcome)
    {
        Stored += outcome.Stored;
        foreach (LoadError error in outcome.Errors)
        {
            Failed++;
            report(error);
        }
    }

    private static bool IsAboutOneRecord(ErrorCode code) =>
        (int)code is >= (int)ErrorCode.InvalidArgument and < (int)ErrorCode.Internal
        || code is ErrorCode.OutOfMemory or ErrorCode.FrameTooLarge;

    private static TimeSpan? Ttl(in StoreRecord record) =>
        record.TtlMs is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static DateTimeOffset? ExpiresAt(in StoreRecord record) =>
        record.ExpiresAtMs is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static IEnumerable<List<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>>> Parts(
        IReadOnlyList<KeyValuePair<byte[], byte[]>> pairs)
    {
        var part = new List<KeyValuePair<NexoKey, ReadOnlyMemory<byte>>>();
        long bytes = 0;
        foreach ((byte[] field, byte[] value) in pairs)
        {
            if (bytes > 0 && bytes + value.Length > HashRequestBytesMax)
            {
                yield return part;
                part = [];
                bytes = 0;
            }

            part.Add(new(field, value));
            bytes += field.Length + value.Length;
        }

        yield return part;
    }

    /// <summary>What became of the lines of one request.</summary>
    private readonly record struct Outcome(long Stored, IReadOnlyList<LoadError> Errors);
}
