namespace Nexo.Engine.Queues;

/// <content>
/// Ready messages: lines, and for each priority a ring in which the lines that have something to deliver take turns. The line of the
/// messages without a group is one member like any other.
/// </content>
internal sealed unsafe partial class Queue
{
    private Level[] _levels = [];
    private PriorityMap _offering;

    /// <summary>Messages that could be delivered now, if somebody took them.</summary>
    private long _offered;

    /// <summary>The line of a message; it is made if it has none yet.</summary>
    private uint LineOf(MessageSlot* message)
    {
        if (message->Line == 0)
        {
            message->Line = message->GroupLength == 0 ? PlainLine(message->Priority) : JoinGroup(message);
        }

        return message->Line;
    }

    private void EnterLine(uint reference, MessageSlot* message)
    {
        uint line = LineOf(message);
        ReadyLine* at = LineAt(line);
        message->IsLate = false;
        message->Next = 0;
        message->Prev = 0;
        if (at->Tail == 0)
        {
            at->Head = reference;
            at->Tail = reference;
        }
        else if (message->Id > MessageAt(at->Tail)->Id)
        {
            message->Prev = at->Tail;
            MessageAt(at->Tail)->Next = reference;
            at->Tail = reference;
        }
        else if (message->Id < MessageAt(at->Head)->Id)
        {
            message->Next = at->Head;
            MessageAt(at->Head)->Prev = reference;
            at->Head = reference;
        }
        else
        {
            AddLate(at, reference, message);
        }

        at->Count++;
        Refresh(line, at);
    }

    private void LeaveLine(uint reference, MessageSlot* message)
    {
        ReadyLine* at = LineAt(message->Line);
        if (message->IsLate)
        {
            RemoveLate(at, reference, message);
        }
        else
        {
            if (message->Next != 0)
            {
                MessageAt(message->Next)->Prev = message->Prev;
            }
            else
            {
                at->Tail = message->Prev;
            }

            if (message->Prev != 0)
            {
                MessageAt(message->Prev)->Next = message->Next;
            }
            else
            {
                at->Head = message->Next;
            }
        }

        at->Count--;
        Refresh(message->Line, at);
    }

    /// <summary>The oldest of a line that is not empty.</summary>
    private uint FirstOf(ReadyLine* line)
    {
        if (line->LateCount == 0)
        {
            return line->Head;
        }

        uint late = FirstLate(line);
        return line->Head == 0 || MessageAt(late)->Id < MessageAt(line->Head)->Id ? late : line->Head;
    }

    /// <summary>The line whose turn it is; 0: there is nothing to deliver.</summary>
    private uint NextLine()
    {
        int priority = _offering.Highest();
        return priority < 0 ? 0 : _levels[priority].Ring;
    }

    /// <summary>A line of a ring has its turn: the others come first now.</summary>
    private void EndTurn(uint line)
    {
        ReadyLine* at = LineAt(line);
        _levels[at->Priority].Ring = at->RingNext;
    }

    /// <summary>A line has changed: finds out what it offers, and puts it into the ring where it belongs, or into none.</summary>
    private void Refresh(uint line, ReadyLine* at)
    {
        uint offer = at->IsGroup ? GroupOffer(at) : at->Count;
        bool inRing = at->Offer != 0;
        _offered += (long)offer - at->Offer;
        at->Offer = offer;
        if (offer == 0)
        {
            if (inRing)
            {
                LeaveRing(line, at);
            }

            return;
        }

        byte priority = at->IsGroup ? MessageAt(FirstOf(at))->Priority : at->Priority;
        if (inRing && priority != at->Priority)
        {
            LeaveRing(line, at);
            inRing = false;
        }

        if (!inRing)
        {
            at->Priority = priority;
            EnterRing(line, at);
        }
    }

    private void EnterRing(uint line, ReadyLine* at)
    {
        ref Level level = ref LevelOf(at->Priority);
        if (level.Ring == 0)
        {
            at->RingNext = line;
            at->RingPrev = line;
            level.Ring = line;
            _offering.Add(at->Priority);
            return;
        }

        ReadyLine* front = LineAt(level.Ring);
        at->RingNext = level.Ring;
        at->RingPrev = front->RingPrev;
        LineAt(front->RingPrev)->RingNext = line;
        front->RingPrev = line;
    }

    private void LeaveRing(uint line, ReadyLine* at)
    {
        ref Level level = ref _levels[at->Priority];
        if (at->RingNext == line)
        {
            level.Ring = 0;
            _offering.Remove(at->Priority);
            return;
        }

        LineAt(at->RingNext)->RingPrev = at->RingPrev;
        LineAt(at->RingPrev)->RingNext = at->RingNext;
        if (level.Ring == line)
        {
            level.Ring = at->RingNext;
        }
    }

    private ref Level LevelOf(byte priority)
    {
        if (priority >= _levels.Length)
        {
            Array.Resize(ref _levels, Math.Max(priority + 1, Options.Priorities));
        }

        return ref _levels[priority];
    }

    private uint PlainLine(byte priority)
    {
        ref Level level = ref LevelOf(priority);
        if (level.Plain == 0)
        {
            level.Plain = NewLine(priority);
        }

        return level.Plain;
    }

    private uint NewLine(byte priority)
    {
        uint line = _arena.Allocate(sizeof(ReadyLine));
        ReadyLine* at = LineAt(line);
        *at = default;
        at->Queue = Slot;
        at->Priority = priority;
        return line;
    }

    /// <summary>A priority's ring, by the line whose turn it is, and its line of messages without a group; 0: none.</summary>
    private struct Level
    {
        public uint Ring;
        public uint Plain;

        /// <summary>Memory of the ready messages without a group; what the backlog goes by.</summary>
        public long PlainBytes;

        /// <summary>For the push in progress: of its messages that come before, those that stay in memory.</summary>
        public long ComingBytes;

        /// <summary>For the push in progress: one before went to the backlog.</summary>
        public bool IsFilling;
        public Backlog? Backlog;
    }
}
