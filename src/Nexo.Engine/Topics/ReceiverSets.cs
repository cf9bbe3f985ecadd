using Nexo.Engine.Memory;

namespace Nexo.Engine.Topics;

/// <summary>
/// One set for all topics with the same subscriptions: neighbouring messages of such topics are one run, and wide fan-outs of many
/// topics are in memory once. Sets of none and of one are the subscription's own and are not counted here.
/// </summary>
/// <param name="subscriptionsMax">
/// Of all sets together, and the groups and bindings of the routes; what is beyond is made for one message and not kept.
/// </param>
internal sealed class ReceiverSets(SubscriberTable subscribers, long subscriptionsMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, ReceiverSet> _sets = [];
    private readonly KeyHash _hasher = KeyHash.Random();
    private long _subscriptions;
    private long _extras;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _sets.Count;
            }
        }
    }

    /// <summary>Groups and bindings of the routes that are held.</summary>
    public long Extras => Interlocked.Read(ref _extras);

    /// <summary>The set of these, which the caller holds.</summary>
    /// <param name="isKept">False: there is no room for it; it is not held and is not to be kept.</param>
    public ReceiverSet Hold(ReadOnlySpan<int> ids, out bool isKept)
    {
        isKept = true;
        if (ids.Length <= 1)
        {
            return ids.IsEmpty ? ReceiverSet.Empty : subscribers[ids[0]].Alone;
        }

        ulong hash = _hasher.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes(ids));
        lock (_gate)
        {
            _sets.TryGetValue(hash, out ReceiverSet? first);
            for (ReceiverSet? set = first; set != null; set = set.Next)
            {
                if (IsOf(set, ids))
                {
                    set.Holders++;
                    return set;
                }
            }

            ReceiverSet made = Make(ids, hash);
            isKept = _subscriptions + _extras + ids.Length <= subscriptionsMax;
            if (isKept)
            {
                made.Holders = 1;
                made.Next = first;
                _sets[hash] = made;
                _subscriptions += ids.Length;
            }

            return made;
        }
    }

    /// <summary>
    /// Holds a route that is to be kept, whose receivers are held: its groups and bindings take of the same room. False: there is none;
    /// then its receivers are not held any more.
    /// </summary>
    public bool TryHold(TopicRoute route)
    {
        int extras = route.Groups.Length + route.Bindings.Length;
        if (extras > 0)
        {
            lock (_gate)
            {
                if (_subscriptions + _extras + extras <= subscriptionsMax)
                {
                    _extras += extras;
                    return true;
                }
            }

            Release(route.Receivers);
            return false;
        }

        return true;
    }

    /// <summary>Ends what <see cref="TryHold"/> and <see cref="Hold"/> began.</summary>
    public void Release(TopicRoute route)
    {
        int extras = route.Groups.Length + route.Bindings.Length;
        if (extras > 0)
        {
            lock (_gate)
            {
                _extras -= extras;
            }
        }

        Release(route.Receivers);
    }

    private void Release(ReceiverSet set)
    {
        if (set.Items.Length <= 1)
        {
            return;
        }

        lock (_gate)
        {
            if (--set.Holders == 0)
            {
                Remove(set);
            }
        }
    }

    /// <summary>The consistency check, for tests.</summary>
    public void Check(Dictionary<ReceiverSet, int> held, long extras)
    {
        lock (_gate)
        {
            int count = 0;
            long subscriptions = 0;
            foreach (ReceiverSet first in _sets.Values)
            {
                for (ReceiverSet? set = first; set != null; set = set.Next)
                {
                    count++;
                    subscriptions += set.Items.Length;
                    Invariant.Require(held.GetValueOrDefault(set) == set.Holders, "holders of a set are counted");
                }
            }

            Invariant.Require(extras == _extras, "groups and bindings of routes are counted");
            Invariant.Require(count == held.Count, "a set that is held is shared");
            Invariant.Require(subscriptions == _subscriptions, "subscriptions in sets are counted");
        }
    }

    private void Remove(ReceiverSet set)
    {
        _subscriptions -= set.Items.Length;
        ReceiverSet first = _sets[set.Hash];
        if (ReferenceEquals(first, set))
        {
            if (set.Next == null)
            {
                _sets.Remove(set.Hash);
            }
            else
            {
                _sets[set.Hash] = set.Next;
            }

            return;
        }

        while (!ReferenceEquals(first.Next, set))
        {
            first = first.Next!;
        }

        first.Next = set.Next;
    }

    private ReceiverSet Make(ReadOnlySpan<int> ids, ulong hash)
    {
        var items = new TopicSubscriber[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            items[i] = subscribers[ids[i]];
        }

        return new ReceiverSet(items, hash);
    }

    // A number is used again for another subscription, so the objects are compared: an old set of the same numbers is another.
    private bool IsOf(ReceiverSet set, ReadOnlySpan<int> ids)
    {
        if (set.Items.Length != ids.Length)
        {
            return false;
        }

        for (int i = 0; i < ids.Length; i++)
        {
            if (!ReferenceEquals(set.Items[i], subscribers[ids[i]]))
            {
                return false;
            }
        }

        return true;
    }
}
