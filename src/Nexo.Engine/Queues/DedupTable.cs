using System.Runtime.InteropServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>
/// The dedup ids that a queue remembers, in the order in which they came: the first 128 bits of each one's SHA-256, with the first
/// message's id. Native memory, 64 bytes and the table's 9 for each. Guarded by the shard's lock.
/// </summary>
internal sealed unsafe class DedupTable(Arena arena, KeyHash hasher)
{
    public const int HashBytes = 16;

    private EntryTable _table;
    private uint _oldest;
    private uint _newest;

    public long Count => _table.Count;

    /// <summary>Arena slots that it holds.</summary>
    public long CountSlots() => _table.Count + _table.CountSlots(arena);

    /// <summary>The message that came first with this id, if that was after a moment.</summary>
    public bool TryFind(UInt128 hash, long afterMs, out ulong messageId)
    {
        uint* place = Find(hash, out byte* entry);
        bool found = place != null && Value(entry)->AtMs > afterMs;
        messageId = found ? Value(entry)->MessageId : 0;
        return found;
    }

    /// <summary>Remembers an id; one that is there already gets this message and this moment.</summary>
    public void Set(UInt128 hash, ulong messageId, long atMs)
    {
        uint* place = Find(hash, out byte* entry);
        uint reference;
        if (place != null)
        {
            reference = *place;
            Unlink(Value(entry));
        }
        else
        {
            ReadOnlySpan<byte> key = KeyOf(ref hash);
            reference = arena.Allocate(Entry.Bytes(HashBytes, sizeof(Remembered), expires: false));
            entry = arena.At(reference);
            Entry.Write(entry, EntryFlags.None, 1, key, sizeof(Remembered));
            _table.Insert(arena, hasher, hasher.Of(key), reference);
        }

        Remembered* value = Value(entry);
        value->MessageId = messageId;
        value->AtMs = atMs;
        value->Next = 0;
        value->Prev = _newest;
        if (_newest != 0)
        {
            Value(arena.At(_newest))->Next = reference;
        }
        else
        {
            _oldest = reference;
        }

        _newest = reference;
    }

    public void Remove(UInt128 hash)
    {
        uint* place = Find(hash, out byte* entry);
        if (place != null)
        {
            RemoveAt(place, hasher.Of(Entry.Key(entry)), entry);
        }
    }

    /// <summary>Forgets the oldest that came at or before a moment, a bounded number of them; how many.</summary>
    public int Forget(long untilMs, int steps)
    {
        int done = 0;
        for (; done < steps && _oldest != 0; done++)
        {
            byte* entry = arena.At(_oldest);
            if (Value(entry)->AtMs > untilMs)
            {
                break;
            }

            ulong hash = hasher.Of(Entry.Key(entry));
            RemoveAt(_table.Find(arena, hash, Entry.Key(entry), out _), hash, entry);
        }

        return done;
    }

    /// <summary>Frees some of all for a queue that is gone; false: it is empty and holds nothing any more.</summary>
    public bool TearOne()
    {
        uint reference = _table.Tear(arena);
        if (reference != 0)
        {
            arena.Free(reference);
        }

        return reference != 0;
    }

    /// <summary>The next in the order in which they came; begins with a place of 0, which is 0 again at the end.</summary>
    /// <remarks>A place is valid only as long as nothing changes.</remarks>
    public bool TryNext(ref uint place, out UInt128 hash, out ulong messageId, out long atMs)
    {
        place = place == 0 ? _oldest : Value(arena.At(place))->Next;
        hash = default;
        messageId = 0;
        atMs = 0;
        if (place == 0)
        {
            return false;
        }

        byte* entry = arena.At(place);
        hash = MemoryMarshal.Read<UInt128>(Entry.Key(entry));
        messageId = Value(entry)->MessageId;
        atMs = Value(entry)->AtMs;
        return true;
    }

    /// <summary>The place of one that <see cref="TryNext"/> gave before; 0: it was forgotten since.</summary>
    public uint PlaceOf(UInt128 hash, long atMs)
    {
        uint* place = Find(hash, out byte* entry);
        return place == null || Value(entry)->AtMs != atMs ? 0 : *place;
    }

    /// <summary>How many come behind a place, up to so many.</summary>
    public int CountBehind(uint place, int most)
    {
        int count = 0;
        uint next = place == 0 ? _oldest : Value(arena.At(place))->Next;
        while (next != 0 && count < most)
        {
            count++;
            next = Value(arena.At(next))->Next;
        }

        return count;
    }

    private static ReadOnlySpan<byte> KeyOf(ref UInt128 hash) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(ref hash));

    private static Remembered* Value(byte* entry) => (Remembered*)Entry.ValueStart(entry);

    private uint* Find(UInt128 hash, out byte* entry)
    {
        ReadOnlySpan<byte> key = KeyOf(ref hash);
        return _table.Find(arena, hasher.Of(key), key, out entry);
    }

    private void RemoveAt(uint* place, ulong hash, byte* entry)
    {
        uint reference = *place;
        Unlink(Value(entry));
        _table.Remove(arena, hasher, hash, place);
        arena.Free(reference);
    }

    private void Unlink(Remembered* value)
    {
        if (value->Next != 0)
        {
            Value(arena.At(value->Next))->Prev = value->Prev;
        }
        else
        {
            _newest = value->Prev;
        }

        if (value->Prev != 0)
        {
            Value(arena.At(value->Prev))->Next = value->Next;
        }
        else
        {
            _oldest = value->Next;
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Remembered
    {
        public ulong MessageId;
        public long AtMs;
        public uint Next;
        public uint Prev;
    }
}
