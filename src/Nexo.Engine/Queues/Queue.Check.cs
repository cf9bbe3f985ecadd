using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <content>The consistency check that tests end with: everything is counted again.</content>
internal sealed unsafe partial class Queue
{
    private const int CheckedGroupsMax = 4_096;

    /// <summary>Walks everything; a broken invariant throws. What the shard's arena and wheel should hold is added up.</summary>
    public void Check(ref long slots, ref long timers)
    {
        slots += _index.Check();
        var counted = default(QueueCounters);
        ulong id = 0;
        while (_index.TryNext(ref id, out uint reference))
        {
            MessageSlot* message = MessageAt(reference);
            Invariant.Require(message->Id == id && message->Queue == Slot, "the index leads to the message");
            slots += message->Note == 0 ? 1 : 2;
            timers += message->WheelPrev == 0 ? 0 : 1;
            counted.MemoryBytes += _arena.Capacity(reference);
            if (!Closed)
            {
                CheckMessage(message, ref counted);
            }
        }

        Invariant.Require(counted.MemoryBytes == _counters.MemoryBytes, "the memory of the messages is counted");
        slots += _dedup?.CountSlots() ?? 0;
        CheckLines(ref slots, ref timers);
        if (!Closed)
        {
            Invariant.Require(counted.Ready + _backlogged == _counters.Ready, "ready messages are counted");
            Invariant.Require(counted.Delayed == _counters.Delayed, "delayed messages are counted");
            Invariant.Require(counted.Leased == _counters.Leased, "leased messages are counted");
            Invariant.Require(counted.Dead == _counters.Dead, "dead letters are counted");
            Invariant.Require(counted.Dying == _counters.Dying, "the dying are counted");
            Invariant.Require(counted.Bytes + BackloggedBytes == _counters.Bytes, "bytes are counted");
            CheckConsumers();
        }
    }

    private void CheckMessage(MessageSlot* message, ref QueueCounters counted)
    {
        bool timed = message->WheelPrev != 0;
        bool expires = message->ExpiresAtMs != 0;
        switch (message->State)
        {
            case MessageState.Ready:
                counted.Ready++;
                Invariant.Require(timed == expires, "a ready message has a timer if it expires");
                break;
            case MessageState.Delayed:
            case MessageState.Held:
                counted.Delayed++;
                Invariant.Require(timed, "a delayed message has a timer");
                break;
            case MessageState.Leased:
                counted.Leased++;
                Invariant.Require(timed, "a lease ends");
                Invariant.Require(_consumers[(int)message->Consumer] is not null, "a leased message has a consumer");
                break;
            case MessageState.Dead:
                counted.Dead++;
                Invariant.Require(!timed && message->Line == 0, "a dead letter rests");
                return;
            default:
                counted.Dying++;
                Invariant.Require(message->State == MessageState.Dying && !timed, "a message has a state");
                return;
        }

        counted.Bytes += message->ContentBytes;
        Invariant.Require(
            message->State == MessageState.Delayed || message->Line != 0, "a message that is not delayed has a line");
    }

    private void CheckLines(ref long slots, ref long timers)
    {
        long ready = 0;
        long offered = 0;
        foreach (Level level in _levels)
        {
            if (level.Plain != 0)
            {
                slots++;
                CheckLine(level.Plain, ref ready, ref offered);
            }
        }

        slots += _groups.CountSlots(_arena);
        Span<uint> entries = stackalloc uint[CheckedGroupsMax];
        long groups = 0;
        for (uint bucket = 0; bucket < _groups.Buckets; bucket++)
        {
            foreach (uint entry in entries[.._groups.Collect(_arena, bucket, entries)])
            {
                uint line = *(uint*)Entry.ValueStart(_arena.At(entry));
                slots += 2;
                timers += LineAt(line)->WheelPrev == 0 ? 0 : 1;
                groups += LineAt(line)->References == 0 ? 0 : 1;
                CheckLine(line, ref ready, ref offered);
            }
        }

        if (!Closed)
        {
            Invariant.Require(ready + _backlogged == _counters.Ready, "every ready message stands in a line");
            Invariant.Require(offered == _offered, "what is offered is counted");
            Invariant.Require(groups == _groupCount, "groups are counted");
            CheckRings();
        }
    }

    private void CheckLine(uint line, ref long ready, ref long offered)
    {
        if (Closed)
        {
            return;
        }

        ReadyLine* at = LineAt(line);
        uint before = 0;
        uint count = at->LateCount;
        for (uint reference = at->Head; reference != 0; reference = MessageAt(reference)->Next)
        {
            MessageSlot* message = MessageAt(reference);
            Invariant.Require(message->Prev == before && message->Line == line, "a line is linked both ways");
            Invariant.Require(before == 0 || MessageAt(before)->Id < message->Id, "a line is in order");
            Invariant.Require(message->State == MessageState.Ready && !message->IsLate, "in a line all are ready");
            before = reference;
            count++;
        }

        uint offer = at->IsGroup ? GroupOffer(at) : at->Count;
        Invariant.Require(at->Tail == before && at->Count == count, "a line counts its messages");
        Invariant.Require(at->Offer <= offer, "a line offers no more than it may");
        ready += at->Count;
        offered += at->Offer;
    }

    private void CheckRings()
    {
        for (int priority = 0; priority < _levels.Length; priority++)
        {
            uint first = _levels[priority].Ring;
            uint line = first;
            while (line != 0)
            {
                ReadyLine* at = LineAt(line);
                Invariant.Require(at->Offer > 0 && at->Priority == priority, "who stands in a ring has something to offer");
                Invariant.Require(LineAt(at->RingNext)->RingPrev == line, "a ring is linked both ways");
                Invariant.Require(MessageAt(FirstOf(at))->Priority == priority, "a line stands where its first belongs");
                line = at->RingNext == first ? 0 : at->RingNext;
            }
        }
    }

    private void CheckConsumers()
    {
        long leased = 0;
        foreach (QueueConsumer? consumer in _consumers)
        {
            int load = 0;
            for (uint at = consumer?.First ?? 0; at != 0; at = MessageAt(at)->Next)
            {
                Invariant.Require(MessageAt(at)->State == MessageState.Leased, "what a consumer has is leased");
                load++;
            }

            Invariant.Require(consumer is null || consumer.Unsettled == load, "a consumer counts what it has");
            leased += load;
        }

        Invariant.Require(leased == _counters.Leased, "every lease is a consumer's");
    }
}
