using Nexo.Engine.Memory;

namespace Nexo.Engine.Streams;

/// <content>Whether there is room, in memory where that is the disk, or on it.</content>
internal sealed partial class StreamFiles
{
    private bool _holdsGrowth;

    /// <summary>The disk has no more room for what grows.</summary>
    public bool HoldsGrowth
    {
        get => _hasSnapshots && Volatile.Read(ref _holdsGrowth);
        set => Volatile.Write(ref _holdsGrowth, value);
    }

    /// <summary>Files that lie in memory, without a data directory.</summary>
    public long MemoryBytes => _hasSnapshots ? 0 : _memoryBytes - _disk.Disk.FreeBytes;

    /// <summary>Whether memory has room for so much, where it is the disk. When half is taken, streams are looked after at once.</summary>
    public bool HasMemoryFor(int bytes, long nowMs, MemoryCap cap)
    {
        if (_hasSnapshots)
        {
            return true;
        }

        long free = _disk.Disk.FreeBytes - PendingBytes;
        if (free < _memoryBytes / 2 && nowMs - Volatile.Read(ref _caredAtMs) >= CareWhenFullMs)
        {
            // What may be let go of goes before it is needed, not at the next moment that is due.
            Care(nowMs);
        }

        return free >= bytes && cap.TryTake(bytes);
    }
}
