using System.Numerics;
using System.Runtime.InteropServices;

namespace Nexo.Engine.Memory;

/// <summary>
/// Hierarchical timing wheel (Varghese and Lauck 1987): seven levels of 64 slots, from 1 ms to 2^42 ms (139 years).
/// The lists run through the entries themselves, so adding and removing take constant time and no memory. A slot of a
/// higher level is not re-sorted at once when its time comes but entry by entry, as <see cref="TryTakeDue"/> is
/// called.
/// </summary>
internal sealed unsafe class TimingWheel : IDisposable
{
    private const int Levels = 7;
    private const int SlotBits = 6;
    private const int SlotsPerLevel = 1 << SlotBits;
    private const int DrainSlot = Levels * SlotsPerLevel;
    private const uint SlotMark = 0x8000_0000;
    private const long MomentMax = (1L << (Levels * SlotBits)) - 1;

    private readonly Arena _arena;
    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly uint* _heads;

    private long _origin;

    /// <summary>Every moment up to this one, in milliseconds since the wheel was made, has been dealt with.</summary>
    private long _elapsed;

    public TimingWheel(Arena arena, long now)
    {
        _arena = arena;
        _origin = now;
        _heads = (uint*)NativeMemory.AllocZeroed(DrainSlot + 1, sizeof(uint));
    }

    public long Count { get; private set; }

    /// <summary>Begins at another time; does nothing when the wheel is not empty.</summary>
    public void BeginAt(long now)
    {
        if (Count == 0)
        {
            _origin = now;
            _elapsed = 0;
        }
    }

    public void Add(uint reference, byte* entry)
    {
        Count++;
        Place(reference, entry);
    }

    /// <summary>
    /// Gives an entry of the wheel another deadline. To a later one nothing moves: when its old time comes it is
    /// found to be early and goes to its new place, so a life that is prolonged at every use costs next to nothing.
    /// </summary>
    public void Move(uint reference, byte* entry, long deadline)
    {
        bool later = deadline >= Entry.Deadline(entry);
        Entry.Deadline(entry) = deadline;
        if (!later)
        {
            Unlink(entry);
            Place(reference, entry);
        }
    }

    public void Remove(byte* entry)
    {
        if (Entry.WheelPrev(entry) != 0)
        {
            Count--;
            Unlink(entry);
        }
    }

    /// <summary>
    /// Takes out an entry whose time has come. Every entry looked at costs one of <paramref name="steps"/>; false when
    /// nothing (more) is due or the steps are used up.
    /// </summary>
    public bool TryTakeDue(long now, ref int steps, out uint reference)
    {
        long moment = now - _origin;
        while (steps > 0 && Count > 0)
        {
            reference = _heads[DrainSlot];
            if (reference != 0)
            {
                steps--;
                byte* entry = _arena.At(reference);
                Unlink(entry);
                if (Entry.Deadline(entry) <= now)
                {
                    Count--;
                    return true;
                }

                Place(reference, entry);
                continue;
            }

            if (!TryNextSlot(out int level, out int slot, out long start) || start > moment)
            {
                _elapsed = Math.Max(_elapsed, moment);
                return false;
            }

            if (level == 0)
            {
                steps--;
                reference = _heads[slot];
                byte* entry = _arena.At(reference);
                Unlink(entry);
                _elapsed = _heads[slot] == 0 ? start : _elapsed;
                if (Entry.Deadline(entry) <= now)
                {
                    Count--;
                    return true;
                }

                Place(reference, entry);
                continue;
            }

            _elapsed = start;
            Drain((level << SlotBits) + slot);
        }

        reference = 0;
        return false;
    }

    /// <summary>Calls nothing and changes nothing: counts the entries by walking every list.</summary>
    public long CountByWalking()
    {
        long count = 0;
        for (int slot = 0; slot <= DrainSlot; slot++)
        {
            bool marked = slot == DrainSlot || (_occupied[slot >> SlotBits] >> (slot & (SlotsPerLevel - 1)) & 1) != 0;
            Invariant.Require(marked || _heads[slot] == 0, "a slot with entries is marked as occupied");
            uint prev = SlotMark | (uint)slot;
            for (uint at = _heads[slot]; at != 0; at = Entry.WheelNext(_arena.At(at)))
            {
                Invariant.Require(Entry.WheelPrev(_arena.At(at)) == prev, "the wheel's lists are linked both ways");
                prev = at;
                count++;
            }
        }

        return count;
    }

    public void Dispose()
    {
        Count = 0;
        NativeMemory.Free(_heads);
    }

    private void Place(uint reference, byte* entry)
    {
        // What is late goes to the next slot: the current ones have been dealt with.
        long moment = Math.Max(Math.Min(Entry.Deadline(entry) - _origin, MomentMax), _elapsed + 1);
        ulong differing = (ulong)(moment ^ _elapsed) | (SlotsPerLevel - 1);
        int level = Math.Min(BitOperations.Log2(differing) / SlotBits, Levels - 1);
        int slot = (int)(moment >> (level * SlotBits)) & (SlotsPerLevel - 1);
        _occupied[level] |= 1UL << slot;
        Link((level << SlotBits) + slot, reference, entry);
    }

    private void Link(int slot, uint reference, byte* entry)
    {
        uint next = _heads[slot];
        Entry.WheelNext(entry) = next;
        Entry.WheelPrev(entry) = SlotMark | (uint)slot;
        if (next != 0)
        {
            Entry.WheelPrev(_arena.At(next)) = reference;
        }

        _heads[slot] = reference;
    }

    private void Unlink(byte* entry)
    {
        uint next = Entry.WheelNext(entry);
        uint prev = Entry.WheelPrev(entry);
        if (next != 0)
        {
            Entry.WheelPrev(_arena.At(next)) = prev;
        }

        if ((prev & SlotMark) == 0)
        {
            Entry.WheelNext(_arena.At(prev)) = next;
        }
        else
        {
            int slot = (int)(prev & ~SlotMark);
            _heads[slot] = next;
            if (next == 0 && slot != DrainSlot)
            {
                _occupied[slot >> SlotBits] &= ~(1UL << (slot & (SlotsPerLevel - 1)));
            }
        }

        Entry.WheelPrev(entry) = 0;
        Entry.WheelNext(entry) = 0;
    }

    /// <summary>
    /// The earliest occupied slot: lower levels lie within the current slot of the higher ones, so come first.
    /// </summary>
    private bool TryNextSlot(out int level, out int slot, out long start)
    {
        for (level = 0; level < Levels; level++)
        {
            if (_occupied[level] != 0)
            {
                slot = BitOperations.TrailingZeroCount(_occupied[level]);
                int shift = level * SlotBits;
                start = (((_elapsed >> (shift + SlotBits)) << SlotBits) + slot) << shift;
                return true;
            }
        }

        slot = 0;
        start = long.MaxValue;
        return false;
    }

    private void Drain(int slot)
    {
        uint head = _heads[slot];
        _heads[slot] = 0;
        _occupied[slot >> SlotBits] &= ~(1UL << (slot & (SlotsPerLevel - 1)));
        _heads[DrainSlot] = head;
        Entry.WheelPrev(_arena.At(head)) = SlotMark | DrainSlot;
    }
}
