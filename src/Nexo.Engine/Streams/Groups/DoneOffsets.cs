using System.Runtime.InteropServices;

namespace Nexo.Engine.Streams;

/// <summary>Offsets that follow each other.</summary>
internal readonly record struct OffsetRun(long First, long End);

/// <summary>
/// Which offsets of a stream a group has done: all before its position, and runs of them behind it. There are never more runs than there
/// are records out or waiting, and one.
/// </summary>
internal sealed class DoneOffsets(long position)
{
    private readonly List<OffsetRun> _runs = [];
    private long _position = position;

    /// <summary>The first offset that is not done. May be read without the group's lock.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>How many are done behind the position.</summary>
    public long Above { get; private set; }

    public ReadOnlySpan<OffsetRun> Runs => CollectionsMarshal.AsSpan(_runs);

    /// <summary>Begins anew: all before an offset are done, and none behind it.</summary>
    public void Reset(long position)
    {
        _runs.Clear();
        Above = 0;
        Volatile.Write(ref _position, position);
    }

    /// <summary>Offsets from one to before another are done; some may have been so.</summary>
    public void Add(long first, long end)
    {
        first = Math.Max(first, _position);
        if (first >= end)
        {
            return;
        }

        // The runs that it touches become one with it.
        int at = FirstEndingAt(first);
        int touched = at;
        while (touched < _runs.Count && _runs[touched].First <= end)
        {
            first = Math.Min(first, _runs[touched].First);
            end = Math.Max(end, _runs[touched].End);
            Above -= _runs[touched].End - _runs[touched].First;
            touched++;
        }

        if (first == _position)
        {
            _runs.RemoveRange(0, touched);
            Volatile.Write(ref _position, end);
            return;
        }

        Above += end - first;
        if (touched == at)
        {
            _runs.Insert(at, new OffsetRun(first, end));
            return;
        }

        _runs[at] = new OffsetRun(first, end);
        _runs.RemoveRange(at + 1, touched - at - 1);
    }

    /// <summary>The first offset from this one on that is not done.</summary>
    public long FirstOpen(long offset)
    {
        offset = Math.Max(offset, _position);
        int at = FirstEndingAt(offset);
        return at < _runs.Count && _runs[at].First <= offset ? _runs[at].End : offset;
    }

    /// <summary>How many from an offset on are done.</summary>
    public long CountFrom(long offset)
    {
        long count = Math.Max(0, _position - offset);
        foreach (OffsetRun run in _runs)
        {
            count += Math.Max(0, run.End - Math.Max(run.First, offset));
        }

        return count;
    }

    // The first run that ends at an offset or behind it.
    private int FirstEndingAt(long offset)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs[middle].End < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
