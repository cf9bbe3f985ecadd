namespace Nexo.Engine.Queues;

/// <content>How messages die, and those that wait to be moved to the dead letters of another queue.</content>
internal sealed unsafe partial class Queue
{
    private uint _firstDying;
    private uint _lastDying;

    private void Expire(uint reference, MessageSlot* message, long now)
    {
        _counters.Expired++;
        Die(reference, message, QueueDeadCause.Expired, now);
    }

    /// <summary>A message becomes a dead letter: here, or in the queue that the options name once the lock is let go.</summary>
    private void Die(uint reference, MessageSlot* message, QueueDeadCause cause, long now)
    {
        bool moves = Options.DeadLetterQueue.Length > 0;
        Leave(reference, message);
        message->Cause = (byte)cause;
        message->Stamp = now;
        Enter(reference, message, moves ? MessageState.Dying : MessageState.Dead);
        _counters.DeadLettered++;
        _shard.Changes.Died.Add(
            new DiedMessage(message->Id, cause, moves, now, message->Failures, message->Losses));
    }

    private void AddDying(uint reference, MessageSlot* message)
    {
        message->Next = 0;
        message->Prev = _lastDying;
        if (_lastDying != 0)
        {
            MessageAt(_lastDying)->Next = reference;
        }
        else
        {
            _firstDying = reference;
        }

        _lastDying = reference;
    }

    private void RemoveDying(MessageSlot* message)
    {
        if (message->Next != 0)
        {
            MessageAt(message->Next)->Prev = message->Prev;
        }
        else
        {
            _lastDying = message->Prev;
        }

        if (message->Prev != 0)
        {
            MessageAt(message->Prev)->Next = message->Next;
        }
        else
        {
            _firstDying = message->Next;
        }
    }
}
