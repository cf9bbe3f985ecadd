using System.Numerics;

namespace Nexo.Engine.Queues;

/// <summary>A set of priorities, 0 to 255.</summary>
internal unsafe struct PriorityMap
{
    private const int WordBits = 64;
    private const int Words = 4;

    private fixed ulong _bits[Words];

    public void Add(byte priority) => _bits[priority / WordBits] |= 1UL << (priority % WordBits);

    public void Remove(byte priority) => _bits[priority / WordBits] &= ~(1UL << (priority % WordBits));

    /// <summary>The highest; -1: none.</summary>
    public readonly int Highest() => HighestBelow(Words * WordBits);

    /// <summary>The highest that is lower than the given one; -1: none.</summary>
    public readonly int HighestBelow(int priority)
    {
        int word = (priority - 1) / WordBits;
        if (priority <= 0)
        {
            return -1;
        }

        ulong bits = _bits[word] & (ulong.MaxValue >> (WordBits - 1 - ((priority - 1) % WordBits)));
        while (bits == 0)
        {
            if (--word < 0)
            {
                return -1;
            }

            bits = _bits[word];
        }

        return (word * WordBits) + BitOperations.Log2(bits);
    }
}
