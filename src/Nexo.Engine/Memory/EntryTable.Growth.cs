using System.Numerics;

namespace Nexo.Engine.Memory;

/// <content>Growing and shrinking, one bucket at a time.</content>
internal unsafe partial struct EntryTable
{
    private const long BucketsExpectedMax = 1 << 24;

    /// <summary>
    /// Makes an empty table as large as it would grow for so many entries: then none of them is moved on the way.
    /// </summary>
    public void Expect(Arena arena, long entries)
    {
        long buckets = Math.Min((entries * 2) / FillMaxTimes2, BucketsExpectedMax);
        while (_segments < (ulong)buckets / SegmentBuckets)
        {
            AddSegment(arena);
        }

        _buckets = Math.Max(_buckets, _segments * SegmentBuckets);
        _mask = _buckets == 0 ? 0 : BitOperations.RoundUpToPowerOf2(_buckets) - 1;
    }

    private void Split(Arena arena, in KeyHash hasher)
    {
        if ((_buckets & (SegmentBuckets - 1)) == 0 && _buckets >> SegmentBits == _segments)
        {
            AddSegment(arena);
        }

        uint added = _buckets;
        _buckets++;
        _mask = BitOperations.RoundUpToPowerOf2(_buckets) - 1;
        Bucket* target = At(added);
        *target = default;
        Redistribute(arena, hasher, At(added & (_mask >> 1)));
    }

    /// <summary>Empties a chain and puts its entries where they now belong.</summary>
    private readonly void Redistribute(Arena arena, in KeyHash hasher, Bucket* source)
    {
        Bucket moving = *source;
        *source = default;
        uint chain = 0;
        while (true)
        {
            for (uint used = moving.Used(); used != 0; used &= used - 1)
            {
                uint reference = *moving.Place(BitOperations.TrailingZeroCount(used));
                byte* entry = arena.At(reference);
                ulong hash = hasher.Of(Entry.KeyStart(entry), Entry.KeyLength(entry));
                Put(arena, At(IndexOf(hash)), TagOf(hash), reference);
            }

            uint next = moving.Overflow;
            if (chain != 0)
            {
                arena.Free(chain);
            }

            if (next == 0)
            {
                return;
            }

            chain = next;
            moving = *(Bucket*)arena.At(next);
        }
    }

    private void Merge(Arena arena, in KeyHash hasher)
    {
        uint removed = _buckets - 1;
        _buckets = removed;
        _mask = BitOperations.RoundUpToPowerOf2(_buckets) - 1;
        Redistribute(arena, hasher, At(removed));
        ReleaseSegments(arena);
    }

    /// <summary>
    /// Frees segments past the last bucket, but for one, so that a count that goes to and fro does not churn.
    /// </summary>
    private void ReleaseSegments(Arena arena)
    {
        uint kept = _buckets == 0 ? 0 : (_buckets >> SegmentBits) + 1;
        while (_segments > kept)
        {
            _segments--;
            arena.Free(SegmentReference(_segments));
        }
    }

    private readonly uint SegmentReference(uint segment) => ((uint*)(_directory + _directoryCapacity))[segment];

    /// <summary>
    /// The directory: <c>[pointer × capacity][u32 reference × capacity]</c>; it doubles, and is 1/85 of the buckets.
    /// </summary>
    private void AddSegment(Arena arena)
    {
        if (_segments == _directoryCapacity)
        {
            GrowDirectory(arena);
        }

        uint reference = arena.Allocate(SegmentBuckets * Bucket.Bytes);
        byte* segment = arena.At(reference);
        new Span<byte>(segment, SegmentBuckets * Bucket.Bytes).Clear();
        _directory[_segments] = (Bucket*)segment;
        ((uint*)(_directory + _directoryCapacity))[_segments] = reference;
        _segments++;
    }

    private void GrowDirectory(Arena arena)
    {
        uint capacity = Math.Max(DirectoryMin, _directoryCapacity * 2);
        uint reference = arena.Allocate((int)capacity * (sizeof(Bucket*) + sizeof(uint)));
        var directory = (Bucket**)arena.At(reference);
        if (_directoryReference != 0)
        {
            new Span<nint>(_directory, (int)_segments).CopyTo(new Span<nint>(directory, (int)_segments));
            new Span<uint>(_directory + _directoryCapacity, (int)_segments)
                .CopyTo(new Span<uint>(directory + capacity, (int)_segments));
            arena.Free(_directoryReference);
        }

        _directory = directory;
        _directoryReference = reference;
        _directoryCapacity = capacity;
    }
}
