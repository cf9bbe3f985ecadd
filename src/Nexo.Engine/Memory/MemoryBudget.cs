namespace Nexo.Engine.Memory;

/// <summary>
/// The store's memory limit. Arenas take credit from it in chunks, so that no counter is contended per operation; what
/// an arena holds unused is at most a few chunks, and a chunk is a small part of the limit.
/// </summary>
internal sealed class MemoryBudget
{
    private const int ChunkBytesMin = 1_024;
    private const int ChunkBytesMax = 1_024 * 1_024;
    private const int ChunksPerArena = 32;

    // The process's limit is that of several stores and all queues besides.
    private const int CapChunksPerArena = 128;

    private readonly MemoryCap _cap;
    private readonly bool _isCache;
    private long _granted;
    private volatile bool _closed;

    /// <param name="bytesMax">The limit; 0: none.</param>
    /// <param name="arenas">How many share it.</param>
    /// <param name="cap">What the process may take; null: no limit.</param>
    /// <param name="isCache">Whoever is refused has something to let go of instead.</param>
    public MemoryBudget(long bytesMax, int arenas, MemoryCap? cap = null, bool isCache = false)
    {
        BytesMax = bytesMax;
        _cap = cap ?? MemoryCap.None;
        _isCache = isCache;
        ChunkBytes = Math.Clamp(
            Math.Min(Part(bytesMax, arenas * (long)ChunksPerArena), Part(_cap.BytesMax, arenas * (long)CapChunksPerArena)),
            ChunkBytesMin,
            ChunkBytesMax);
    }

    /// <summary>The limit; 0: none.</summary>
    public long BytesMax { get; }

    public long ChunkBytes { get; }

    public long Available => BytesMax == 0 ? long.MaxValue : BytesMax - Volatile.Read(ref _granted);

    /// <summary>
    /// Takes credit if the limit leaves it: a chunk more than is needed if possible, else just that.
    /// </summary>
    public bool TryTake(long needed, out long taken)
    {
        taken = needed + ChunkBytes;
        if (TryGrant(taken))
        {
            return true;
        }

        taken = needed;
        return TryGrant(taken);
    }

    /// <summary>Takes credit that is used already, whatever the limit is.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _granted, bytes);

    public void Return(long bytes) => Interlocked.Add(ref _granted, -bytes);

    /// <summary>Grants nothing any more: the memory is gone.</summary>
    public void Close() => _closed = true;

    private static long Part(long bytesMax, long parts) => bytesMax == 0 ? ChunkBytesMax : bytesMax / parts;

    private bool TryGrant(long bytes)
    {
        if (_closed || !(_isCache ? _cap.TryTakeForCache(bytes) : _cap.TryTake(bytes)))
        {
            return false;
        }

        if (TryGrantOwn(bytes))
        {
            return true;
        }

        _cap.Give(bytes);
        return false;
    }

    private bool TryGrantOwn(long bytes)
    {
        if (BytesMax == 0)
        {
            Interlocked.Add(ref _granted, bytes);
            return true;
        }

        long granted = Volatile.Read(ref _granted);
        while (granted + bytes <= BytesMax)
        {
            long seen = Interlocked.CompareExchange(ref _granted, granted + bytes, granted);
            if (seen == granted)
            {
                return true;
            }

            granted = seen;
        }

        return false;
    }
}
