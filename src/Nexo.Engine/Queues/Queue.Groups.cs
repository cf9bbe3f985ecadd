using Nexo.Engine.Memory;

namespace Nexo.Engine.Queues;

/// <content>Groups: a line for each, found by its key; how many of it may be delivered.</content>
internal sealed unsafe partial class Queue
{
    private const long RateWindowMs = 1_000;

    /// <summary>A chain of the table is not that long.</summary>
    private const int GroupsPerBucketMax = 1_024;

    private EntryTable _groups;

    /// <summary>Groups with a message that is ready, leased or held.</summary>
    private long _groupCount;

    private uint JoinGroup(MessageSlot* message)
    {
        ReadOnlySpan<byte> key = MessageSlot.Group(message);
        ulong hash = _shard.Context.Hasher.Of(key);
        uint* place = _groups.Find(_arena, hash, key, out byte* entry);
        uint line = place == null ? AddGroup(key, hash) : *(uint*)Entry.ValueStart(entry);
        ReadyLine* at = LineAt(line);
        if (at->References++ == 0)
        {
            _groupCount++;
        }

        return line;
    }

    private uint AddGroup(ReadOnlySpan<byte> key, ulong hash)
    {
        uint line = NewLine(priority: 0);
        uint reference = _arena.Allocate(Entry.Bytes(key.Length, sizeof(uint), expires: false));
        byte* entry = _arena.At(reference);
        Entry.Write(entry, EntryFlags.None, 1, key, sizeof(uint));
        *(uint*)Entry.ValueStart(entry) = line;
        LineAt(line)->Entry = reference;
        _groups.Insert(_arena, _shard.Context.Hasher, hash, reference);
        return line;
    }

    /// <summary>A message belongs to its line no more.</summary>
    private void DropLine(MessageSlot* message)
    {
        uint line = message->Line;
        if (line == 0)
        {
            return;
        }

        message->Line = 0;
        ReadyLine* at = LineAt(line);
        if (at->IsGroup && --at->References == 0)
        {
            _groupCount--;
            FreeGroupIfOver(line, at);
        }
    }

    /// <summary>
    /// A group without messages stays as long as the window of its rate: otherwise it would begin a new one with each.
    /// </summary>
    private void FreeGroupIfOver(uint line, ReadyLine* at)
    {
        if (at->References == 0 && at->WheelPrev == 0)
        {
            byte* entry = _arena.At(at->Entry);
            ulong hash = _shard.Context.Hasher.Of(Entry.Key(entry));
            _groups.Remove(_arena, _shard.Context.Hasher, hash, _groups.Find(_arena, hash, Entry.Key(entry), out _));
            _arena.Free(at->Entry);
            _arena.Free(line);
        }
    }

    /// <summary>One more of a group is leased or held.</summary>
    private void Occupy(uint line)
    {
        ReadyLine* at = LineAt(line);
        if (at->IsGroup)
        {
            at->Busy++;
            Refresh(line, at);
        }
    }

    private void Release(uint line)
    {
        ReadyLine* at = LineAt(line);
        if (at->IsGroup)
        {
            at->Busy--;
            Refresh(line, at);
        }
    }

    /// <summary>How many of a group may be delivered now.</summary>
    private uint GroupOffer(ReadyLine* at)
    {
        uint offer = at->Count;
        if (offer != 0 && Options.InFlightPerGroup > 0)
        {
            offer = Math.Min(offer, (uint)Math.Max(0, Options.InFlightPerGroup - (long)at->Busy));
        }

        if (offer != 0 && Options.PerSecondPerGroup > 0)
        {
            uint used = at->WheelPrev != 0 ? at->WindowCount : 0;
            offer = Math.Min(offer, (uint)Math.Max(0, Options.PerSecondPerGroup - (long)used));
        }

        return offer;
    }

    /// <summary>A message of a group is delivered: the first begins a window of a second in which so many may be.</summary>
    private void CountForRate(uint line, long now)
    {
        ReadyLine* at = LineAt(line);
        if (Options.PerSecondPerGroup == 0 || !at->IsGroup)
        {
            return;
        }

        if (at->WheelPrev == 0)
        {
            at->WindowCount = 0;
            at->DeadlineMs = now + RateWindowMs;
            _shard.Wheel.Add(line, (byte*)at);
        }

        at->WindowCount++;
    }

    /// <summary>
    /// The limits of groups are others now: finds out anew what each offers, in bounded holds. One that moves in the table meanwhile is
    /// perhaps passed over, and found out when something happens in it.
    /// </summary>
    private void RefreshGroups()
    {
        Span<uint> entries = stackalloc uint[GroupsPerBucketMax];
        uint bucket = 0;
        bool more = true;
        while (more)
        {
            lock (_shard.Gate)
            {
                for (int looks = _shard.Tuning.HoldLooksMax; looks > 0 && bucket < _groups.Buckets && !Closed; bucket++)
                {
                    int count = _groups.Collect(_arena, bucket, entries);
                    looks -= count + 1;
                    foreach (uint entry in entries[..count])
                    {
                        uint line = *(uint*)Entry.ValueStart(_arena.At(entry));
                        Refresh(line, LineAt(line));
                    }
                }

                more = bucket < _groups.Buckets && !Closed;
            }
        }
    }

    /// <summary>The window of a group's rate is over.</summary>
    private void OnWindowOver(uint line)
    {
        ReadyLine* at = LineAt(line);
        Refresh(line, at);
        FreeGroupIfOver(line, at);
    }
}
