using System.Runtime.InteropServices;

namespace Nexo.Engine.Queues;

/// <summary>
/// A line of ready messages, oldest first, in a slot of the arena: one for each priority, of the messages without a group, and one
/// for each group. What came in order is a list; what came back out of order lies in a heap beside it; the next one is the older of
/// the two. The timer's block lies as in a <see cref="MessageSlot"/>, and byte 15 is 0.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct ReadyLine
{
    /// <summary>Entry of the group in the table of groups; 0: the line has no group.</summary>
    public uint Entry;

    /// <summary>Messages in it.</summary>
    public uint Count;
    public uint Queue;

    /// <summary>Of the ring in which it stands.</summary>
    public byte Priority;
    public byte Unused1;
    public byte Unused2;
    public MessageState State;

    public long DeadlineMs;
    public uint WheelNext;
    public uint WheelPrev;

    public uint Head;
    public uint Tail;
    public uint RingNext;
    public uint RingPrev;

    /// <summary>Its heap in the queue's list of heaps, from 1; 0: none.</summary>
    public int Late;

    /// <summary>Of its messages, those in the heap.</summary>
    public uint LateCount;

    /// <summary>Messages of the group that are ready, leased or held.</summary>
    public uint References;

    /// <summary>Messages of the group that are leased or held.</summary>
    public uint Busy;

    /// <summary>How many of its messages may be delivered now; not 0: it stands in a ring.</summary>
    public uint Offer;

    /// <summary>Deliveries of the group since the window of its rate began; there is one while its timer runs.</summary>
    public uint WindowCount;

    public readonly bool IsGroup => Entry != 0;
}
