using System.Numerics;

namespace Nexo.Cli.Bench.Streams;

/// <summary>
/// Which record lies at each offset of a stream: told by the confirm of its append or by the first reader of it, whichever
/// comes first. Who comes later must say the same. Kept by one thread.
/// </summary>
internal sealed class OffsetLedger
{
    // The record's number and one; 0: nobody has told yet.
    private uint[] _records = new uint[64];

    /// <summary>Records whose append was confirmed.</summary>
    public ulong Confirmed { get; private set; }

    /// <summary>So many records, numbered from <paramref name="sequence"/> on, got the offsets from this one on.</summary>
    /// <returns>How many of them somebody has seen elsewhere.</returns>
    public int Confirm(ulong offset, ulong sequence, int count)
    {
        Confirmed += (ulong)count;
        int wrong = 0;
        for (int i = 0; i < count; i++)
        {
            wrong += Agrees(offset + (ulong)i, sequence + (ulong)i) ? 0 : 1;
        }

        return wrong;
    }

    /// <summary>The record with this number lies at this offset.</summary>
    /// <returns>False: something else was said before.</returns>
    public bool Agrees(ulong offset, ulong sequence)
    {
        // What is beyond all reason is wrong, and an offset must not take the memory for all before it.
        if (offset > int.MaxValue || sequence >= uint.MaxValue)
        {
            return false;
        }

        if (offset >= (ulong)_records.Length)
        {
            Array.Resize(ref _records, checked((int)BitOperations.RoundUpToPowerOf2((uint)offset + 1)));
        }

        ref uint record = ref _records[offset];
        uint told = (uint)sequence + 1;
        record = record == 0 ? told : record;
        return record == told;
    }
}
