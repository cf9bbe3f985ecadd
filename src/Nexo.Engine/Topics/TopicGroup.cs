using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>
/// The members of one shared filter, <c>$share/GROUP/FILTER</c>: each message goes to one of them. To a sink it is what it has a
/// message by, and what it gives it back to.
/// </summary>
public sealed class TopicGroup
{
    // So many members are asked for their load, from one that moves on with every message.
    private const int AskedMax = 8;

    private readonly Lock _gate = new();
    private readonly List<TopicSubscriber> _members = [];
    private int _next;

    private int _waiting;
    private int _logging;
    private ILogWriter? _log;

    // Messages until all members are asked again: the last time none had room.
    private int _untilAll;

    internal TopicGroup(byte[] name, byte[] filter)
    {
        Key = name;
        Filter = filter;
        Route = new TopicRoute(ReceiverSet.Empty, [this], []);
    }

    /// <summary>Its name; not to be changed.</summary>
    public ReadOnlyMemory<byte> Name => Key;

    /// <summary>Its filter, without the share; not to be changed.</summary>
    public ReadOnlyMemory<byte> Filter { get; }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _members.Count;
            }
        }
    }

    /// <summary>Where some of its members log what they take; null: none does.</summary>
    internal ILogWriter? Log => Volatile.Read(ref _logging) > 0 ? _log : null;

    /// <summary>One of its members logs what it takes, and confirms wait for that.</summary>
    internal bool WaitsForLog => Volatile.Read(ref _waiting) > 0;

    /// <summary>Its name.</summary>
    internal byte[] Key { get; }

    /// <summary>To its members alone.</summary>
    internal TopicRoute Route { get; }

    /// <summary>The filter with its share, as it was given; of an inbox, only that it is one.</summary>
    internal byte[] SharedFilter()
    {
        ReadOnlySpan<byte> filter = TopicRules.IsInbox(Filter.Span) ? "$inbox/"u8 : Filter.Span;
        return [.. "$share/"u8, .. Name.Span, TopicRules.Separator, .. filter];
    }

    internal void Add(TopicSubscriber member)
    {
        lock (_gate)
        {
            _members.Add(member);
            _waiting += member.Options.WaitsForLog ? 1 : 0;
            _log ??= member.Options.Log;
            Volatile.Write(ref _logging, _logging + (member.Options.Log is null ? 0 : 1));
        }
    }

    /// <summary>Nothing is delivered to it by this group from now on.</summary>
    internal void Remove(TopicSubscriber member)
    {
        lock (_gate)
        {
            if (_members.Remove(member))
            {
                _waiting -= member.Options.WaitsForLog ? 1 : 0;
                _logging -= member.Options.Log is null ? 0 : 1;
            }
        }
    }

    /// <summary>
    /// One member takes the run. The choice and the delivery are one hold of the lock: who has left gets nothing any more, so that
    /// what it has not sent can be given to others.
    /// </summary>
    /// <returns>False: there are no members.</returns>
    internal bool Deliver(TopicRun run, TopicWork work)
    {
        lock (_gate)
        {
            if (_members.Count == 0)
            {
                return false;
            }

            work.Deliver(Choose(), run);
            return true;
        }
    }

    /// <summary>
    /// The least loaded of a few; if none of those has room, the first that has. While none has any, all are asked so seldom that a
    /// message asks a few on average.
    /// </summary>
    private TopicSubscriber Choose()
    {
        int count = _members.Count;
        int first = _next < count ? _next : 0;
        _next = first + 1;
        TopicSubscriber best = _members[first];
        long least = best.Sink.Load;
        bool mayAskAll = _untilAll == 0;
        for (int i = 1; i < count && least > 0 && (i < AskedMax || (mayAskAll && least == long.MaxValue)); i++)
        {
            TopicSubscriber member = _members[(first + i) % count];
            long load = member.Sink.Load;
            if (load < least)
            {
                least = load;
                best = member;
            }
        }

        bool isFull = least == long.MaxValue;
        _untilAll = !isFull ? 0 : mayAskAll ? count / AskedMax : _untilAll - 1;
        return best;
    }
}
