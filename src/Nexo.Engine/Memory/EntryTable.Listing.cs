using System.Numerics;

namespace Nexo.Engine.Memory;

/// <content>Going through all entries: at once, or bit by bit while the table changes.</content>
internal unsafe partial struct EntryTable
{
    private const int CursorBits = 32;
    private const int PickedPlaces = 48;
    private const int PickTriesMax = 256;

    /// <summary>Gives every entry's key and value to a sink, until it wants no more.</summary>
    public readonly void List<TSink>(Arena arena, ref TSink sink)
        where TSink : Store.IHashSink, allows ref struct
    {
        for (uint i = 0; i < _buckets; i++)
        {
            if (!ListChain(arena, At(i), ref sink))
            {
                return;
            }
        }
    }

    /// <summary>
    /// Gives the entries of one bucket to a sink and moves the cursor behind it; begin with 0; false: that was the
    /// last. The table may grow and shrink between two calls: an entry that is there all the while comes at least once.
    /// The cursor is a hash with its bits reversed. In that order the hashes of a bucket, those that end in the same
    /// bits, follow each other, and so do those of the two that it is split into: what lies before the cursor has been
    /// given whatever the buckets are (as in Pieter Noordhuis's SCAN of Redis, here for linear hashing).
    /// </summary>
    public readonly bool ListNext<TSink>(Arena arena, ref uint cursor, ref TSink sink)
        where TSink : Store.IHashSink, allows ref struct
    {
        if (_buckets == 0)
        {
            return false;
        }

        uint index = IndexOf(Reversed(cursor));
        ListChain(arena, At(index), ref sink);
        int bits = BitsOf(index);
        cursor = bits == 0 ? 0 : (cursor | (uint.MaxValue >> bits)) + 1;
        return cursor != 0;
    }

    /// <summary>The reference of an entry of a table that is not empty, each with the same probability.</summary>
    public readonly uint Pick(Arena arena, Random random)
    {
        // A place that is free is drawn again: otherwise those in full buckets would come more seldom.
        Span<uint> references = stackalloc uint[PickedPlaces];
        for (int tries = 0; tries < PickTriesMax; tries++)
        {
            int drawn = random.Next(PickedPlaces);
            int found = Collect(arena, (uint)random.NextInt64(_buckets), references);
            if (drawn < found)
            {
                return references[drawn];
            }
        }

        uint index = (uint)random.NextInt64(_buckets);
        int count;
        while ((count = Collect(arena, index, references)) == 0)
        {
            index = (index + 1) % _buckets;
        }

        return references[random.Next(count)];
    }

    private static uint Reversed(uint value)
    {
        uint reversed = 0;
        for (int i = 0; i < CursorBits; i++)
        {
            reversed |= ((value >> i) & 1) << (CursorBits - 1 - i);
        }

        return reversed;
    }

    /// <summary>How many low bits the hashes in a bucket share: one more if it is one half of a split.</summary>
    private readonly int BitsOf(uint index)
    {
        if (_mask == 0)
        {
            return 0;
        }

        uint half = (_mask >> 1) + 1;
        bool split = index >= half || index + half < _buckets;
        return BitOperations.PopCount(_mask) - (split ? 0 : 1);
    }

    private static bool ListChain<TSink>(Arena arena, Bucket* bucket, ref TSink sink)
        where TSink : Store.IHashSink, allows ref struct
    {
        while (true)
        {
            for (uint used = bucket->Used(); used != 0; used &= used - 1)
            {
                byte* entry = arena.At(*bucket->Place(BitOperations.TrailingZeroCount(used)));
                if (!sink.Add(Entry.Key(entry), Entry.Value(entry)))
                {
                    return false;
                }
            }

            if (bucket->Overflow == 0)
            {
                return true;
            }

            bucket = (Bucket*)arena.At(bucket->Overflow);
        }
    }
}
