using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>
/// A pop that may wait for others: keeps what it gets, which comes from the thread that pushes, until its connection writes it.
/// </summary>
/// <param name="bytesMax">What an answer may have: when it is reached no more is taken.</param>
internal sealed class RespPop(int bytesMax) : IStorePopTarget
{
    // In memory, more than on the wire.
    private const int ItemOverheadBytes = 40;

    private readonly TaskCompletionSource<StoreStatus> _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(byte[] Item, double Score)> _items = [];
    private long _bytes;

    public byte[] Key { get; private set; } = [];

    public IReadOnlyList<(byte[] Item, double Score)> Items => _items;

    /// <summary>Writes the answer when there are items.</summary>
    public required Action<RespWriter, RespPop> Write { get; init; }

    public bool Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> item, double score)
    {
        // Own the bytes here: they lie in the store's memory.
        Key = _items.Count == 0 ? key.ToArray() : Key;
        _items.Add((item.ToArray(), score));
        _bytes += item.Length + ItemOverheadBytes;
        return _bytes <= bytesMax;
    }

    public void Complete(StoreStatus status) => _served.TrySetResult(status);

    /// <summary>Pops, or waits for so long and not beyond the token; <see cref="StoreStatus.NotFound"/>: nothing came.</summary>
    public async ValueTask<StoreStatus> WaitAsync(StoreService store, StorePop pop, TimeSpan timeout, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return StoreStatus.NotFound;
        }

        StoreStatus status = store.Pop(pop, waits: true);
        if (status != StoreStatus.NotFound)
        {
            return status;
        }

        try
        {
            return await _served.Task.WaitAsync(timeout, cancel);
        }
        catch (Exception ended) when (ended is TimeoutException or OperationCanceledException)
        {
            // Off the thread that has ended it: that one is within a command of its own, and may hold all of the store.
            await Task.Yield();

            // It may have been served in the same moment: then what it got is its answer.
            return store.Cancel(pop) ? StoreStatus.NotFound : await _served.Task;
        }
    }

    /// <summary>Reads seconds, 0 for ever; false: it was answered with an error.</summary>
    public static bool TryTimeout(in RespRequest request, int index, out TimeSpan timeout)
    {
        timeout = Timeout.InfiniteTimeSpan;
        if (!RespNumbers.TryDouble(request[index], out double seconds) || !double.IsFinite(seconds))
        {
            request.Fail("ERR timeout is not a float or out of range"u8);
            return false;
        }

        if (seconds < 0)
        {
            request.Fail("ERR timeout is negative"u8);
            return false;
        }

        if (seconds * 1_000 > long.MaxValue)
        {
            request.Fail("ERR timeout is out of range"u8);
            return false;
        }

        if (seconds > 0)
        {
            // A timer has no more than 49 days.
            timeout = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(seconds * 1_000), 1, uint.MaxValue - 1));
        }

        return true;
    }
}
