using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <content>What a queue needs from time to time, and how a closed one is taken down.</content>
internal sealed unsafe partial class Queue
{
    /// <summary>One look: forgets dedup ids, gives another chance to what was held up, ends the queue if nobody uses it.</summary>
    /// <param name="work">Where the queue is noted if there is something to do.</param>
    /// <param name="ended">Whom the queue's end is to be told.</param>
    /// <param name="steps">Dedup ids that may be forgotten yet.</param>
    public void LookAfter(QueueWork work, List<IQueueSink> ended, ref int steps)
    {
        if (Closed)
        {
            return;
        }

        long now = _shard.Clock.NowMs;
        steps -= _dedup?.Forget(now - Options.DedupWindowMs, steps) ?? 0;
        if (_stalled)
        {
            _stalled = false;
            foreach (QueueConsumer? consumer in _consumers)
            {
                if (consumer is not null)
                {
                    ListTaker(consumer);
                }
            }
        }

        NoteRefills();
        NoteWork(work);
        if (_consumerCount > 0 || _counters.Live + _counters.Dying > 0)
        {
            _usedAtMs = now;
        }
        else if (Options.UnusedMs > 0 && now - _usedAtMs >= Options.UnusedMs)
        {
            DeleteNow(ended, work, out _);
        }
    }

    /// <summary>Frees some of what a closed queue holds; true: it was the last.</summary>
    public bool Tear(ref int steps)
    {
        ulong id = 0;
        while (steps > 0 && _index.TryNext(ref id, out uint reference))
        {
            steps--;
            MessageSlot* message = MessageAt(reference);
            _shard.Wheel.Remove((byte*)message);
            _index.Remove(id);
            FreeSlots(reference, message);
        }

        while (steps > 0 && _index.Count == 0 && TearGroup())
        {
            steps--;
        }

        while (steps > 0 && _index.Count == 0 && _dedup?.TearOne() == true)
        {
            steps--;
        }

        if (steps == 0)
        {
            return false;
        }

        _index.Dispose();
        foreach (Level level in _levels)
        {
            if (level.Plain != 0)
            {
                _arena.Free(level.Plain);
            }
        }

        _levels = [];
        return true;
    }

    private bool TearGroup()
    {
        uint reference = _groups.Tear(_arena);
        if (reference == 0)
        {
            return false;
        }

        uint line = *(uint*)Entry.ValueStart(_arena.At(reference));
        _shard.Wheel.Remove(_arena.At(line));
        _arena.Free(line);
        _arena.Free(reference);
        return true;
    }
}
