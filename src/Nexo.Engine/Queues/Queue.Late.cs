namespace Nexo.Engine.Queues;

/// <content>
/// What comes back to the middle of a line goes to a heap beside the list. What leaves it otherwise than at its head is passed over
/// when its turn comes.
/// </content>
internal sealed unsafe partial class Queue
{
    private const int LateCapacityKept = 1_024;

    /// <summary>So many that are to be passed over are kept before a heap is made anew without them.</summary>
    private const int LateGoneMax = 1_024;

    private readonly List<PriorityQueue<uint, ulong>> _lates = [];
    private readonly Stack<int> _latesFree = new();

    private void AddLate(ReadyLine* line, uint reference, MessageSlot* message)
    {
        if (line->Late == 0)
        {
            if (!_latesFree.TryPop(out line->Late))
            {
                _lates.Add(new PriorityQueue<uint, ulong>());
                line->Late = _lates.Count;
            }
        }

        PriorityQueue<uint, ulong> late = _lates[line->Late - 1];
        if (late.Count > LateGoneMax + (2 * line->LateCount))
        {
            late = WithoutGone(line, late);
        }

        message->IsLate = true;
        line->LateCount++;
        late.Enqueue(reference, message->Id);
    }

    /// <summary>Costs as much as there is in the heap, once for as many that have left it.</summary>
    private PriorityQueue<uint, ulong> WithoutGone(ReadyLine* line, PriorityQueue<uint, ulong> late)
    {
        var there = new PriorityQueue<uint, ulong>();
        foreach ((uint reference, ulong id) in late.UnorderedItems)
        {
            if (_index.Find(id) == reference && IsLateIn(line, reference))
            {
                there.Enqueue(reference, id);
            }
        }

        _lates[line->Late - 1] = there;
        return there;
    }

    private void RemoveLate(ReadyLine* line, uint reference, MessageSlot* message)
    {
        PriorityQueue<uint, ulong> late = _lates[line->Late - 1];
        message->IsLate = false;
        line->LateCount--;
        if (line->LateCount == 0)
        {
            late.Clear();
            if (late.EnsureCapacity(0) > LateCapacityKept)
            {
                late.TrimExcess();
            }

            _latesFree.Push(line->Late);
            line->Late = 0;
        }
        else if (late.Peek() == reference)
        {
            late.Dequeue();
        }
    }

    /// <summary>The oldest of a heap that holds one at least.</summary>
    private uint FirstLate(ReadyLine* line)
    {
        PriorityQueue<uint, ulong> late = _lates[line->Late - 1];
        while (true)
        {
            // Its slot may be another's by now: only what the index says counts.
            late.TryPeek(out uint reference, out ulong id);
            if (_index.Find(id) == reference && IsLateIn(line, reference))
            {
                return reference;
            }

            late.Dequeue();
        }
    }

    private bool IsLateIn(ReadyLine* line, uint reference)
    {
        MessageSlot* message = MessageAt(reference);
        return message->IsLate && message->State == MessageState.Ready && LineAt(message->Line) == line;
    }
}
