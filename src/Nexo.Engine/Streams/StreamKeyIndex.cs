using System.Runtime.InteropServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Streams;

/// <summary>
/// The version of every key of a stream: the offset of its last record, and one. In native memory, 24 bytes a place: keys are known by
/// two hashes with secrets of their own, together 128 bits.
/// </summary>
internal sealed unsafe class StreamKeyIndex : IDisposable
{
    private const int CapacityMin = 64;
    private const int FullQuarters = 3;

    private readonly KeyHash _first;
    private readonly KeyHash _second;
    private Entry* _entries;
    private int _capacity;

    public StreamKeyIndex(KeyHash first, KeyHash second)
    {
        _first = first;
        _second = second;
        _capacity = CapacityMin;
        _entries = Allocate(_capacity);
    }

    ~StreamKeyIndex() => NativeMemory.Free(_entries);

    public int Count { get; private set; }

    public long Bytes => (long)_capacity * sizeof(Entry);

    /// <summary>0: the key was never seen.</summary>
    public long VersionOf(ReadOnlySpan<byte> key) => Find(_first.Of(key), _second.Of(key))->Version;

    /// <summary>A record with this key is there. Earlier ones change nothing.</summary>
    public void Note(ReadOnlySpan<byte> key, long offset)
    {
        ulong first = _first.Of(key);
        ulong second = _second.Of(key);
        Entry* entry = Find(first, second);
        if (entry->Version == 0)
        {
            if ((Count + 1L) * 4 > (long)_capacity * FullQuarters)
            {
                Grow(long.MinValue);
                entry = Find(first, second);
            }

            Count++;
            *entry = new Entry { First = first, Second = second };
        }

        entry->Version = Math.Max(entry->Version, offset + 1);
    }

    /// <summary>The last record of a key is gone: forgets the key, if it still has this version.</summary>
    public void Remove(ulong first, ulong second, long version)
    {
        int mask = _capacity - 1;
        Entry* hole = Find(first, second);
        if (version == 0 || hole->Version != version)
        {
            return;
        }

        // Those behind it that were put there since their own place was taken come forward.
        int at = (int)(hole - _entries);
        for (int next = (at + 1) & mask; _entries[next].Version != 0; next = (next + 1) & mask)
        {
            int home = (int)(_entries[next].First & (uint)mask);
            if (((next - home) & mask) >= ((next - at) & mask))
            {
                _entries[at] = _entries[next];
                at = next;
            }
        }

        _entries[at] = default;
        Count--;
    }

    /// <summary>Forgets the keys whose last record is before an offset.</summary>
    public void ForgetBefore(long offset) => Grow(offset);

    public void Dispose()
    {
        NativeMemory.Free(_entries);
        _entries = null;
        _capacity = 0;
        GC.SuppressFinalize(this);
    }

    private static Entry* Allocate(int capacity) => (Entry*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(Entry));

    private Entry* Find(ulong first, ulong second)
    {
        for (int at = (int)(first & (uint)(_capacity - 1)); ; at = (at + 1) & (_capacity - 1))
        {
            Entry* entry = _entries + at;
            if (entry->Version == 0 || (entry->First == first && entry->Second == second))
            {
                return entry;
            }
        }
    }

    // Into a larger table, if those that stay need one.
    private void Grow(long offset)
    {
        Entry* old = _entries;
        int capacity = _capacity;
        int stay = 0;
        for (int i = 0; i < capacity; i++)
        {
            stay += old[i].Version > Math.Max(0, offset) ? 1 : 0;
        }

        while (stay >= _capacity / 2)
        {
            _capacity = checked(_capacity * 2);
        }

        _entries = Allocate(_capacity);
        for (int i = 0; i < capacity; i++)
        {
            if (old[i].Version > Math.Max(0, offset))
            {
                *Find(old[i].First, old[i].Second) = old[i];
            }
        }

        Count = stay;
        NativeMemory.Free(old);
    }

    private struct Entry
    {
        public ulong First;
        public ulong Second;

        /// <summary>0: the place is free.</summary>
        public long Version;
    }
}
