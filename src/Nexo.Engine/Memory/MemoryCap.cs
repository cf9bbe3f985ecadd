namespace Nexo.Engine.Memory;

/// <summary>
/// What all parts of a process may still take of memory, together. Whoever grows takes from it, in chunks; who measures what the process
/// has (<see cref="Set"/>, several times a second) fills it up again, so between two measurements nothing outgrows what the last one
/// left. Thread-safe.
/// </summary>
public sealed class MemoryCap
{
    /// <summary>Without a limit.</summary>
    public static MemoryCap None { get; } = new(0);

    private long _room;
    private long _cacheRoom;
    private bool _isReached;
    private bool _isNear;

    /// <param name="bytesMax">What there is at first; 0: no limit.</param>
    public MemoryCap(long bytesMax)
    {
        BytesMax = bytesMax;
        _room = bytesMax;
        _cacheRoom = bytesMax;
    }

    /// <summary>The limit at the start; 0: none, and nobody is refused.</summary>
    public long BytesMax { get; }

    /// <summary>What grows is refused. Cheap.</summary>
    public bool IsReached => Volatile.Read(ref _isReached);

    /// <summary>What may be let go of does not grow any more. Cheap.</summary>
    public bool IsNear => Volatile.Read(ref _isNear);

    /// <summary>What is left.</summary>
    public long Room => BytesMax == 0 ? long.MaxValue : Volatile.Read(ref _room);

    /// <summary>Takes so much; false: there is not so much left.</summary>
    public bool TryTake(long bytes)
    {
        if (BytesMax == 0)
        {
            return true;
        }

        if (Interlocked.Add(ref _room, -bytes) >= 0)
        {
            Interlocked.Add(ref _cacheRoom, -bytes);
            return true;
        }

        Interlocked.Add(ref _room, bytes);
        return false;
    }

    /// <summary>As <see cref="TryTake"/>, for what has others to let go of instead: its room ends earlier.</summary>
    public bool TryTakeForCache(long bytes) =>
        BytesMax == 0 || (Volatile.Read(ref _cacheRoom) >= bytes && TryTake(bytes));

    /// <summary>Gives back what was taken for a moment.</summary>
    public void Give(long bytes)
    {
        if (BytesMax != 0)
        {
            Interlocked.Add(ref _room, bytes);
            Interlocked.Add(ref _cacheRoom, bytes);
        }
    }

    /// <summary>What was measured: so much is left from here on.</summary>
    /// <param name="room">For everybody.</param>
    /// <param name="cacheRoom">For what has others to let go of.</param>
    /// <param name="isNear">See <see cref="IsNear"/>.</param>
    /// <param name="isReached">See <see cref="IsReached"/>.</param>
    public void Set(long room, long cacheRoom, bool isNear, bool isReached)
    {
        Volatile.Write(ref _room, room);
        Volatile.Write(ref _cacheRoom, cacheRoom);
        Volatile.Write(ref _isNear, isNear);
        Volatile.Write(ref _isReached, isReached);
    }
}

/// <summary>What a part of the process has taken of memory.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="IdleBytes">Of these, what holds nothing now, and is used again before more is taken.</param>
public readonly record struct MemoryUse(long Bytes, long IdleBytes)
{
    internal static MemoryUse Of(Arena arena, PagePool pool)
    {
        long bytes = pool.RentedBytes + arena.BlockBytes;
        return new MemoryUse(bytes, Math.Max(0, bytes - arena.UsedBytes));
    }

    public static MemoryUse operator +(MemoryUse left, MemoryUse right) =>
        new(left.Bytes + right.Bytes, left.IdleBytes + right.IdleBytes);

    public static MemoryUse Add(MemoryUse left, MemoryUse right) => left + right;
}
