using System.Numerics;

namespace Nexo.Cli.Bench.Queues;

/// <summary>
/// Which messages were refused and received: two bits for each. Messages are numbered in the order in which they are sent,
/// from 0. Kept by one thread.
/// </summary>
internal sealed class MessageLedger
{
    private const int BitsPerWord = 64;

    private ulong[] _received = new ulong[1_024];
    private ulong[] _refused = new ulong[1_024];
    private long _distinct;
    private ulong _sent;

    /// <summary>Messages that were sent.</summary>
    public long Sent => (long)_sent;

    /// <summary>Messages that the server did not take.</summary>
    public long Refused { get; private set; }

    /// <summary>Messages that came, each counted once; others may look at it meanwhile.</summary>
    public long Received => Volatile.Read(ref _distinct);

    /// <summary>Messages that came again.</summary>
    public long Duplicates { get; private set; }

    /// <summary>True when nothing is to come any more, as far as that can be told without looking at each message.</summary>
    public bool IsSettled => Sent <= Received + Refused;

    /// <summary>Numbers the next <paramref name="count"/> messages.</summary>
    /// <returns>The first of their numbers.</returns>
    public ulong Send(int count)
    {
        ulong first = _sent;
        _sent += (ulong)count;
        ulong words = (_sent / BitsPerWord) + 1;
        if (words > (ulong)_received.Length)
        {
            int larger = checked((int)BitOperations.RoundUpToPowerOf2(words));
            Array.Resize(ref _received, larger);
            Array.Resize(ref _refused, larger);
        }

        return first;
    }

    /// <summary>The server has answered that it does not take this message.</summary>
    public void Refuse(ulong sequence)
    {
        _refused[sequence / BitsPerWord] |= BitOf(sequence);
        Refused++;
    }

    /// <summary>A message has come.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="isKnown">False: no such message was sent.</param>
    /// <returns>True when it came for the first time.</returns>
    public bool Receive(ulong sequence, out bool isKnown)
    {
        isKnown = sequence < _sent;
        if (!isKnown)
        {
            return false;
        }

        ref ulong word = ref _received[sequence / BitsPerWord];
        bool isNew = (word & BitOf(sequence)) == 0;
        word |= BitOf(sequence);
        if (isNew)
        {
            Volatile.Write(ref _distinct, _distinct + 1);
        }
        else
        {
            Duplicates++;
        }

        return isNew;
    }

    /// <summary>Messages that were not refused and have not come: looks at each.</summary>
    public long CountMissing()
    {
        long missing = 0;
        for (ulong sequence = 0; sequence < _sent; sequence += BitsPerWord)
        {
            ulong sent = _sent - sequence >= BitsPerWord ? ulong.MaxValue : BitOf(_sent) - 1;
            ulong word = sequence / BitsPerWord;
            missing += BitOperations.PopCount(sent & ~(_received[word] | _refused[word]));
        }

        return missing;
    }

    private static ulong BitOf(ulong sequence) => 1ul << (int)(sequence % BitsPerWord);
}
