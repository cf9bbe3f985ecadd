using System.Buffers.Binary;

namespace Nexo.Storage;

/// <summary>
/// Where some of the batches of a segment begin, in their order: at most <c>entriesMax</c>, about equally far apart.
/// Not thread-safe.
/// </summary>
internal sealed class SegmentIndex(int distanceBytes, int entriesMax)
{
    public const int EntrySize = 3 * sizeof(long);

    private readonly int _entriesMax = Math.Max(2, entriesMax);
    private long _distance = distanceBytes;
    private Entry[] _entries = [];
    private int _count;

    /// <summary>A batch begins here.</summary>
    /// <param name="Offset">Its base offset.</param>
    /// <param name="Position">Byte in the file.</param>
    /// <param name="TimeBefore">The highest time of any record before it.</param>
    public readonly record struct Entry(long Offset, long Position, long TimeBefore);

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, _count);

    /// <summary>The next batch begins at this entry; it is kept if the last kept one is far enough away.</summary>
    public void Add(Entry entry)
    {
        if (_count > 0 && entry.Position - _entries[_count - 1].Position < _distance)
        {
            return;
        }

        if (_count == _entriesMax)
        {
            Thin();
            Add(entry);
            return;
        }

        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Min(_entriesMax, Math.Max(4, _count * 2)));
        }

        _entries[_count++] = entry;
    }

    /// <summary>Adds those entries of another one that are before this position.</summary>
    public void AddBefore(long position, SegmentIndex other)
    {
        foreach (Entry entry in other.Entries)
        {
            if (entry.Position < position)
            {
                Add(entry);
            }
        }
    }

    /// <summary>The last entry that is not behind this offset; null: none is before it.</summary>
    public Entry? FindOffset(long offset) => Last(offset, byTime: false);

    /// <summary>The last entry before which all records are older than this time; null: there is none.</summary>
    public Entry? FindTime(long time) => Last(time, byTime: true);

    public void Encode(Span<byte> destination)
    {
        foreach (Entry entry in Entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(destination, entry.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(destination[8..], entry.Position);
            BinaryPrimitives.WriteInt64LittleEndian(destination[16..], entry.TimeBefore);
            destination = destination[EntrySize..];
        }
    }

    /// <summary>Takes entries whose checksum was right. Others are not to be added.</summary>
    public static SegmentIndex Decode(ReadOnlySpan<byte> source)
    {
        int count = source.Length / EntrySize;
        var index = new SegmentIndex(0, count) { _entries = new Entry[count], _count = count };
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = source[(i * EntrySize)..];
            index._entries[i] = new Entry(
                BinaryPrimitives.ReadInt64LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[16..]));
        }

        return index;
    }

    private void Thin()
    {
        for (int i = 0; i < _count; i += 2)
        {
            _entries[i / 2] = _entries[i];
        }

        _count = (_count + 1) / 2;
        _distance *= 2;
    }

    private Entry? Last(long value, bool byTime)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            ref readonly Entry entry = ref _entries[middle];
            if (byTime ? entry.TimeBefore < value : entry.Offset <= value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : _entries[low - 1];
    }
}
