namespace Nexo.Engine.Queues;

/// <content>
/// What comes back to the middle of a line goes to a heap beside the list. What leaves it otherwise than at its head is passed over
/// when its turn comes.
/// </content>
internal sealed unsafe partial class Queue
{
    private const int LateCapacityKept = 1_024;

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

        message->IsLate = true;
        line->LateCount++;
        _lates[line->Late - 1].Enqueue(reference, message->Id);
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
