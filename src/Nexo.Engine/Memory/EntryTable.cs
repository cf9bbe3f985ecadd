using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nexo.Engine.Memory;

/// <summary>
/// Hash table of entry references by linear hashing (Litwin 1980): it grows and shrinks by one bucket at a time, so no
/// insert waits for a rehash and no second table exists. Buckets lie in segments of 16 that never move. A plain struct
/// over an <see cref="Arena"/>: a shard has one, and so has every large hash.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct EntryTable
{
    private const int SegmentBits = 4;
    private const int SegmentBuckets = 1 << SegmentBits;
    private const uint DirectoryMin = 4;

    // Mean entries per 12-slot bucket: grow above 15/2, shrink below 2. At 7.5 a bucket costs 8.5 bytes per entry.
    private const uint FillMaxTimes2 = 15;
    private const uint FillMin = 2;

    private Bucket** _directory;
    private uint _directoryReference;
    private uint _directoryCapacity;
    private uint _segments;
    private uint _buckets;
    private uint _mask;

    /// <summary>Entries in the table.</summary>
    public uint Count { get; private set; }

    /// <summary>Buckets, without those of overflow chains. 0 until the first insert.</summary>
    public readonly uint Buckets => _buckets;

    /// <summary>Arena slots that the table itself holds; for the consistency checker.</summary>
    public readonly long CountSlots(Arena arena)
    {
        long slots = _segments + (_directoryReference == 0 ? 0 : 1);
        for (uint i = 0; i < _buckets; i++)
        {
            for (Bucket* bucket = At(i); bucket->Overflow != 0; bucket = (Bucket*)arena.At(bucket->Overflow))
            {
                slots++;
            }
        }

        return slots;
    }

    /// <summary>
    /// The place that holds the reference of the entry with this key, or null. Valid until the table changes.
    /// </summary>
    public readonly uint* Find(Arena arena, ulong hash, ReadOnlySpan<byte> key, out byte* entry)
    {
        if (_buckets == 0)
        {
            entry = null;
            return null;
        }

        Bucket* bucket = At(IndexOf(hash));
        Vector128<byte> tag = Vector128.Create(TagOf(hash));
        while (true)
        {
            uint candidates = Matches(bucket, tag);
            while (candidates != 0)
            {
                uint* place = bucket->Place(BitOperations.TrailingZeroCount(candidates));
                entry = arena.At(*place);
                if (Entry.KeyLength(entry) == (uint)key.Length && Entry.Key(entry).SequenceEqual(key))
                {
                    return place;
                }

                candidates &= candidates - 1;
            }

            if (bucket->Overflow == 0)
            {
                entry = null;
                return null;
            }

            bucket = (Bucket*)arena.At(bucket->Overflow);
        }
    }

    /// <summary>Asks the processor for the cache line of the bucket, without waiting for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchBucket(ulong hash)
    {
        if (Sse.IsSupported && _buckets != 0)
        {
            Sse.Prefetch0(At(IndexOf(hash)));
        }
    }

    /// <summary>Asks the processor for the first two lines of the entry that this hash most likely means.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchEntry(Arena arena, ulong hash)
    {
        if (!Sse.IsSupported || _buckets == 0)
        {
            return;
        }

        Bucket* bucket = At(IndexOf(hash));
        uint candidates = Matches(bucket, Vector128.Create(TagOf(hash)));
        if (candidates != 0)
        {
            byte* entry = arena.At(*bucket->Place(BitOperations.TrailingZeroCount(candidates)));
            Sse.Prefetch0(entry);
            Sse.Prefetch0(entry + Bucket.Bytes);
        }
    }

    /// <summary>Adds an entry whose key is not in the table.</summary>
    public void Insert(Arena arena, in KeyHash hasher, ulong hash, uint reference)
    {
        if (_buckets == 0)
        {
            AddSegment(arena);
            _buckets = 1;
        }

        Put(arena, At(IndexOf(hash)), TagOf(hash), reference);
        Count++;
        if (Count * 2UL > _buckets * (ulong)FillMaxTimes2)
        {
            Split(arena, hasher);
        }
    }

    /// <summary>
    /// Takes the entry at <paramref name="place"/>, which <see cref="Find"/> gave, out of the table.
    /// </summary>
    public void Remove(Arena arena, in KeyHash hasher, ulong hash, uint* place)
    {
        var hole = (Bucket*)((nuint)place & ~(nuint)(Bucket.Bytes - 1));
        hole->Clear((int)(place - hole->Place(0)));
        Bucket* home = At(IndexOf(hash));
        if (home->Overflow != 0)
        {
            FillHole(arena, home, hole, (int)(place - hole->Place(0)));
        }

        Count--;
        if (_buckets > 1 && Count < (ulong)_buckets * FillMin)
        {
            Merge(arena, hasher);
        }
    }

    /// <summary>
    /// Copies the references of one bucket and its chain; returns how many. More than fit are left out.
    /// </summary>
    public readonly int Collect(Arena arena, uint index, Span<uint> references)
    {
        int count = 0;
        Bucket* bucket = At(index);
        while (true)
        {
            for (uint used = bucket->Used(); used != 0; used &= used - 1)
            {
                if (count == references.Length)
                {
                    return count;
                }

                references[count++] = *bucket->Place(BitOperations.TrailingZeroCount(used));
            }

            if (bucket->Overflow == 0)
            {
                return count;
            }

            bucket = (Bucket*)arena.At(bucket->Overflow);
        }
    }

    /// <summary>
    /// Takes the last entry of the last bucket out, for tearing a table down in slices; 0: the table is empty and its
    /// memory is free. The table serves nothing else once this has begun.
    /// </summary>
    public uint Tear(Arena arena)
    {
        while (_buckets > 0)
        {
            Bucket* bucket = At(_buckets - 1);
            if (bucket->Overflow != 0)
            {
                uint overflow = bucket->Overflow;
                var next = (Bucket*)arena.At(overflow);
                if (next->Used() == 0)
                {
                    bucket->Overflow = next->Overflow;
                    arena.Free(overflow);
                    continue;
                }

                bucket = next;
            }

            uint used = bucket->Used();
            if (used != 0)
            {
                int slot = BitOperations.Log2(used);
                uint reference = *bucket->Place(slot);
                bucket->Clear(slot);
                Count--;
                return reference;
            }

            _buckets--;
            ReleaseSegments(arena);
        }

        if (_directoryReference != 0)
        {
            arena.Free(_directoryReference);
            _directoryReference = 0;
        }

        return 0;
    }

    private static byte TagOf(ulong hash) => Math.Max((byte)1, (byte)(hash >> 48));

    private static uint Matches(Bucket* bucket, Vector128<byte> tag) =>
        Vector128.Equals(Vector128.Load((byte*)bucket), tag).ExtractMostSignificantBits() & Bucket.SlotMask;

    private static void Put(Arena arena, Bucket* bucket, byte tag, uint reference)
    {
        while (true)
        {
            uint free = ~bucket->Used() & Bucket.SlotMask;
            if (free != 0)
            {
                int slot = BitOperations.TrailingZeroCount(free);
                ((byte*)bucket)[slot] = tag;
                *bucket->Place(slot) = reference;
                return;
            }

            if (bucket->Overflow == 0)
            {
                uint added = arena.Allocate(Bucket.Bytes);
                new Span<byte>(arena.At(added), Bucket.Bytes).Clear();
                bucket->Overflow = added;
            }

            bucket = (Bucket*)arena.At(bucket->Overflow);
        }
    }

    /// <summary>
    /// Moves an entry from the end of the chain into the hole, so that chains do not outlive their need.
    /// </summary>
    private static void FillHole(Arena arena, Bucket* home, Bucket* hole, int slot)
    {
        Bucket* before = home;
        var last = (Bucket*)arena.At(home->Overflow);
        while (last->Overflow != 0)
        {
            before = last;
            last = (Bucket*)arena.At(last->Overflow);
        }

        uint used = last->Used();
        if (last != hole && used != 0)
        {
            int from = BitOperations.Log2(used);
            ((byte*)hole)[slot] = ((byte*)last)[from];
            *hole->Place(slot) = *last->Place(from);
            last->Clear(from);
            used = last->Used();
        }

        if (used == 0)
        {
            arena.Free(before->Overflow);
            before->Overflow = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Bucket* At(uint index) => _directory[index >> SegmentBits] + (index & (SegmentBuckets - 1));

    /// <summary>Buckets below the split point are told apart by one bit more than the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint IndexOf(ulong hash)
    {
        uint index = (uint)hash & _mask;
        return index < _buckets ? index : index & (_mask >> 1);
    }
}
