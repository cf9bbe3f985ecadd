using System.Numerics;
using System.Runtime.InteropServices;
using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <summary>
/// Finds the messages of a queue by id, and in the order of their ids: chunks of 64 ids in arena slots, found by number and linked
/// in order. An id costs 4.5 bytes where they lie close. Guarded by the shard's lock.
/// </summary>
internal sealed unsafe class MessageIndex(Arena arena)
{
    private const int ChunkBits = 6;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly Dictionary<ulong, uint> _chunks = [];
    private uint _first;
    private uint _last;
    private Chunk* _lastChunk;
    private Chunk* _lastFound;

    public long Count { get; private set; }

    /// <summary>The slot of a message; 0: there is none with this id.</summary>
    public uint Find(ulong id)
    {
        Chunk* chunk = ChunkOf(id >> ChunkBits);
        return chunk == null || (chunk->Occupied >> (int)(id & ChunkMask) & 1) == 0
            ? 0
            : chunk->Slots[id & ChunkMask];
    }

    /// <summary>Adds a message whose id is not there.</summary>
    public void Add(ulong id, uint reference)
    {
        ulong number = id >> ChunkBits;
        Chunk* chunk = ChunkOf(number);
        if (chunk == null)
        {
            chunk = AddChunk(number);
        }

        chunk->Slots[id & ChunkMask] = reference;
        chunk->Occupied |= 1UL << (int)(id & ChunkMask);
        Count++;
    }

    /// <summary>Takes out a message that is there.</summary>
    public void Remove(ulong id)
    {
        Chunk* chunk = ChunkOf(id >> ChunkBits);
        chunk->Occupied &= ~(1UL << (int)(id & ChunkMask));
        Count--;
        if (chunk->Occupied == 0 && chunk != _lastChunk)
        {
            // The last one stays when it is empty: a queue in which one message comes and goes makes none each time.
            RemoveChunk(chunk);
        }
    }

    /// <summary>The next message behind an id, which becomes its; false: there is none.</summary>
    public bool TryNext(ref ulong id, out uint reference)
    {
        ulong from = id + 1;
        Chunk* chunk = FirstFrom(from >> ChunkBits);
        while (chunk != null)
        {
            int at = chunk->Number == from >> ChunkBits ? (int)(from & ChunkMask) : 0;
            ulong rest = chunk->Occupied >> at << at;
            if (rest != 0)
            {
                int slot = BitOperations.TrailingZeroCount(rest);
                id = (chunk->Number << ChunkBits) + (ulong)slot;
                reference = chunk->Slots[slot];
                _lastFound = chunk;
                return true;
            }

            chunk = chunk->Next == 0 ? null : At(chunk->Next);
        }

        reference = 0;
        return false;
    }

    /// <summary>Gives back what an empty index still has.</summary>
    public void Dispose()
    {
        if (_lastChunk != null)
        {
            RemoveChunk(_lastChunk);
        }
    }

    /// <summary>Arena slots that the index itself holds; walks and compares.</summary>
    public long Check()
    {
        long ids = 0;
        long chunks = 0;
        uint before = 0;
        for (uint at = _first; at != 0; at = At(at)->Next)
        {
            Chunk* chunk = At(at);
            Invariant.Require(_chunks.TryGetValue(chunk->Number, out uint found) && found == at, "a chunk is found");
            Invariant.Require(chunk->Prev == before, "the chunks are linked both ways");
            Invariant.Require(before == 0 || At(before)->Number < chunk->Number, "the chunks are in order");
            ids += BitOperations.PopCount(chunk->Occupied);
            chunks++;
            before = at;
        }

        Invariant.Require(before == _last, "the last chunk is the last");
        Invariant.Require(chunks == _chunks.Count, "every chunk is linked");
        Invariant.Require(ids == Count, "the index counts its ids");
        return chunks;
    }

    private Chunk* At(uint reference) => (Chunk*)arena.At(reference);

    private Chunk* ChunkOf(ulong number)
    {
        if (_lastChunk != null && _lastChunk->Number == number)
        {
            return _lastChunk;
        }

        if (_lastFound != null && _lastFound->Number == number)
        {
            return _lastFound;
        }

        return _chunks.TryGetValue(number, out uint reference) ? _lastFound = At(reference) : null;
    }

    private Chunk* FirstFrom(ulong number)
    {
        if (_first == 0 || At(_first)->Number >= number)
        {
            return _first == 0 ? null : At(_first);
        }

        Chunk* chunk = ChunkOf(number);
        if (chunk == null)
        {
            // Its chunk is gone: from the end or from the beginning, whichever is less wrong.
            chunk = At(Before(number));
            chunk = chunk->Next == 0 ? null : At(chunk->Next);
        }

        return chunk;
    }

    /// <summary>The last chunk whose number is lower; 0: none.</summary>
    private uint Before(ulong number)
    {
        uint at = _last;
        if (_lastFound != null && _lastFound->Number < number)
        {
            at = _chunks[_lastFound->Number];
            while (At(at)->Next != 0 && At(At(at)->Next)->Number < number)
            {
                at = At(at)->Next;
            }

            return at;
        }

        while (at != 0 && At(at)->Number >= number)
        {
            at = At(at)->Prev;
        }

        return at;
    }

    private Chunk* AddChunk(ulong number)
    {
        uint before = _lastChunk != null && _lastChunk->Number < number ? _last : Before(number);
        uint reference = arena.Allocate(sizeof(Chunk));
        Chunk* chunk = At(reference);
        chunk->Number = number;
        chunk->Occupied = 0;
        chunk->Prev = before;
        chunk->Next = before == 0 ? _first : At(before)->Next;
        if (before == 0)
        {
            _first = reference;
        }
        else
        {
            At(before)->Next = reference;
        }

        _chunks.Add(number, reference);
        if (chunk->Next != 0)
        {
            At(chunk->Next)->Prev = reference;
            return chunk;
        }

        Chunk* emptied = _lastChunk;
        _last = reference;
        _lastChunk = chunk;
        if (emptied != null && emptied->Occupied == 0)
        {
            RemoveChunk(emptied);
        }

        return chunk;
    }

    private void RemoveChunk(Chunk* chunk)
    {
        _chunks.Remove(chunk->Number, out uint reference);
        if (chunk->Prev != 0)
        {
            At(chunk->Prev)->Next = chunk->Next;
        }
        else
        {
            _first = chunk->Next;
        }

        if (chunk->Next != 0)
        {
            At(chunk->Next)->Prev = chunk->Prev;
        }
        else
        {
            _last = chunk->Prev;
            _lastChunk = _last == 0 ? null : At(_last);
        }

        _lastFound = null;
        arena.Free(reference);
    }

    /// <summary>280 bytes: 8 number + 8 bits + 4 next + 4 prev + 64 × 4 slots.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Chunk
    {
        public ulong Number;
        public ulong Occupied;
        public uint Next;
        public uint Prev;
        public fixed uint Slots[1 << ChunkBits];
    }
}
